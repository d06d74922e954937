# SPDX-License-Identifier: Apache-2.0
"""What the kernel itself refuses. Each lock stays until the next boot, so these come last, in this order."""

import os

from gate import case
from policies import TRUSTING, events, own

ENFORCE = "/sys/module/module/parameters/sig_enforce"
LOCKDOWN = "/sys/kernel/security/lockdown"


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def verdict(gate, name, check):
    plan = gate.run("alice", f"modgate --json plan load {name}").json()[0]["plan"]
    (found,) = [one for one in plan["kernel"] if one["check"] == check]
    return found["verdict"], found["message"]


@case(timeout=60)
def test_1_signatures_enforced(gate):
    gate.policy(TRUSTING)
    assert verdict(gate, "gate_ok", "sig_enforce")[0] == "ok", "nobody insists yet"
    write(ENFORCE, "1")
    # A module of Debian's kernel bears the kernel's own signature, those of the tests none.
    assert verdict(gate, "dummy", "sig_enforce")[0] == "ok"
    assert gate.run("alice", "modgate load dummy").status == 0
    forecast, message = verdict(gate, "gate_ok", "sig_enforce")
    assert forecast == "refuses" and "gate_ok is not signed" in message, message
    before = len(gate.log())
    done = gate.run("alice", "modgate load gate_ok")
    assert done.status == 1 and "EKEYREJECTED" in done.stderr and "sign" in done.stderr, done
    assert events(gate, before)[-1]["status_code"] == "EKEYREJECTED"
    assert own(events(gate, before)[-1])["outcome"] == "failed"


@case(timeout=60)
def test_2_locked_down(gate):
    if not os.path.exists(LOCKDOWN):
        gate.root("mount -t securityfs securityfs /sys/kernel/security")
    gate.policy(TRUSTING)
    write(LOCKDOWN, "integrity")
    assert verdict(gate, "veth", "lockdown")[0] == "ok"
    assert gate.run("alice", "modgate load veth").status == 0
    forecast, message = verdict(gate, "gate_ok", "lockdown")
    assert forecast == "refuses" and "locked down (integrity)" in message, message
    done = gate.run("alice", "modgate load gate_ok")
    assert done.status == 1 and "gate_ok" not in gate.modules(), done


@case(timeout=60)
def test_3_an_appraisal_policy_of_ima(gate):
    gate.policy(TRUSTING)
    write("/sys/kernel/security/ima/policy", "appraise func=MODULE_CHECK appraise_type=imasig\n")
    # IMA looks at files and their signatures: a copy in memory has none, and Debian's files bear none.
    done = gate.run("alice", "modgate load dummy")
    assert done.status == 1 and "EACCES" in done.stderr and "load_source" in done.stderr, done
    gate.policy(TRUSTING.replace("[defaults]", '[defaults]\nload_source = "file"'))
    assert gate.run("alice", "modgate load dummy").status == 1
    assert gate.root("modprobe dummy", check=False).status != 0, "root fares no better"


@case(timeout=60)
def test_4_modules_disabled(gate):
    gate.policy(TRUSTING)
    write("/proc/sys/kernel/modules_disabled", "1")
    assert verdict(gate, "dummy", "modules_disabled")[0] == "refuses"
    done = gate.run("alice", "modgate load dummy")
    assert done.status == 1 and "modules_disabled" in done.stderr, done
    # Who may not is told so all the same, and what is there stays.
    assert gate.run("bob", "modgate load dummy").status == 3
    gate.restart()
    assert gate.run("alice", "modgate list").status == 0
