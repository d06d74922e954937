#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much the helper serves: 64 callers at once who are denied, who plan, who load and unload; its memory before and
after; and in the same run a single denied request, the command included, beside `sudo -n true` denied by its policy.

Runs inside the throwaway machine (tests/bench/hard starts it). The callers speak with the helper from one process of
this machine, which takes its part of the same processors.
"""

import select
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from floods import AT_ONCE_FOR_ONE, CROWD, crowd, written_kibibytes
from gate import Gate
from login import Login
from trouble import pids
from wire import Connection, request

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 20
CALLERS = 64
ROUNDS = 40
MEMBERS = ", ".join(f'"#{uid}"' for uid in CROWD)
POLICY = f"""
[defaults]
authenticate = false
[[deny]]
modules = ["nf_tables"]
[role.dev]
members = ["alice", {MEMBERS}]
[[role.dev.allow]]
tree = ["kernel/**"]
actions = ["load", "unload"]
"""
SUDOERS = "alice ALL=(root) NOPASSWD: ALL, !/usr/bin/true\n"


def standing_alone(count: int) -> list:
    """Modules that need no others and touch no device: each caller loads its own."""
    loaded = {line.split()[0] for line in open("/proc/modules")}
    tree = Path("/lib/modules") / Gate.release
    names = []
    for line in (tree / "modules.dep").read_text().splitlines():
        file, _, needs = line.partition(":")
        name = Path(file).name.split(".")[0].replace("-", "_")
        if not needs.strip() and file.startswith(("kernel/fs/nls/", "kernel/lib/", "kernel/net/sched/")):
            names.append(name)
    usable = []
    for name in names:
        if name not in loaded and len(usable) < count:
            if subprocess.run(["modprobe", name], capture_output=True).returncode == 0:
                subprocess.run(["modprobe", "-r", name], check=True, capture_output=True)
                usable.append(name)
    if len(usable) < count:
        sys.exit(f"only {len(usable)} modules stand alone")
    return usable


class Caller:
    """Sends its requests one after the other, each on a connection of its own."""

    def __init__(self, uid: int, requests: list, wanted: str):
        self.uid, self.requests, self.wanted = uid, requests, wanted
        self.number, self.took = 0, []

    def ask(self) -> None:
        self.began = time.monotonic()
        self.connection = Connection(self.uid)
        self.connection.say(self.requests[self.number % len(self.requests)])

    def hear(self) -> bool:
        """True when the request has ended; the time of each kind of request apart."""
        said = self.connection.hear()
        if said.get("reply") != "end":
            if not said:
                sys.exit("a request ended without a word")
            return False
        if said["outcome"] != self.wanted:
            sys.exit(f"not what was wanted: {said}")
        self.took.append((self.number % len(self.requests), time.monotonic() - self.began))
        self.connection.close()
        self.number += 1
        return True


def sustained(callers: list, seconds: float) -> float:
    """All callers at once for so long; requests a second."""
    began = time.monotonic()
    poll = select.poll()
    under_way = {}

    def begin(caller: Caller) -> None:
        caller.ask()
        under_way[caller.connection.fileno()] = caller
        poll.register(caller.connection, select.POLLIN)

    for caller in callers:
        begin(caller)
    while under_way:
        for descriptor, _ in poll.poll(60000):
            caller = under_way[descriptor]
            poll.unregister(descriptor)
            del under_way[descriptor]
            if not caller.hear():
                under_way[descriptor] = caller
                poll.register(descriptor, select.POLLIN)
            # Whoever has loaded unloads, however late it is.
            elif time.monotonic() < began + seconds or caller.number % len(caller.requests):
                begin(caller)
    return sum(len(caller.took) for caller in callers) / (time.monotonic() - began)


def row(name: str, times: list, rate: float | None) -> None:
    ordered = sorted(times)
    median, late = (ordered[min(int(len(ordered) * part), len(ordered) - 1)] * 1000 for part in (0.5, 0.99))
    print(f"| {name} | {'' if rate is None else f'{rate:.1f}'} | {median:.0f} ms | {late:.0f} ms | {len(ordered)} |")


def crowded(kinds: dict, modules: list, gate: Gate) -> None:
    for name, (verbs, wanted) in kinds.items():
        callers = [Caller(CROWD[number % (CALLERS // 8)],
                          [request(verb, module or modules[number], non_interactive=1) for verb, module in verbs],
                          wanted)
                   for number in range(CALLERS)]
        before = written_kibibytes(gate)
        rate = sustained(callers, SECONDS)
        gate.wait_until(lambda: not pids("modgate-session"), what="the end of all requests")
        memory = f"{before} KiB before, {written_kibibytes(gate)} KiB afterwards"
        for number, (verb, _) in enumerate(verbs):
            row(f"{name if len(verbs) == 1 else verb}, {CALLERS} callers",
                [took for caller in callers for kind, took in caller.took if kind == number], rate / len(verbs))
        print(f"| helper's memory: {memory} | | | | |")


def alone() -> None:
    """One caller, the command from its start to its end."""
    Path("/etc/sudoers.d/bench").write_text(SUDOERS)
    ways = {"modgate -n load nf_tables": "denied", "sudo -n true": "not allowed to execute", "/bin/true": ""}
    with Login("alice") as alice:
        for command, word in ways.items():
            if word not in alice.run(command).stderr:
                sys.exit(f"not denied by policy: {alice.run(command)}")
        times = {command: [] for command in ways}
        for _ in range(ROUNDS):
            for command, took in times.items():
                took.append(alice.timed(command)[0] / 1000)
    for command, took in times.items():
        row(f"`{command}`, alone", took, None)
    denied, sudo, true = (statistics.median(took) for took in times.values())
    print(f"\ndenied: {denied / sudo:.2f} of sudo's; without what starting any command takes "
          f"{(denied - true) / (sudo - true):.2f}")


def main() -> int:
    assert CALLERS // 8 <= AT_ONCE_FOR_ONE
    gate = Gate()
    gate.policy(POLICY)
    modules = standing_alone(CALLERS)
    kinds = {"denied": ([("load", "nf_tables")], "3"), "planned": ([("plan-load", "vxlan")], "0"),
             "loaded and unloaded": ([("load", None), ("unload", None)], "0")}
    with ExitStack() as stack:
        stack.enter_context(crowd())
        gate.root("modgate status")
        print(f"{SECONDS:.0f} s each\n\n| requests | a second | p50 | p99 | requests |\n|---|--:|--:|--:|--:|")
        crowded(kinds, modules, gate)
        alone()
    verified = gate.root("modgate log verify")
    print(verified.stdout.splitlines()[0])
    return 0


sys.exit(main())
