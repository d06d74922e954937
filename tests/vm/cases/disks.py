# SPDX-License-Identifier: Apache-2.0
"""The audit log on a disk that is full or read-only, a log that somebody broke, and a clock that is set back."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from crashes import load, wait_for
from gate import case
from policies import TRUSTING, events, own

LOG = Path("/var/log/modgate")
BALLAST = LOG / "ballast"


@contextmanager
def log_of_its_own(gate, kibibytes=1024):
    """A new, empty log on a small file system; the machine's own is there again afterwards."""
    gate.root("systemctl stop modgate.service")
    uid, gid = (gate.root(f"id -{which} modgate-audit").stdout.strip() for which in "ug")
    gate.root(f"mount -t tmpfs -o size={kibibytes}k,mode=0750,uid={uid},gid={gid} log {LOG}")
    try:
        yield
    finally:
        gate.root("systemctl stop modgate.service")
        gate.root(f"umount {LOG}")


def fill(leave=0):
    """Everything that is free, but for so many bytes."""
    state = os.statvfs(LOG)
    with open(BALLAST, "ab", buffering=0) as ballast:
        for _ in range(max(0, state.f_bavail - leave // state.f_frsize)):
            ballast.write(bytes(state.f_frsize))


def verified(gate):
    done = gate.root("modgate log verify", check=False)
    assert done.status == 0, done


@case(timeout=60)
def test_a_full_disk_refuses_and_takes_the_outcome(gate):
    gate.policy(TRUSTING)
    with log_of_its_own(gate):
        # Room for a few records, but not for what is set aside ahead.
        fill(leave=64 * 1024)
        running = load(gate, "alice")
        wait_for(gate, "Loading")
        fill()
        refused = gate.run("carol", "modgate load dummy")
        assert refused.status == 6 and "free space" in refused.stderr, refused
        assert "dummy" not in gate.modules()
        assert gate.root("modgate status").status == 0, "what needs no record is answered"
        done = running.finish(60)
        assert done.status == 0, done
        assert own(gate.log()[-1])["outcome"] == "done", "the outcome had its room"
        assert gate.run("carol", "modgate load dummy").status == 6
        BALLAST.unlink()
        assert gate.run("carol", "modgate load dummy").status == 0, "there is room again"
        verified(gate)


@case(timeout=60)
def test_a_full_disk_at_the_start(gate):
    gate.policy(TRUSTING)
    with log_of_its_own(gate):
        fill()
        for _ in range(2):
            refused = gate.run("alice", "modgate load dummy")
            assert refused.status == 6 and "free space" in refused.stderr, refused
        BALLAST.unlink()
        gate.wait_until(lambda: gate.run("alice", "modgate load dummy").status == 0, what="a load")
        verified(gate)


@case(timeout=60)
def test_a_read_only_log(gate):
    gate.policy(TRUSTING)
    with log_of_its_own(gate):
        assert gate.run("alice", "modgate load dummy").status == 0
        gate.root("systemctl stop modgate.service")
        gate.root(f"mount -o remount,ro {LOG}")
        refused = gate.run("alice", "modgate unload dummy")
        assert refused.status == 6 and "writable again" in refused.stderr, refused
        assert "dummy" in gate.modules()
        gate.root(f"mount -o remount,rw {LOG}")
        gate.wait_until(lambda: gate.run("alice", "modgate unload dummy").status == 0, what="an unload")
        verified(gate)


@case(timeout=60)
def test_a_broken_log_is_not_served(gate):
    gate.policy(TRUSTING)
    with log_of_its_own(gate):
        assert gate.run("alice", "modgate load dummy").status == 0
        gate.root("systemctl stop modgate.service")
        segment = LOG / "000000000000000001.jsonl"
        whole = segment.read_bytes()
        segment.write_bytes(whole.replace(b'"asked":"dummy"', b'"asked":"dammy"', 1))
        refused = gate.run("alice", "modgate unload dummy")
        assert refused.status == 6 and "modgate log verify" in refused.stderr and "mv " in refused.stderr, refused
        assert "dummy" in gate.modules()
        assert segment.read_bytes() != whole and list(LOG.glob("*.jsonl")) == [segment], "it is left as it is"
        told = gate.root("modgate log verify", check=False)
        assert told.status == 1 and "edited" in told.text, told
        # As the message says: kept as evidence, and a new one is begun.
        for file in LOG.iterdir():
            shutil.move(file, f"/tmp/broken.{file.name}")
        gate.wait_until(lambda: gate.run("alice", "modgate unload dummy").status == 0, what="an unload")
        verified(gate)


def test_a_clock_that_is_set_back(gate):
    gate.policy(TRUSTING)
    assert gate.run("alice", "modgate load dummy").status == 0
    before = len(gate.log())
    gate.root(["date", "--set", "-1 hour"])
    try:
        assert gate.run("alice", "modgate unload dummy").status == 0
    finally:
        gate.root(["date", "--set", "+1 hour"])
    new = gate.log()[before:]
    (told,) = [event for event in new if own(event)["kind"] == "clock"]
    assert "the clock was set back from" in told["message"], told
    assert [own(event)["kind"] for event in events(gate, before)] == ["intent", "outcome"], new
    verified(gate)
