"""Two lanes at once: what computes, and what waits for the throwaway machines most of its time."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from count import Count, of_total
from steps import LOGS, say

NICER = 5


@dataclass
class Lane:
    """A program that runs tiers and ends with a line that counts them; its output is kept until it is asked for."""

    command: list
    log: str

    def begin(self) -> "Lane":
        LOGS.mkdir(parents=True, exist_ok=True)
        self.output = open(LOGS / f"{self.log}.log", "w+b")
        self.process = subprocess.Popen([str(word) for word in self.command], stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=subprocess.STDOUT)
        return self

    def end(self) -> Count:
        status = self.process.wait()
        self.output.seek(0)
        text = self.output.read().decode(errors="replace")
        self.output.close()
        *lines, _ = text.splitlines() or [""]
        print("\n".join(lines), flush=True)
        return of_total(text, status)


def side_by_side(here: Callable[[], Count], beside: Lane) -> Count:
    """`here` runs in this process, whose output is seen at once; that of the lane beside it follows."""
    beside.begin()
    # machines have deadlines to keep, compilers do not
    os.nice(NICER)
    count = here()
    say(f"waiting for the {beside.log}")
    return count + beside.end()
