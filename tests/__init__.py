"""The tests mirror `kiosk/`, room for room: a room's own are fast and need no browser.

Three rooms are the tests' alone. What drives a browser or the whole kiosk is in `e2e/`, how its screens look in
`e2e/look/`; what is looked for in memory, on disk and in logs after somebody has left, in `forgetting/`; what nobody
thought of, in `wild/` (`make fuzz`, `make sweep`, `make endurance`).

Shared by the rooms: `stage.py` (the kiosk's process, with portal, printer and cards around it in a test's hands),
`pcscd.py` (the real pcscd), `web/catalogue.py` (every sight of every screen), and `shots.py`, which is `make shots`.
"""
