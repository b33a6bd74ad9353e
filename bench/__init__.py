"""`make bench`: what the kiosk costs, beside something that a reader can judge it by, in one table.

One file per measurement. Where time is measured, kiosk and comparison take turns in the same run, so that a busy
machine makes both slow and leaves their ratio alone.
"""
