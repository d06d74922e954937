"""The machine's second serial line: one JSON object a line, read by the host."""

import json
import os
import termios
import threading
import tty


class Report:
    def __init__(self, path: str = "/dev/ttyS1"):
        self.fd = os.open(path, os.O_WRONLY | os.O_NOCTTY)
        self.lock = threading.Lock()
        if os.isatty(self.fd):
            tty.setraw(self.fd, termios.TCSANOW)

    def send(self, event: str, **fields) -> None:
        line = json.dumps({"event": event, **fields}).encode() + b"\n"
        with self.lock:
            while line:
                line = line[os.write(self.fd, line):]

    def close(self) -> None:
        termios.tcdrain(self.fd)
        os.close(self.fd)
