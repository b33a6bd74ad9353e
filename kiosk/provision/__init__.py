"""The way in without a login: what a machine asks for on a stick, and the one signed file that answers it."""
