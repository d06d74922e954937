"""Long commands, each with a log of its own, a sign of life, and the time used."""

import os
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
BUILD = (PROJECT / os.environ.get("MODGATE_BUILD", "build")).absolute()
LOGS = BUILD / "logs"
BEGAN = time.monotonic()
SIGN_OF_LIFE_SECONDS = 20
TAIL_LINES = 60


def say(text: str) -> None:
    print(f"[{time.monotonic() - BEGAN:4.0f} s] {text}", flush=True)


def step(title: str, log: str, command: list, **environment) -> bool:
    """Runs a command to its end; its output goes to a log, whose end is shown if it fails."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    say(title)
    with open(path, "wb") as output:
        process = subprocess.Popen([str(word) for word in command], cwd=PROJECT, stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment})
        while True:
            try:
                status = process.wait(SIGN_OF_LIFE_SECONDS)
                break
            except subprocess.TimeoutExpired:
                say(f"  … {last_line(path)}")
    if status != 0:
        say(f"{title}: failed with status {status}; the end of {path}:")
        lines = path.read_text(errors="replace").splitlines()
        print("\n".join(["    " + line for line in lines[-TAIL_LINES:]]), flush=True)
    return status == 0


def last_line(path: Path) -> str:
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 2000))
        lines = file.read().decode(errors="replace").splitlines()
    return lines[-1].strip()[:100] if lines else ""


def nothing_typed() -> None:
    """Whoever runs this may have no terminal and no standard input."""
    sys.stdout.reconfigure(line_buffering=True, errors="replace")
