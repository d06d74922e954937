# SPDX-License-Identifier: Apache-2.0
"""A kernel under an IMA appraisal policy (booted with ima_policy=secure_boot): it wants files, with signatures."""

from policies import TRUSTING


def test_the_plan_forecasts_what_ima_says(gate):
    with open("/proc/cmdline", encoding="utf-8") as line:
        assert "ima_policy=secure_boot" in line.read(), "boot it with --append ima_policy=secure_boot"
    gate.policy(TRUSTING)
    plan = gate.run("alice", "modgate --json plan load dummy").json()[0]["plan"]
    said = [check for check in plan["kernel"] if "load_source" in check["message"]]
    assert said and said[0]["verdict"] != "ok", plan["kernel"]
    done = gate.run("alice", "modgate load dummy")
    assert done.status == 1 and "dummy" not in gate.modules(), done
    assert "EACCES" in done.stderr and "load_source" in done.stderr, done
    # The file itself is appraised, and Debian's files bear no signature of IMA's: refused as root's insmod is.
    gate.policy(TRUSTING.replace("[defaults]", '[defaults]\nload_source = "file"'))
    assert gate.run("alice", "modgate load dummy").status == 1
    assert gate.root("modprobe dummy", check=False).status != 0
