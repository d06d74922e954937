"""Cuts the power of the throwaway machine in the middle of loads, again and again, and looks at what is left."""

import json
import random
import re
import signal
import subprocess
from pathlib import Path

from count import DID_NOT_RUN, Count
from steps import BUILD, PROJECT, say

GUEST = PROJECT / "tests/long/powercut_guest.py"
DISK_BYTES = 64 << 20
FEWEST, MOST = 3, 25  # acknowledged requests before the cut


def boot(installed: Path, disk: Path, acknowledged: set, cut: bool) -> list[str]:
    """One boot: what is wrong with what the last one left. Its own acknowledged requests go to `acknowledged`."""
    before, after = set(acknowledged), random.randint(FEWEST, MOST)
    words = [PROJECT / "tests/vm/vm", "run", "--install", installed, "--build", BUILD / "vm", "--disk", disk, GUEST]
    machine = subprocess.Popen([*map(str, words), *([] if cut else ["check"])], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True, errors="replace")
    have, problems, started, recoveries = {}, [], False, 0
    try:
        for line in machine.stdout:
            told = re.match(r"powercut (\w+) (\{.*\})$", line)
            if not told:
                continue
            word, what = told[1], json.loads(told[2])
            if word == "start":
                started = True
                if what["served"] or what["verified"]:
                    problems.append(f"not served or not whole: {what}")
            elif word == "have":
                have[what["record"]] = what["kinds"]
            elif word == "recovery":
                recoveries += 1
            elif word == "refused":
                problems.append(f"refused: {what}")
            elif word == "ack":
                acknowledged.add(what["record"])
                if len(acknowledged) - len(before) >= after:
                    break
    finally:
        machine.send_signal(signal.SIGTERM)  # which kills QEMU as a power cut would
        machine.stdout.close()
        machine.wait()
    if not started or (cut and len(acknowledged) == len(before)):
        problems.append("the machine did not get that far")
    problems += [f"acknowledged and lost: {record}" for record in sorted(before - set(have))]
    problems += [f"{record}: {kinds}" for record, kinds in have.items()
                 if (kinds.count("intent"), kinds.count("outcome")) != (1, 1)]
    if before and not recoveries:
        problems.append("the start after a cut says nothing of it")
    say(f"boot: {len(have)} requests found, {len(before)} of them acknowledged before a cut, {recoveries} recoveries")
    return problems


def powercut(installed: Path | None, rounds: int) -> Count:
    if not installed:
        return DID_NOT_RUN
    disk = BUILD / "vm" / "powercut.disk"
    disk.parent.mkdir(parents=True, exist_ok=True)
    disk.unlink(missing_ok=True)
    with open(disk, "wb") as empty:
        empty.truncate(DISK_BYTES)
    acknowledged: set = set()
    count = Count()
    for number in range(rounds + 1):
        problems = boot(installed, disk, acknowledged, cut=number < rounds)
        for problem in problems:
            say(f"FAIL powercut {number}: {problem}")
        count += Count(failed=1) if problems else Count(passed=1)
        if problems:
            break
    disk.unlink()
    return count
