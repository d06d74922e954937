# SPDX-License-Identifier: Apache-2.0
"""The helper's socket without the command: for crowds of callers, and for what the command would never send."""

import os
import select
import socket
import time

SOCKET = "/run/modgate/gate.sock"
LONGEST = 65536


def packed(items):
    """A list as one value (gate/wire/fields.h)."""
    return "".join(f"{len(item)}:{item}" for item in items)


def message(**fields):
    return "".join(f"{key}={value}\0" for key, value in fields.items()).encode()


def request(verb, *modules, **more):
    return message(verb=verb, modules=packed(modules), **more)


class Connection:
    """A connection of that uid's. The kernel tells the helper who connected, whoever writes afterwards."""

    def __init__(self, uid=0):
        self.uid = uid
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        os.seteuid(uid)
        try:
            self.socket.connect(SOCKET)
        except OSError:
            self.socket.close()
            raise
        finally:
            os.seteuid(0)

    def fileno(self):
        return self.socket.fileno()

    def say(self, data):
        """False where the helper has hung up: what it said before that can still be heard."""
        try:
            self.socket.send(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def answer(self, text):
        return self.say(message(answer=text))

    def is_heard(self, seconds=0):
        """Whether there is a reply, or the helper has hung up."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def hear(self, seconds=60):
        """The fields of the next reply; {} once the helper has hung up."""
        if not self.is_heard(seconds):
            raise TimeoutError(f"nothing heard for {seconds} s")
        try:
            said = self.socket.recv(LONGEST)
        except ConnectionResetError:
            said = self.socket.recv(LONGEST)  # what was unread is lost, what was said before is not
        fields = said.decode(errors="replace").split("\0")[:-1]
        return dict(field.partition("=")[::2] for field in fields)

    def end(self, answers=(), seconds=60):
        """How the request ended, each question answered with the next of the answers; {} without a word."""
        answers, until = iter(answers), time.monotonic() + seconds
        while said := self.hear(max(0, until - time.monotonic())):
            if said["reply"] == "end":
                return said
            if said["reply"] == "prompt" and said["style"] in ("secret", "text"):
                self.answer(next(answers))
        return {}

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def is_busy(end):
    """The helper's word that it has no room, which asks for another try."""
    return end.get("outcome") == "6" and "too busy" in end.get("message", "")
