# SPDX-License-Identifier: Apache-2.0
"""An inspector that crashes or hangs over a module: the module is rejected, and nothing else notices. The helper here
is the product's with an inspector that does so when a module's bytes say so (../faults)."""

import os
import time
from contextlib import contextmanager
from pathlib import Path

from gate import case
from handed_over import load, module, place
from policies import events, own
from trouble import pids

WITH_FAULTS = "/usr/local/lib/modgate-vm/modgated"
DEADLINE = 20  # seconds that an inspector of that helper has

POLICY = """
[defaults]
authenticate = false
[role.dev]
members = ["alice", "bob", "carol", "olivia"]
[[role.dev.allow]]
source = "file"
modules = ["gate_ok"]
unpinned = true
[[role.dev.allow]]
modules = ["dummy", "gate_ok", "gate_needs"]
actions = ["load", "unload"]
"""


@contextmanager
def helper_with_faults(gate, settings=""):
    """modgate.service with the other helper and these further settings, until the end of the block."""
    if not os.path.exists(WITH_FAULTS):
        gate.skip("the helper with faults is not installed")
    unit = gate.root("systemctl cat modgate.service").stdout
    (start,) = [line for line in unit.splitlines() if line.startswith("ExecStart=/")]
    words = start.removeprefix("ExecStart=").split()[1:]
    drop_in = Path("/run/systemd/system/modgate.service.d/faults.conf")
    drop_in.parent.mkdir(parents=True)
    try:
        drop_in.write_text("[Service]\nExecStart=\nExecStart=" + " ".join([WITH_FAULTS, *words])
                           + "\n" + settings)
        gate.root("systemctl daemon-reload")
        gate.restart()
        (listener,) = pids("modgated")
        assert os.readlink(f"/proc/{listener}/exe") == WITH_FAULTS
        yield listener
    finally:
        drop_in.unlink()
        drop_in.parent.rmdir()
        gate.root("systemctl daemon-reload")
        gate.root("systemctl stop modgate.service")


def faulty(gate, fault):
    """gate_ok with the word for it behind its end, which no part of the ELF file is."""
    return module(gate, "gate_ok") + f"modgate-test-fault={fault}\0".encode()


def rejected(gate, before, done, user):
    """It is told, and there is one event about it, which says the same."""
    assert done.status == 5, done
    error = done.json()[-1]["error"]
    assert error["kind"] == "rejected" and "its examiner died" in error["message"], error
    (event,) = [e for e in events(gate, before) if e["actor"]["user"]["name"] == user]
    assert own(event)["outcome"] == "rejected" and event["action_id"] == 2, event
    assert event["metadata"]["uid"] == error["record"], (event, error)
    assert "gate_ok" not in gate.modules()


def nothing_is_left(gate):
    gate.wait_until(lambda: not pids("modgate-inspector") and not pids("modgate-unpacker") and
                    not pids("modgate-session") and not pids("modgate-front"), what="the end of all processes")



@case(timeout=120)
def test_an_inspector_that_crashes(gate):
    gate.policy(POLICY)
    with helper_with_faults(gate) as listener:
        # The deny twin is the same file without the word: it is loaded.
        os.makedirs("/tmp/alice", exist_ok=True)
        for user, fault in (("alice", "crash"), ("bob", "abort"), ("carol", "disarm")):
            before = len(gate.log())
            path = place(faulty(gate, fault), "gate_ok.ko")
            os.chmod(path, 0o644)
            rejected(gate, before, load(gate, path, user=user), user)
        assert load(gate, place(faulty(gate, "none"), "gate_ok.ko"), user="olivia").status == 0
        gate.unload("gate_ok")
        # In a module of the tree, which comes along with another: neither is loaded.
        file = gate.module_file("gate_ok")
        right = file.read_bytes()
        try:
            file.write_bytes(faulty(gate, "crash"))
            before = len(gate.log())
            rejected(gate, before, gate.run("olivia", "modgate --json load gate_needs"), "olivia")
            assert "gate_needs" not in gate.modules()
        finally:
            file.write_bytes(right)
        assert gate.run("alice", "modgate load gate_ok").status == 0
        nothing_is_left(gate)
        assert pids("modgated") == [listener], "one helper all the time"
        assert gate.root("systemctl is-active modgate.service").stdout.strip() == "active"


@case(timeout=120)
def test_an_inspector_that_hangs(gate):
    gate.policy(POLICY)
    with helper_with_faults(gate) as listener:
        before = len(gate.log())
        began = time.monotonic()
        hanging = {}
        for user, fault in (("alice", "spin"), ("bob", "sleep")):
            path = place(faulty(gate, fault), "gate_ok.ko")
            os.chmod(path, 0o644)
            hanging[user] = gate.login(user).start(["modgate", "--json", "load", path])
            gate.wait_until(lambda: len(pids("modgate-inspector")) == len(hanging), what="an inspector that hangs")
        assert gate.run("carol", "modgate load dummy").status == 0, "another caller is served meanwhile"
        assert len(pids("modgate-inspector")) == 2, "both still hang"
        done = {user: running.finish(2 * DEADLINE) for user, running in hanging.items()}
        assert time.monotonic() - began < 2 * DEADLINE, "nobody waits much longer than the deadline"
        for user, result in done.items():
            rejected(gate, before, result, user)
        nothing_is_left(gate)
        assert gate.run("alice", "modgate load gate_ok").status == 0, "the same caller is served afterwards"
        assert pids("modgated") == [listener], "one helper all the time"
