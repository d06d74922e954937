"""Runs inside the machine: the cases that the host chose, each in a process of its own, one after
another; or one script. Reports on the second serial line."""

import base64
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE / "cases")]

from gate import Gate, Skip  # noqa: E402
from report import Report  # noqa: E402
from state import State  # noqa: E402

DETAIL_LINES = 60


def load(name: str):
    """The function of `file.test_function`, and how long it may take."""
    module, function = name.split(".")
    found = getattr(importlib.import_module(module), function)
    return found, getattr(found, "timeout", 90)


def play(function, out: int) -> None:
    """In the child: runs the case and writes [outcome, reason, details]."""
    gate = Gate()
    try:
        function(gate)
        answer = ["pass", "", ""]
    except Skip as skip:
        answer = ["skip", str(skip), ""]
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in place if "/cases/" in frame.filename] or place
        said = str(error) or own[-1].line
        kind = "" if isinstance(error, AssertionError) else type(error).__name__ + ": "
        reason = f"{kind}{said.splitlines()[0]} ({Path(own[-1].filename).name}:{own[-1].lineno})"
        answer = ["fail", reason, traceback.format_exc()]
    with os.fdopen(out, "w") as pipe:
        json.dump(answer, pipe)
    gate.close()


def watch(function, timeout: float) -> list:
    """Runs the case in a child, which is killed with its children when its time is over."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        os.setpgid(0, 0)
        try:
            play(function, write)
        finally:
            os._exit(0)
    os.close(write)
    answer, end = b"", time.monotonic() + timeout
    while True:
        ready, _, _ = select.select([read], [], [], max(0, end - time.monotonic()))
        if not ready:
            answer = None
            break
        data = os.read(read, 65536)
        if not data:
            break
        answer += data
    os.close(read)
    if answer is None or not settle(pid, 5):
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        settle(pid, 2)  # one that hangs in the kernel stays
    if answer is None:
        return ["fail", f"timed out after {timeout:g} s", ""]
    return json.loads(answer) if answer else ["fail", "its process died", ""]


def settle(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return True
        time.sleep(0.01)
    return False


def journal(since: float) -> str:
    """What the system wrote meanwhile."""
    done = subprocess.run(["journalctl", "--quiet", "--no-pager", "--output=short-monotonic",
                           f"--since=@{since:.3f}", f"--lines={DETAIL_LINES}"],
                          capture_output=True, text=True, errors="replace")
    return done.stdout


def run_cases(report: Report, names: list) -> None:
    state = State()
    for name in names:
        began, since = time.monotonic(), time.time()
        try:
            function, timeout = load(name)
        except Exception:
            report.send("start", case=name, timeout=10)
            report.send("end", case=name, outcome="fail", reason="cannot be loaded",
                        details=traceback.format_exc(), seconds=0)
            continue
        report.send("start", case=name, timeout=timeout)
        outcome, reason, details = watch(function, timeout)
        seconds = time.monotonic() - began
        complaints = state.restore()
        if complaints and outcome != "fail":
            outcome, reason = "fail", "; ".join(complaints)
        if outcome == "fail":
            details += "\n" + journal(since)
        report.send("end", case=name, outcome=outcome, reason=reason, details=details, seconds=seconds)


def send_log(report: Report) -> None:
    """What all the cases left in the audit log; the host holds it against the schemas."""
    segments = sorted(Path("/var/log/modgate").glob("*.jsonl"))
    if segments:
        log = zlib.compress(b"".join(segment.read_bytes() for segment in segments))
        report.send("log", data=base64.b64encode(log).decode())


def run_script(report: Report, script: str, words: list) -> int:
    """Runs one script, its output going to the host as it comes."""
    environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8",
                   "HOME": "/root"}
    child = subprocess.Popen([HERE / "cases" / script, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env=environment, cwd="/")
    while data := os.read(child.stdout.fileno(), 65536):
        report.send("output", text=data.decode(errors="replace"))
    return child.wait()


def main() -> None:
    report = Report()
    job = json.loads((HERE / "job.json").read_text())
    report.send("ready", uptime=float(Path("/proc/uptime").read_text().split()[0]))
    status = 0
    if "script" in job:
        status = run_script(report, job["script"], job["words"])
    else:
        run_cases(report, job["cases"])
        send_log(report)
    report.send("done", status=status)
    report.close()


main()
