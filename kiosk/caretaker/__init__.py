"""What outlives a session, and what the officer and the prefecture deal with. Nothing in this room knows a person."""
