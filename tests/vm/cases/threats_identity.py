# SPDX-License-Identifier: Apache-2.0
"""Whom other tools of this kind took for somebody else, tried on this one; each case names its rows of
tests/THREATS.md."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from gate import case
from policies import ALICE, TRUSTING, WITH_PASSWORD, own
from threats import ALICE_ID, BOB_ID, as_somebody, ask, connected, hear_out, of_verb, requests, send, uids_in


@contextmanager
def accounts(lines, shadow):
    """These accounts as well, for a while."""
    for file, more in (("/etc/passwd", lines), ("/etc/shadow", shadow)):
        shutil.copy2(file, file + ".kept")
        with open(file, "a", encoding="utf-8") as added:
            added.write(more)
    try:
        yield
    finally:
        for file in ("/etc/passwd", "/etc/shadow"):
            os.rename(file + ".kept", file)


def hash_of(name):
    for line in Path("/etc/shadow").read_text().splitlines():
        if line.startswith(name + ":"):
            return line.split(":", 1)[1]
    raise AssertionError(name)


@case(timeout=90)
def test_strange_uids_and_names(gate):
    """CVE-2019-14287, CVE-2018-19788: uids from 2^31 on. CVE-2023-42456: a name that would be a path."""
    load = of_verb("load", b"non_interactive=1\0")
    strange = (1 << 31, (1 << 32) - 2)
    climbs = "../../etc/climbs"
    gate.policy(TRUSTING.replace('"alice"', '"alice", "root", "#0"'))
    for uid in strange:
        assert ask(uid, load)[0] == 3, uid
    try:
        os.setresuid(-1, (1 << 32) - 1, -1)  # the kernel knows nobody of that uid: it changes nothing
    except (OSError, OverflowError):
        pass
    assert os.geteuid() == 0 and "veth" not in gate.modules()
    for uid in ("#-1", "#+0", "#4294967295", "#4294967296"):
        gate.policy(TRUSTING.replace('"alice"', f'"{uid}"'))
        assert gate.root("modgate policy check", check=False).status == 1, uid
    made = "".join(f"big{uid}:x:{uid}:{uid}::/:/bin/sh\n" for uid in strange) + f"{climbs}:x:1066:1066::/tmp:/bin/sh\n"
    with accounts(made, f"{climbs}:{hash_of('alice')}\n"):
        gate.policy(TRUSTING.replace('"alice"', ", ".join(f'"#{uid}"' for uid in strange)))
        for uid in strange:
            before = len(gate.log())
            assert ask(uid, load)[0] == 0, uid
            assert uids_in(requests(gate, before)) == {uid}, gate.log()[before:]
            gate.unload("veth")
        gate.policy(WITH_PASSWORD.replace('"alice"', '"#1066"'))
        there = {folder: sorted(os.listdir(folder)) for folder in ("/etc", "/run/modgate", "/var/lib/modgate")}
        login = gate.login(climbs)
        assert login.run("modgate load dummy", answers=ALICE).status == 0
        assert login.run("modgate -n unload dummy").status == 0, "its ticket serves"
        assert {folder: sorted(os.listdir(folder)) for folder in there} == there
    assert ask(strange[0], load)[0] == 3


@contextmanager
def changing_date():
    """Sets the date, as often as one likes, and puts it right again."""
    offset = time.time() - time.monotonic()
    try:
        yield lambda text: subprocess.run(["date", "--utc", "--set", text], check=True, capture_output=True)
    finally:
        subprocess.run(["date", "--set", f"@{time.monotonic() + offset:.3f}"], check=True, capture_output=True)


@case(timeout=90)
def test_the_date_neither_revives_nor_ends_a_ticket(gate):
    """CVE-2013-1775, CVE-2013-1776, CVE-2013-2776, CVE-2013-2777."""
    gate.policy(WITH_PASSWORD)
    login, other = gate.login("alice"), gate.login("alice")
    assert login.run("modgate load dummy", answers=ALICE).status == 0
    with changing_date() as date:
        for year in ("1970-06-01", "2100-01-01"):
            date(year)
            assert other.run("modgate -n unload dummy").status == 4, year
            assert login.run("modgate -n unload dummy").status == 0, year
            assert login.run("modgate -n load dummy").status == 0, year
    gate.policy('[defaults]\nticket = "2s"\n' + WITH_PASSWORD)
    assert login.run("modgate unload dummy", answers=ALICE).status == 0
    over = time.monotonic() + 2.2
    gate.wait_until(lambda: time.monotonic() > over, what="the ticket's end")
    with changing_date() as date:
        for year in ("1970-06-01", "2100-01-01"):
            date(year)
            assert login.run("modgate -n load dummy").status == 4, year
    assert "dummy" not in gate.modules()
    # The last record has the right time again.
    assert login.run("modgate -n load dummy").status == 4


@case(timeout=60)
def test_who_connected_is_who_asks(gate):
    """CVE-2019-6133, CVE-2013-4288: neither a program with a setuid bit nor another process changes it."""
    gate.policy(TRUSTING)
    before = len(gate.log())
    request = of_verb("load")
    setuid = [path for path in ("/usr/bin/su", "/usr/bin/mount", "/usr/bin/passwd", "/usr/bin/newgrp")
              if os.path.exists(path) and os.stat(path).st_mode & 0o4000]
    assert setuid, "no program with a setuid bit"

    def becomes_root():
        gate_socket = connected()
        gate_socket.set_inheritable(True)
        send(gate_socket, request)
        silent = os.open("/dev/null", os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(silent, standard)
        os.execv(setuid[0], [setuid[0], "--version"])

    def leaves_a_child():
        gate_socket = connected()
        if os.fork() == 0:
            send(gate_socket, request)
            hear_out(gate_socket)
            os._exit(0)
        os._exit(0)

    for _ in range(8):
        as_somebody(BOB_ID, becomes_root)
        as_somebody(BOB_ID, leaves_a_child)
    gate.wait_until(lambda: len(requests(gate, before)) >= 16, what="sixteen records")
    said = requests(gate, before)
    assert uids_in(said) == {BOB_ID} and {own(event)["outcome"] for event in said} == {"denied"}, said
    assert "veth" not in gate.modules()

    def handed_on(connects, asks):
        """The answer on a connection that one made and another uses."""
        ours, theirs = socket.socketpair()

        def make():
            with connected() as gate_socket:
                socket.send_fds(theirs, [b"!"], [gate_socket.fileno()])
        assert as_somebody(connects, make) is None
        _, (descriptor,), _, _ = socket.recv_fds(ours, 1, 1)

        def use():
            with socket.socket(fileno=descriptor) as gate_socket:
                gate_socket.settimeout(30)
                send(gate_socket, request)
                return hear_out(gate_socket)
        return as_somebody(asks, use)[0]

    assert handed_on(BOB_ID, 0) == 3
    assert handed_on(0, ALICE_ID) == 3
    assert "veth" not in gate.modules()
    assert handed_on(ALICE_ID, BOB_ID) == 0
    assert "veth" in gate.modules()


@case(timeout=60)
def test_nobody_comes_in_by_roots_empty_password(gate):
    """CVE-2020-27780."""
    gate.policy(WITH_PASSWORD.replace('"alice"', '"alice", "root", "#4242"'))
    shutil.copy2("/etc/shadow", "/etc/shadow.kept")
    try:
        gate.root("passwd --delete root")
        assert ask(4242, of_verb("load"))[0] == 3
        running = gate.login("root").start("modgate load dummy", tty="input")
        for _ in range(3):
            running.expect("assword")
            running.type("")
        assert running.finish(30).status == 4
        assert "dummy" not in gate.modules() and "veth" not in gate.modules()
    finally:
        os.rename("/etc/shadow.kept", "/etc/shadow")
