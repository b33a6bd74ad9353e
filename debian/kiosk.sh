#!/bin/sh
# kiosk COMMAND: `python -m kiosk` of the installed kiosk, from any folder and with nothing of that folder in it.
exec /usr/lib/kiosk/.venv/bin/python -I -m kiosk "$@"
