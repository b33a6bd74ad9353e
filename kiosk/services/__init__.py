"""One file is one unit of systemd, by its name: server.py is kiosk-server.service, browser.py kiosk-browser.service.
By other names: going_on.py is kiosk-continue.service, and provision.py the three that provisioning has (kiosk-prepare,
kiosk-provision@, kiosk-recovery).

What a signal such as SIGTERM does to a service stands at the head of its file.

The rest are parts of these: starts.py and out_of_order.py of the server; screen.py, compositor.py, arrow.py and
browser_words.py of the browser; sd_notify.py, how a service tells systemd, and processes.py of several.
"""
