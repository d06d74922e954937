#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Side by side in one machine: `modgate load` with a valid ticket, sudo, doas, and root's modprobe.

Runs inside the throwaway machine (tests/bench/load starts it). Each round loads and unloads the same
module with every way, in turn; the medians and their ratios to sudo's and to root's are printed.
"""
import statistics
import subprocess
import sys
import time
from pathlib import Path

from login import Login

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 30
MODULE = "dummy"
ROOT = "root's modprobe"
POLICY = f"""
[role.dev]
members = ["alice"]
[[role.dev.allow]]
modules = ["{MODULE}"]
actions = ["load", "unload"]
"""


def prepare() -> None:
    Path("/etc/modgate/policy.toml").write_text(POLICY)
    Path("/etc/sudoers.d/bench").write_text("alice ALL=(root) NOPASSWD: /sbin/modprobe\n")
    Path("/etc/doas.conf").write_text("permit nopass alice as root cmd modprobe\n")
    Path("/etc/doas.conf").chmod(0o400)


def timed(run) -> float:
    subprocess.run(["rmmod", MODULE], stderr=subprocess.DEVNULL)
    began = time.monotonic()
    done = run()
    took = time.monotonic() - began
    if MODULE not in Path("/proc/modules").read_text():
        sys.exit(f"not loaded: {done}")
    return took * 1000


def main() -> int:
    prepare()
    with Login("alice") as alice:
        first = alice.run(f"modgate load {MODULE}", answers=[("assword", "alice-pw")])
        if first.status != 0:
            sys.exit(f"no ticket: {first}")
        ways = {
            "modgate load": lambda: alice.run(f"modgate -n load {MODULE}"),
            "sudo -n modprobe": lambda: alice.run(f"sudo -n /sbin/modprobe {MODULE}"),
            "doas -n modprobe": lambda: alice.run(f"doas -n modprobe {MODULE}"),
            "true": lambda: alice.run("/bin/true"),
        }
        with Login("root") as root:
            ways[ROOT] = lambda: root.run(f"/sbin/modprobe {MODULE}")
            times = {name: [] for name in ways}
            for _ in range(ROUNDS):
                for name, run in ways.items():
                    if name == "true":
                        began = time.monotonic()
                        run()
                        times[name].append((time.monotonic() - began) * 1000)
                    else:
                        times[name].append(timed(run))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{ROUNDS} rounds, medians, the harness's own time (its /bin/true) included")
    for name, median in medians.items():
        print(f"{name:18} {median:8.1f} ms   {median / medians['sudo -n modprobe']:5.2f} of sudo's"
              f"   {median / medians[ROOT]:5.2f} of root's")
    own = medians["true"]
    net = {name: median - own for name, median in medians.items()}
    print("without the harness: modgate is "
          f"{net['modgate load'] / net['sudo -n modprobe']:.2f} of sudo's and "
          f"{net['modgate load'] / net[ROOT]:.2f} of root's modprobe")
    return 0


sys.exit(main())
