#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs inside the throwaway machine, with the audit log on a disk that remembers: says what the last boot left, then
loads and unloads until the power is cut. One line for the host each."""

import json
import sys
import threading
from pathlib import Path

from gate import Gate
from login import Login
from policies import TRUSTING, own

LOG = Path("/var/log/modgate")
CALLERS = {"alice": "dummy", "carol": "veth"}
lock = threading.Lock()


def say(word: str, **what) -> None:
    with lock:
        print(f"powercut {word} {json.dumps(what)}", flush=True)


def mount_log(gate: Gate) -> None:
    if not gate.root("blkid /dev/vdb", check=False).stdout:
        gate.root("mkfs.ext4 -q /dev/vdb")
    gate.root("systemctl stop modgate.service")
    gate.root(f"mount /dev/vdb {LOG}")
    gate.root(f"chown modgate-audit:modgate-audit {LOG}")
    gate.root(f"chmod 0750 {LOG}")


def tell_what_is_left(gate: Gate) -> None:
    """After the helper has started on it."""
    served = gate.root("modgate status", check=False)
    verified = gate.root("modgate log verify", check=False)
    say("start", served=served.status, verified=verified.status, said=verified.text[-300:] + served.stderr[-300:])
    kinds = {}
    for event in gate.log():
        kinds.setdefault(event["metadata"]["correlation_uid"], []).append(own(event)["kind"])
        if own(event)["kind"] == "recovery":
            say("recovery", message=event["message"], sequence=event["metadata"]["sequence"])
    for record, found in kinds.items():
        if "intent" in found:
            say("have", record=record, kinds=found)


def load_for_ever(user: str, module: str) -> None:
    with Login(user) as login:
        while True:
            for action in ("load", "unload"):
                done = login.run(["modgate", "--json", action, module])
                told = done.json()
                if done.status == 0 and told and told[0].get("record"):
                    say("ack", record=told[0]["record"])
                else:
                    say("refused", status=done.status, text=done.text[-300:])


def main() -> int:
    gate = Gate()
    gate.policy(TRUSTING)
    mount_log(gate)
    tell_what_is_left(gate)
    if "check" in sys.argv[1:]:
        say("end")
        return 0
    workers = [threading.Thread(target=load_for_ever, args=pair, daemon=True) for pair in CALLERS.items()]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return 1


sys.exit(main())
