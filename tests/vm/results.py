"""Follows what the machine reports: progress, deadlines, the count."""

import base64
import json
import queue
import threading
import time
import zlib
from pathlib import Path

import machine
import ocsf

BOOT_SECONDS = 180
GRACE_SECONDS = 100  # beyond a case's own time, for the machine to clean up behind it


class Follower:
    def __init__(self, process, console: Path, deadline: float):
        self.process = process
        self.console = console
        self.end = time.monotonic() + deadline
        self.lines: queue.Queue = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def events(self):
        """Yields what the machine reports, until it is done; says in a last event why it stopped otherwise."""
        limit = time.monotonic() + BOOT_SECONDS
        waiting_for = f"the machine did not come up within {BOOT_SECONDS} s"
        while True:
            try:
                line = self.lines.get(timeout=max(0, min(limit, self.end) - time.monotonic()))
            except queue.Empty:
                overall = time.monotonic() >= self.end
                yield {"event": "lost", "reason": "the time for all of it is over" if overall else waiting_for}
                return
            if line is None:
                yield {"event": "lost", "reason": self.last_words()}
                return
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if not isinstance(event, dict) or "event" not in event:
                continue
            limit, waiting_for = self.end, ""
            if event["event"] == "start":
                limit = time.monotonic() + event["timeout"] + GRACE_SECONDS
                waiting_for = "the machine no longer answers"
            yield event
            if event["event"] == "done":
                return

    def last_words(self) -> str:
        """Why a machine that is off says it stopped."""
        lines = self.console.read_text(errors="replace").splitlines()
        for mark in ("Kernel panic", "BUG:", "Oops:", "vm: "):
            for line in lines:
                if mark in line:
                    return f"the machine stopped: {line.strip()}"
        return "the machine stopped" + (f": {lines[-1].strip()}" if lines else " before it said anything")

    def close(self) -> None:
        machine.stop(self.process)


def follow_cases(follower: Follower, names: list, say) -> bool:
    """Prints each case's result as it comes, then the count; True if all is well."""
    open_cases = list(names)
    count = {"pass": 0, "fail": 0, "skip": 0}
    running, done = None, False

    def settle_log(data: str) -> None:
        """One case more: the events of all others."""
        problems, how = ocsf.check(zlib.decompress(base64.b64decode(data)))
        count["fail" if problems else "pass"] += 1
        print(f"{'FAIL' if problems else 'PASS'} log.every_event_is_valid: {how}", flush=True)
        for problem in problems:
            print("    " + problem)

    def settle(name: str, outcome: str, reason: str, details: str = "", seconds: float = 0) -> None:
        open_cases.remove(name)
        count[outcome] += 1
        tail = f": {reason}" if reason else ""
        print(f"{outcome.upper()} {name}{tail} ({seconds:.1f} s)", flush=True)
        if outcome == "fail":
            for line in details.strip().splitlines():
                print("    " + line)

    for event in follower.events():
        kind = event["event"]
        if kind == "ready":
            say(f"the machine is up ({event['uptime']:.1f} s after its kernel started)")
        elif kind == "start":
            running = event["case"]
        elif kind == "end" and event["case"] in open_cases:
            settle(event["case"], event["outcome"], event["reason"], event["details"], event["seconds"])
            running = None
        elif kind == "log":
            settle_log(event["data"])
        elif kind == "lost":
            if running in open_cases:
                settle(running, "fail", event["reason"])
            else:
                say(event["reason"])
        elif kind == "done":
            done = True
    for name in list(open_cases):
        settle(name, "fail", "never reported")
    print(f"vm: {count['pass']} passed, {count['fail']} failed, {count['skip']} skipped", flush=True)
    return done and count["fail"] == 0 and sum(count.values()) > 0


def follow_script(follower: Follower, say) -> int:
    """Prints what the script prints, and returns its status."""
    for event in follower.events():
        if event["event"] == "ready":
            say(f"the machine is up ({event['uptime']:.1f} s after its kernel started)")
        elif event["event"] == "output":
            print(event["text"], end="", flush=True)
        elif event["event"] == "done":
            return event["status"]
        elif event["event"] == "lost":
            say(event["reason"])
    return 1
