#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks modgate and its peers the same of the same events, in turn, and prints medians and ratios.

    review.py BUILD EVENTS ROUNDS

Peers that are not installed are left out, and said so. ausearch is given the events as its own raw
records (USER_DEVICE), journalctl as a journal made by systemd-journal-remote; both are left out above
1,000,000 events. A peer is asked once where an answer takes longer than five seconds.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUILD, EVENTS, ROUNDS = Path(sys.argv[1]).absolute(), int(sys.argv[2]), int(sys.argv[3])
MODGATE = BUILD / "gate/cli/admin/modgate-admin"
USER, UID, MODULE, DAY, NEXT = "user7", 1007, "mod_5", "2026-03-01", "2026-03-02"
MOST_FOR_PEERS = 1_000_000
LONG_SECONDS = 5


def take(command, shell: bool = False) -> float:
    began = time.monotonic()
    subprocess.run(command, shell=shell, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, env={**os.environ, "TZ": "UTC", "LC_ALL": "C"})
    return time.monotonic() - began


def made_log(folder: Path) -> tuple:
    log, flat = folder / f"log-{EVENTS}", folder / f"flat-{EVENTS}.tsv"
    if not flat.exists():
        shutil.rmtree(log, ignore_errors=True)
        draft = flat.with_suffix(".new")
        subprocess.run([BUILD / "tests/review_events", str(EVENTS), log, "--flat", draft], check=True)
        draft.rename(flat)
    return log, flat


def audit_records(flat: Path, folder: Path) -> Path:
    """The events as auditd would write the gate's own records."""
    path = folder / f"audit-{EVENTS}.log"
    if path.exists():
        return path
    with open(flat, encoding="ascii") as events, open(path, "w", encoding="ascii") as out:
        for number, line in enumerate(events, 1):
            ms, user, uid, module, action, outcome, _ = line.rstrip("\n").split("\t")
            result = "success" if outcome in ("done", "-") else "failed"
            out.write(f"type=USER_DEVICE msg=audit({ms[:-3]}.{ms[-3:]}:{number}): pid=1 uid=0 auid={uid} ses=1 "
                      f"msg='op={action}-module device={module} acct=\"{user}\" exe=\"/usr/sbin/modgated\" "
                      f"hostname=? addr=? terminal=? res={result}'\n")
    return path


def journal(flat: Path, folder: Path) -> Path | None:
    """The events as a journal with fields, through the export format."""
    remote = shutil.which("systemd-journal-remote") or "/usr/lib/systemd/systemd-journal-remote"
    if not os.access(remote, os.X_OK):
        return None
    path = folder / f"events-{EVENTS}.journal"
    if path.exists():
        return path
    feed = subprocess.Popen([remote, "-o", path, "-"], stdin=subprocess.PIPE, text=True)
    boot = "0b3a5a2a7c0f4b1e9a573d1c7e1f9a10"
    with open(flat, encoding="ascii") as events:
        for number, line in enumerate(events, 1):
            ms, user, uid, module, action, outcome, _ = line.rstrip("\n").split("\t")
            feed.stdin.write(f"__REALTIME_TIMESTAMP={ms}000\n__MONOTONIC_TIMESTAMP={number}\n_BOOT_ID={boot}\n"
                             f"MESSAGE={user} {action} {module}\nMODGATE_USER={user}\nMODGATE_UID={uid}\n"
                             f"MODGATE_MODULE={module}\nMODGATE_OUTCOME={outcome}\n\n")
    feed.stdin.close()
    feed.wait()
    return path


def questions(log: Path) -> dict:
    ask = [str(MODGATE), "log", "--from", str(log)]
    files = f"{log}/*.jsonl"
    return {
        "start (--version)": {"modgate": [str(MODGATE), "--version"]},
        f"count of {USER}": {
            "modgate": [*ask, "--user", USER, "--group-by", "user"],
            "jq": f"cat {files} | jq -c 'select(.actor.user.name == \"{USER}\")' | wc -l",
            "grep": f"grep -hcF '\"name\":\"{USER}\"' {files} | cat"},
        f"last 50 of {USER}": {
            "modgate": [*ask, "--user", USER, "-n", "50"],
            "grep": f"grep -hF '\"name\":\"{USER}\"' {files} | tail -n 50"},
        f"{MODULE} on one day": {
            "modgate": [*ask, "--module", MODULE, "--since", DAY + "T00:00:00Z", "--until", NEXT + "T00:00:00Z"],
            "grep": f"grep -hF '\"original_time\":\"{DAY}T' {files} | grep -F '\"internal_name\":\"{MODULE}\"'"},
        "last 50 denials": {
            "modgate": [*ask, "--outcome", "denied", "-n", "50"],
            "grep": f"grep -hF '\"outcome\":\"denied\"' {files} | tail -n 50"},
        "all denials, counted": {
            "modgate": [*ask, "--outcome", "denied", "--group-by", "outcome"],
            "grep": f"grep -hcF '\"outcome\":\"denied\"' {files} | cat"},
        "group by user and module": {
            "modgate": [*ask, "--group-by", "user,module"],
            "jq": f"cat {files} | jq -r '[.actor.user.name, .driver.file.internal_name] | @tsv' | sort | uniq -c"},
        "dump as JSON": {
            "modgate": [*ask, "--json"],
            "jq": f"cat {files} | jq -c ."},
    }


def add_ausearch(asked: dict, records: Path) -> None:
    how = f"ausearch --input {records} "
    asked[f"count of {USER}"]["ausearch"] = f"{how} -ul {UID} --raw | wc -l"
    asked[f"last 50 of {USER}"]["ausearch"] = f"{how} -ul {UID} --raw | tail -n 50"
    asked[f"{MODULE} on one day"]["ausearch"] = \
        f"{how} -ts 03/01/26 00:00:00 -te 03/01/26 23:59:59 --raw | grep -F device={MODULE}"
    asked["all denials, counted"]["ausearch"] = f"{how} -sv no --raw | wc -l"
    asked["dump as JSON"]["ausearch"] = f"{how} --raw"


def add_journalctl(asked: dict, file: Path) -> None:
    # It begins further files by itself.
    how = f"journalctl -q --no-pager --file '{file.parent}/{file.stem}*.journal' -o json "
    asked[f"count of {USER}"]["journalctl"] = f"{how} MODGATE_USER={USER} | wc -l"
    asked[f"last 50 of {USER}"]["journalctl"] = f"{how} MODGATE_USER={USER} -n 50"
    asked[f"{MODULE} on one day"]["journalctl"] = f"{how} MODGATE_MODULE={MODULE} -S '{DAY}' -U '{NEXT}'"
    asked["last 50 denials"]["journalctl"] = f"{how} MODGATE_OUTCOME=denied -n 50"
    asked["all denials, counted"]["journalctl"] = f"{how} MODGATE_OUTCOME=denied | wc -l"
    asked["dump as JSON"]["journalctl"] = how


def measure(commands: dict) -> dict:
    """The median of each, taken in turn."""
    took = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            if name != "modgate" and took[name] and took[name][0] > LONG_SECONDS:
                continue
            took[name].append(take(command, isinstance(command, str)))
    return {name: statistics.median(times) for name, times in took.items()}


def main() -> int:
    folder = BUILD / "review"
    folder.mkdir(parents=True, exist_ok=True)
    log, flat = made_log(folder)
    asked = questions(log)
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        # Root keeps its index in /var/cache whatever the environment says.
        os.environ["XDG_CACHE_HOME"] = cache
        missing = [tool for tool in ("jq", "ausearch", "journalctl") if not shutil.which(tool)]
        if EVENTS > MOST_FOR_PEERS:
            missing = ["all peers: too many events"]
            asked = {name: {"modgate": commands["modgate"]} for name, commands in asked.items()}
        else:
            if "jq" in missing:
                for commands in asked.values():
                    commands.pop("jq", None)
            if "ausearch" not in missing:
                add_ausearch(asked, audit_records(flat, folder))
            if "journalctl" not in missing:
                file = journal(flat, folder)
                if file:
                    add_journalctl(asked, file)
                else:
                    missing.append("journalctl: systemd-journal-remote")
        print(f"{EVENTS} events, {sum(file.stat().st_size for file in log.iterdir()) >> 20} MiB, {ROUNDS} rounds")
        if missing:
            print("left out, not installed here: " + ", ".join(missing))
        ask = [str(MODGATE), "log", "--from", str(log), "--user", USER, "-n", "1"]
        print(f"{'first question, with making the index':40} {take(ask) * 1000:10.1f} ms")
        for name, commands in asked.items():
            medians = measure(commands)
            own = medians["modgate"]
            text = "".join(f"   {peer} {time * 1000:.0f} ms ({time / own:.1f}x)"
                           for peer, time in medians.items() if peer != "modgate")
            print(f"{name:40} {own * 1000:10.1f} ms{text}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
