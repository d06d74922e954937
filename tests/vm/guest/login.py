"""People at the machine: a login session of a user, in which commands are run
with or without a terminal, and answered when they ask."""

import fcntl
import json
import os
import pwd
import re
import selectors
import shlex
import signal
import socket
import termios
import time
import traceback
from dataclasses import dataclass


@dataclass
class Result:
    """How a command ended. `status` is negative for a signal. `terminal` is what its terminal showed."""
    command: list
    status: int
    stdout: str
    stderr: str
    terminal: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr + self.terminal

    def json(self) -> list:
        """Its standard output as JSON objects, one a line."""
        return [json.loads(line) for line in self.stdout.splitlines() if line.strip()]

    def __str__(self) -> str:
        parts = [f"$ {shlex.join(self.command)}", f"status {self.status}"]
        for name in ("stdout", "stderr", "terminal"):
            if getattr(self, name):
                parts.append(f"{name}: {getattr(self, name).rstrip()}")
        return "\n".join(parts)


CLOSE_SECONDS = 5
SPAWN = """
import os, sys, time
null = os.open("/dev/null", os.O_RDWR)
began = time.monotonic()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ,
                      file_actions=[(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)])
status = os.waitpid(pid, 0)[1]
print((time.monotonic() - began) * 1000, os.waitstatus_to_exitcode(status))
"""


class Timeout(AssertionError):
    """Something did not happen in time."""


class Login:
    """A login session of one user. With audit_session the kernel knows the login uid and
    gives the session a number, as after a real login; every command shares them."""

    def __init__(self, user: str, audit_session: bool = True):
        self.user = user
        self.channel, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            self.channel.close()
            try:
                serve(far, pwd.getpwnam(user), audit_session)
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        far.close()

    def start(self, argv, *, tty=None, input="", env=None, cwd=None) -> "Running":
        """Starts a command. tty=None: no terminal, `input` on its standard input.
        tty="input": standard input is its controlling terminal, the output is read apart.
        tty="full": everything on the terminal."""
        return Running(self.channel, words(argv), tty, input, env or {}, cwd)

    def run(self, argv, *, answers=(), timeout=60, tty=None, **how) -> Result:
        """Runs a command to its end. `answers` are (pattern, text) pairs: when the pattern
        appears the text is typed. With answers it has a terminal as its standard input."""
        running = self.start(argv, tty=tty or ("input" if answers else None), **how)
        try:
            for pattern, text in answers:
                running.expect(pattern, timeout)
                running.type(text)
            return running.finish(timeout)
        finally:
            running.close()

    def timed(self, argv) -> tuple:
        """Milliseconds from the start of a command to its end, and its status: measured within the session, so without
        the terminal and the pipes around it."""
        took, status = self.run(["python3", "-c", SPAWN, *words(argv)]).stdout.split()
        return float(took), int(status)

    def close(self) -> None:
        self.channel.close()
        end = time.monotonic() + CLOSE_SECONDS
        while not os.waitpid(self.pid, os.WNOHANG)[0]:
            if time.monotonic() > end:  # a command of a case that failed is still running in it
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                return
            time.sleep(0.005)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def words(argv) -> list:
    return shlex.split(argv) if isinstance(argv, str) else [str(word) for word in argv]


class Running:
    """A command under way."""

    def __init__(self, channel, argv, tty, input, env, cwd):
        self.command = argv
        self.buffers = {"stdout": b"", "stderr": b"", "terminal": b""}
        self.seen = b""  # all of them as they came; expect() goes on where it last stopped
        self.status = None
        self.screen = None
        self.selector = selectors.DefaultSelector()
        self.control, far = socket.socketpair()
        fds = [far.fileno()]
        handed = [far]
        if tty:
            self.screen, slave = os.openpty()
            handed.append(slave)
            self.watch(self.screen, "terminal")
            fds += [slave]
        if tty != "full":
            if not tty:
                fds.append(stdin_holding(input))
                handed.append(fds[-1])
            for name in ("stdout", "stderr"):
                read, write = os.pipe()
                self.watch(read, name)
                fds.append(write)
                handed.append(write)
        self.selector.register(self.control, selectors.EVENT_READ, "status")
        request = json.dumps({"argv": argv, "tty": tty, "env": env, "cwd": cwd}).encode()
        socket.send_fds(channel, [request], fds)
        for fd in handed:
            fd.close() if isinstance(fd, socket.socket) else os.close(fd)
        self.pid = int(self.control.recv(16) or b"0")

    def watch(self, fd, name) -> None:
        os.set_blocking(fd, False)
        self.selector.register(fd, selectors.EVENT_READ, name)

    def pump(self, seconds: float) -> bool:
        """Takes in what arrives within that time; False if nothing did."""
        ready = self.selector.select(max(0, seconds))
        for key, _ in ready:
            try:
                data = os.read(key.fd, 65536)
            except OSError:
                data = b""  # the terminal was hung up
            if key.data == "status":
                self.status = int(data or b"-1")
                self.selector.unregister(key.fileobj)
            elif data:
                self.buffers[key.data] += data
                self.seen += data
            else:
                self.selector.unregister(key.fileobj)
                if key.data != "terminal":
                    os.close(key.fd)
        return bool(ready)

    def expect(self, pattern: str, timeout: float = 60) -> str:
        """Waits until the regular expression appears in what the command wrote, and returns that."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(pattern.encode(), self.seen)
            if match:
                self.seen = self.seen[match.end():]
                return match[0].decode(errors="replace")
            left = deadline - time.monotonic()
            if self.status is not None and not self.pump(0):
                raise Timeout(f"ended before /{pattern}/ appeared:\n{self.result()}")
            if left <= 0:
                raise Timeout(f"no /{pattern}/ within {timeout} s:\n{self.result()}")
            self.pump(left)

    def type(self, text: str, enter: bool = True) -> None:
        """Types on the command's terminal."""
        os.write(self.screen, text.encode() + (b"\n" if enter else b""))

    def key(self, letter: str) -> None:
        """Types Ctrl and that letter."""
        os.write(self.screen, bytes([ord(letter.upper()) & 0x1F]))

    def hang_up(self) -> None:
        """The person's terminal goes away."""
        if self.screen in self.selector.get_map():
            self.selector.unregister(self.screen)
        os.close(self.screen)
        self.screen = None

    def finish(self, timeout: float = 60) -> Result:
        """Waits for the end."""
        deadline = time.monotonic() + timeout
        while self.status is None:
            if time.monotonic() > deadline:
                self.kill()
                raise Timeout(f"still running after {timeout} s:\n{self.result()}")
            self.pump(deadline - time.monotonic())
        while self.pump(0):
            pass
        return self.result()

    def result(self) -> Result:
        text = {name: data.decode(errors="backslashreplace").replace("\r\n", "\n")
                for name, data in self.buffers.items()}
        return Result(self.command, self.status, text["stdout"], text["stderr"], text["terminal"])

    def kill(self, number: int = signal.SIGKILL) -> None:
        if self.status is None and self.pid:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def close(self) -> None:
        """Kills what is left of it and forgets it."""
        self.kill()
        for key in list(self.selector.get_map().values()):
            if key.data in ("stdout", "stderr"):
                os.close(key.fd)
        self.selector.close()
        self.control.close()
        if self.screen is not None:
            os.close(self.screen)
            self.screen = None


def stdin_holding(text: str) -> int:
    fd = os.memfd_create("input")
    os.write(fd, text.encode())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


# The session's own process, forked from the runner as root.

def serve(channel: socket.socket, account, audit_session: bool) -> None:
    """Starts one command for each request, in a session that the kernel's audit knows or not."""
    os.setsid()
    if audit_session:
        with open("/proc/self/loginuid", "w") as file:
            file.write(str(account.pw_uid))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, fds, _, _ = socket.recv_fds(channel, 65536, 8)
        if not request:
            os._exit(0)
        if os.fork() == 0:
            channel.close()
            attend(json.loads(request), fds, account)
        for fd in fds:
            os.close(fd)


def attend(request: dict, fds: list, account) -> None:
    """Runs one command and tells its pid and its status on the first descriptor."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    control, *streams = fds
    pid = os.fork()
    if pid == 0:
        os.close(control)
        try:
            become(request, streams, account)
        except BaseException as error:
            os.write(2, f"{request['argv'][0]}: {error}\n".encode())
        os._exit(127)
    for fd in streams:
        os.close(fd)
    os.write(control, b"%d" % pid)
    _, status = os.waitpid(pid, 0)
    os.write(control, b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def become(request: dict, streams: list, account) -> None:
    os.setsid()
    if request["tty"]:
        os.fchown(streams[0], account.pw_uid, -1)
        fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
    if request["tty"] == "full":
        streams = streams * 3
    # above the numbers that are about to be taken
    streams = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in streams]
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
    os.closerange(3, 256)
    os.initgroups(account.pw_name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    os.chdir(request["cwd"] or account.pw_dir)
    environment = {"HOME": account.pw_dir, "USER": account.pw_name, "LOGNAME": account.pw_name,
                   "SHELL": account.pw_shell, "LANG": "C.UTF-8", "TERM": "xterm",
                   "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", **request["env"]}
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvpe(request["argv"][0], request["argv"], environment)
