"""What a case works with: the installed gate, its policy, its log, the kernel's modules."""

import glob
import json
import lzma
import os
import shlex
import subprocess
import time
from pathlib import Path

from login import Login, Result, Timeout, words

ETC = Path("/etc/modgate")
LOGS = "/var/log/modgate/*.jsonl"


class Skip(Exception):
    """The case does not apply here."""


def case(timeout: float = 90):
    """Decorates a case that may take longer, or must take less, than the usual 90 s."""
    def mark(function):
        function.timeout = timeout
        return function
    return mark


class ReadSegment:
    """A segment of the log as it was read last: only what has come since is taken apart."""

    def __init__(self):
        self.bytes, self.known = b"", []

    def events(self, now: bytes) -> list:
        if not now.startswith(self.bytes):
            self.bytes, self.known = b"", []
        self.known += [json.loads(line) for line in now[len(self.bytes):].splitlines()]
        self.bytes = now
        return list(self.known)


READ = {}


class Gate:
    release = os.uname().release

    def __init__(self):
        self.logins = []

    # people

    def login(self, user: str, audit_session: bool = True) -> Login:
        """A login session, closed when the case ends."""
        login = Login(user, audit_session)
        self.logins.append(login)
        return login

    def run(self, user: str, argv, *, audit_session: bool = True, **how) -> Result:
        """One command in a login session of its own; see Login.run."""
        with Login(user, audit_session) as login:
            return login.run(argv, **how)

    def root(self, argv, *, check: bool = True, timeout: float = 60, input: str = "") -> Result:
        """A command of the administrator, without a session; its failure is the case's unless check=False."""
        try:
            done = subprocess.run(words(argv), input=input, capture_output=True, text=True,
                                  errors="backslashreplace", timeout=timeout, cwd="/")
        except subprocess.TimeoutExpired:
            raise Timeout(f"still running after {timeout} s: {shlex.join(words(argv))}") from None
        result = Result(words(argv), done.returncode, done.stdout, done.stderr, "")
        if check and result.status != 0:
            raise AssertionError(str(result))
        return result

    # the gate

    def policy(self, text: str, file: str = "policy.toml") -> None:
        """Installs a policy file below /etc/modgate, in one step as an administrator's editor would."""
        write(ETC / file, text)

    def restart(self) -> None:
        self.root("systemctl reset-failed modgate.service", check=False)
        self.root("systemctl restart modgate.service")

    def log(self) -> list:
        """Every event of the audit log, in order."""
        events = []
        for segment in sorted(glob.glob(LOGS)):
            events += READ.setdefault(segment, ReadSegment()).events(Path(segment).read_bytes())
        return events

    # the kernel

    def modules(self) -> set:
        """Names of the loaded modules."""
        return {line.split()[0] for line in open("/proc/modules")}

    def module_file(self, name: str) -> Path:
        """The file of a module of the tree."""
        found = self.root(["modinfo", "-F", "filename", name]).stdout.strip()
        return Path(found)

    def module_bytes(self, name: str) -> bytes:
        """What the kernel gets of a module of the tree: unpacked, where its file is compressed."""
        file = self.module_file(name)
        return lzma.decompress(file.read_bytes()) if file.suffix == ".xz" else file.read_bytes()

    def unload(self, *names: str) -> None:
        """Root's rmmod, for those that are loaded."""
        for name in names:
            if name in self.modules():
                self.root(["rmmod", name])

    # time

    def wait_until(self, predicate, deadline: float = 30, what: str = ""):
        """Waits until predicate() is true and returns what it returned."""
        end = time.monotonic() + deadline
        while True:
            value = predicate()
            if value:
                return value
            if time.monotonic() > end:
                raise Timeout(f"not within {deadline} s: {what or getattr(predicate, '__doc__', '') or predicate}")
            time.sleep(0.05)

    def skip(self, reason: str) -> None:
        raise Skip(reason)

    def close(self) -> None:
        # the newest first: its process was forked off with the ends of the others open
        for login in reversed(self.logins):
            login.close()
        self.logins.clear()


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Replaces a file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text)
    draft.chmod(mode)
    draft.rename(path)
