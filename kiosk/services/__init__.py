"""One file is one unit of systemd, by its name: server.py is kiosk-server.service, browser.py kiosk-browser.service.

What a signal such as SIGTERM does to a service stands at the head of its file. sd_notify.py is no service: it is how a
service tells systemd, by the protocol of that name.
"""
