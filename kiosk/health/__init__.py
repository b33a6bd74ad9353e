"""What a kiosk has and what it lacks: one file for each thing that can be missing.

A check judges a state it is given: it opens nothing, asks nobody and takes no time, so it can be tried with states that
no test bench has. Whoever has the state hands it over. For `python -m kiosk check` that is `look.py`, which alone
opens devices, by the very code that uses them. Nothing found here stops the kiosk: it runs with what it has.
"""
