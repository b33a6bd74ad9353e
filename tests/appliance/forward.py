"""`python forward.py PORT`: standard input and output, to a port of this machine and back. QEMU starts one for each
connection of its guest to an address that stands for it (`guestfwd=…-cmd:`); the guest reaches that and no more.
"""

from __future__ import annotations

import os
import socket
import sys
import threading


def main() -> None:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as line:
        threading.Thread(target=back, args=(line,), daemon=True).start()
        while said := os.read(0, 65536):
            line.sendall(said)


def back(line: socket.socket) -> None:
    while said := line.recv(65536):
        os.write(1, said)
    os._exit(0)  # whoever waits for the guest's next word waits for nothing


if __name__ == "__main__":
    main()
