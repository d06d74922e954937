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


def timed(login: Login, command: str) -> float:
    """Milliseconds from the start of the command to its end; the module is loaded by then."""
    subprocess.run(["rmmod", MODULE], stderr=subprocess.DEVNULL)
    took, status = login.timed(command)
    if status != 0 or (MODULE in command and MODULE not in Path("/proc/modules").read_text()):
        sys.exit(f"not loaded: {command}: status {status}")
    return took


def main() -> int:
    prepare()
    with Login("alice") as alice, Login("root") as root:
        first = alice.run(f"modgate load {MODULE}", answers=[("assword", "alice-pw")])
        if first.status != 0:
            sys.exit(f"no ticket: {first}")
        ways = {
            "modgate load": (alice, f"/usr/bin/modgate -n load {MODULE}"),
            "sudo -n modprobe": (alice, f"/usr/bin/sudo -n /sbin/modprobe {MODULE}"),
            "doas -n modprobe": (alice, f"/usr/bin/doas -n modprobe {MODULE}"),
            ROOT: (root, f"/sbin/modprobe {MODULE}"),
            "true": (alice, "/bin/true"),
        }
        times = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, (login, command) in ways.items():
                times[name].append(timed(login, command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{ROUNDS} rounds, medians, from the start of the command to its end")
    for name, median in medians.items():
        print(f"{name:18} {median:8.1f} ms   {median / medians['sudo -n modprobe']:5.2f} of sudo's"
              f"   {median / medians[ROOT]:5.2f} of root's")
    return 0


sys.exit(main())
