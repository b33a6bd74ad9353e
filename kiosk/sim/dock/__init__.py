"""The dock: a small panel beside the kiosk, for everything around it that a person or a test wants to move.

It is a web application of its own on loopback: people and their cards on the left, the card slot in the middle,
printer, portal and paper on the right. Page and programs use the same JSON interface (`app.py`; `python -m kiosk demo
--help` lists it).
"""
