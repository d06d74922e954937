# SPDX-License-Identifier: Apache-2.0
"""What other tools took over from whoever started them, tried on this one; each case names its rows of
tests/THREATS.md."""

import glob
import os
import resource
import shutil
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

from gate import case
from policies import TRUSTING, WITH_PASSWORD
from trouble import one, status_of

PROBE = """#!/bin/sh
{
  /usr/bin/env
  echo "path is $PATH"
  /bin/grep -E '^(Cap|NoNewPrivs|Uid|Umask|SigIgn)' /proc/self/status
  /bin/ls -l /proc/$$/fd
  /usr/bin/cut -d' ' -f7 /proc/self/stat
} >/run/faillock/probe 2>&1
"""
POISON = {"PATH": "/tmp/evil:/usr/bin:/bin", "LD_PRELOAD": "/tmp/none.so", "LD_LIBRARY_PATH": "/tmp/evil",
          "TZ": "UTC-12", "KMOD_LOG": "7", "MODPROBE_OPTIONS": "-C /tmp", "GCONV_PATH": "/tmp/evil",
          "XDG_SEAT": "seat0", "XDG_SESSION_ID": "1",
          "PAM_RHOST": "evil.example.org", "PAM_TTY": "tty1", "PAM_USER": "root",
          "BASH_ENV": "/tmp/evil/rc", "ENV": "/tmp/evil/rc", "IFS": "/", "NOTIFY_SOCKET": "/tmp/none"}


def terminals_of(pid):
    links = []
    for descriptor in os.listdir(f"/proc/{pid}/fd"):
        try:
            links.append(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
        except OSError:
            continue
    return [link for link in links if link.startswith(("/dev/pts", "/dev/tty", "/dev/console", "/dev/ptmx"))]


@case(timeout=60)
def test_what_pam_and_its_programs_are_given(gate):
    """CVE-2014-9680, CVE-2010-3853, CVE-2019-3842, CVE-2004-1051, CVE-2005-2959, CVE-2005-4158, CVE-2006-0151,
    CVE-2019-25016: nothing of the caller's environment. CVE-2023-28339, CVE-2016-2779: no terminal of the caller's.
    CVE-2024-10963: no host of the caller's. CVE-2025-6020, CVE-2024-22365: no session is opened. CAPS-REGAINED: a
    program that PAM starts has no capability."""
    probe, service = Path("/usr/local/sbin/threats-probe"), Path("/etc/pam.d/threats")
    found, opened = Path("/run/faillock/probe"), Path("/run/faillock/opened")
    probe.write_text(PROBE)
    probe.chmod(0o755)
    service.write_text(f"auth optional pam_exec.so {probe}\nauth required pam_unix.so\naccount required pam_unix.so\n"
                       f"session required pam_exec.so /usr/bin/touch {opened}\n")
    gate.policy('[defaults]\npam_service = "threats"\n' + WITH_PASSWORD)
    try:
        running = gate.login("alice").start("/usr/bin/modgate load dummy", tty="input", env=POISON, cwd="/tmp")
        running.expect("assword")
        family = {name: one(gate, name) for name in ("modgated", "modgate-recorder", "modgate-session",
                                                     "modgate-front", "modgate-authent")}
        for name, pid in family.items():
            assert terminals_of(pid) == [], (name, terminals_of(pid))
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            assert fields[4] == "0", (name, "has a controlling terminal")
            assert Path(f"/proc/{pid}/environ").read_bytes().strip(b"\0") == b"", name
            assert os.readlink(f"/proc/{pid}/cwd") == "/", name
        running.type("alice-pw")
        done = running.finish(30)
        assert done.status == 0, done
        told = found.read_text()
        given = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
        assert set(given) <= {"PAM_USER", "PAM_RUSER", "PAM_TTY", "PAM_SERVICE", "PAM_TYPE", "PWD", "OLDPWD", "SHLVL",
                              "_"}, told
        assert (given["PAM_USER"], given["PAM_RUSER"], given["PAM_SERVICE"]) == ("alice", "alice", "threats"), told
        assert given["PAM_TTY"].startswith("pts/"), told
        assert "evil" not in told and "/dev/pts" not in told and told.splitlines()[-1] == "0", told
        state = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
        for empty in ("CapInh", "CapPrm", "CapEff", "CapAmb", "CapBnd"):
            assert int(state[empty], 16) == 0, told
        assert state["NoNewPrivs"] == "1" and int(state["SigIgn"], 16) == 0, told
        assert not opened.exists(), "a session was opened"
    finally:
        for file in (probe, service, found, opened):
            file.unlink(missing_ok=True)


WITHOUT_A_NAME = """
import ctypes, sys
path = sys.argv[1].encode()
ctypes.CDLL(None).execve(path, (ctypes.c_char_p * 1)(None), (ctypes.c_char_p * 1)(None))
"""

SURROUNDED = """
import os, resource, signal, sys
def limited(what, value):
    resource.setrlimit(what, (value, value))
def blocked():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
WAYS = {
    "as usual": lambda: None,
    "SIGCHLD ignored": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
    "SIGPIPE as usual": lambda: signal.signal(signal.SIGPIPE, signal.SIG_DFL),
    "all signals blocked": blocked,
    "0, 1 and 2 closed": lambda: os.closerange(0, 3),
    "umask 0": lambda: os.umask(0),
    "nowhere": lambda: (os.mkdir("/tmp/gone"), os.chdir("/tmp/gone"), os.rmdir("/tmp/gone")),
    "no files": lambda: limited(resource.RLIMIT_FSIZE, 0),
    "no processes": lambda: limited(resource.RLIMIT_NPROC, 0),
    "no core": lambda: limited(resource.RLIMIT_CORE, 0),
    "no locked memory": lambda: limited(resource.RLIMIT_MEMLOCK, 0),
    "little stack": lambda: limited(resource.RLIMIT_STACK, 256 * 1024),
    "eight descriptors": lambda: limited(resource.RLIMIT_NOFILE, 8),
}
def ends(way, words):
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("/dev/null", os.O_RDWR), 1)
        os.dup2(1, 2)
        WAYS[way]()
        os.execve("/usr/bin/modgate", ["modgate", *words], {})
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status)
for way in WAYS:
    print(way, ends(way, ["load", "dummy"]), ends(way, ["load", "nf_tables"]), ends(way, ["unload", "dummy"]), sep=":")
"""


@case(timeout=120)
def test_the_command_in_hostile_surroundings(gate):
    """NVIDIA-MODPROBE: the status is the truth, whatever the command was started with. CVE-2021-4034: with no name."""
    gate.policy(TRUSTING)
    done = gate.run("alice", ["python3", "-c", SURROUNDED], timeout=100)
    ways = [line.rsplit(":", 3) for line in done.stdout.splitlines()]
    assert len(ways) == 13, done
    assert all(statuses == ["0", "3", "0"] for _, *statuses in ways), done
    assert "dummy" not in gate.modules()
    nameless = gate.run("alice", ["python3", "-c", WITHOUT_A_NAME, "/usr/bin/modgate"])
    assert nameless.status == 2 and "modgate: " in nameless.stderr, nameless
    # Programs that the command itself waits for.
    edit = ("import os, signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
            "os.execve('/usr/bin/modgate', ['modgate', '-n', 'policy', 'edit'], {'EDITOR': EDITOR})")
    for editor, status in (("true", 0), ("false", 1)):
        told = gate.root(["python3", "-c", edit.replace("EDITOR}", f"'{editor}'}}")], check=False)
        assert told.status == status, (editor, told)


@contextmanager
def helper_by_hand(prepare):
    """The helper, started by somebody who prepares its surroundings; not by systemd."""
    subprocess.run(["systemctl", "stop", "modgate.socket", "modgate.service"], check=True)
    folder = Path("/run/threats")
    folder.mkdir(exist_ok=True)
    place = folder / "gate.sock"
    place.unlink(missing_ok=True)
    helper = subprocess.Popen(["/usr/sbin/modgated", "--socket", place, "--courier-socket",
                               folder / "courier.sock"], preexec_fn=prepare, cwd="/tmp", env=POISON)
    try:
        yield helper, place
    finally:
        helper.send_signal(signal.SIGTERM)
        try:
            helper.wait(20)
        except subprocess.TimeoutExpired:
            helper.kill()
            helper.wait()
        shutil.rmtree(folder)
        subprocess.run(["systemctl", "start", "modgate.socket"], check=True)


def spoil():
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD, signal.SIGALRM, signal.SIGUSR1})
    os.umask(0)
    os.closerange(0, 3)


def cannot_write():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@case(timeout=90)
def test_who_starts_the_helper_leaves_nothing_in_it(gate):
    """NVIDIA-MODPROBE, CVE-2014-9680, CVE-2010-3853, CVE-2019-3842, CVE-2004-1051, CVE-2005-2959, CVE-2005-4158,
    CVE-2006-0151: neither signals nor environment nor closed descriptors. CVE-2021-4034: nor a missing name."""
    gate.policy(TRUSTING)
    with helper_by_hand(spoil) as (helper, place):
        gate.wait_until(lambda: place.exists() or helper.poll() is not None, what="the helper's socket")
        done = gate.run("alice", f"modgate --socket {place} load dummy")
        assert done.status == 0, done
        assert gate.run("bob", f"modgate --socket {place} load veth").status == 3
        status = status_of(helper.pid)
        ignored = int(status["SigIgn"], 16)
        assert not ignored & 1 << signal.SIGCHLD - 1, status
        assert status["Umask"].strip() == "0077", status
        assert Path(f"/proc/{helper.pid}/environ").read_bytes().strip(b"\0") == b""
        assert os.readlink(f"/proc/{helper.pid}/cwd") == "/"
        standard = [os.readlink(f"/proc/{helper.pid}/fd/{number}") for number in (0, 1, 2)]
        assert standard == ["/dev/null"] * 3, standard
        for file in glob.glob("/var/log/modgate/*"):
            assert os.stat(file).st_mode & 0o027 == 0, file
    # One that cannot write its record grants nothing.
    with helper_by_hand(cannot_write) as (helper, place):
        gate.wait_until(lambda: place.exists() or helper.poll() is not None, what="the helper's socket or end")
        assert gate.run("alice", f"modgate --socket {place} load veth").status == 6
    assert "veth" not in gate.modules()
    nameless = gate.run("alice", ["python3", "-c", WITHOUT_A_NAME, "/usr/sbin/modgated"])
    assert nameless.status in (1, 2) and nameless.stderr, nameless
