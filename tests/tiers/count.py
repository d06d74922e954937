"""Adds up what the runners report."""

import re
import xml.etree.ElementTree
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


DID_NOT_RUN = Count(failed=1)


def of_ctest(report: Path, expected: int) -> Count:
    """Counts a JUnit file of ctest. A test that could not run, or never reported, failed."""
    try:
        tests = list(xml.etree.ElementTree.parse(report).getroot().iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError):
        return Count(failed=max(1, expected))
    count = Count()
    for test in tests:
        status = test.get("status")
        why = test.find("skipped")
        message = (why.get("message") or "") if why is not None else ""
        if status == "run":
            count.passed += 1
        elif status == "disabled" or message.startswith("SKIP_"):
            count.skipped += 1
        else:
            count.failed += 1
    count.failed += max(0, expected - len(tests))
    return count if tests else DID_NOT_RUN


def of_total(output: str, status: int) -> Count:
    """Counts by the last line of a program that adds up tiers; a failure that is not in it is one more."""
    found = re.fullmatch(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", (output.splitlines() or [""])[-1])
    count = Count(*(int(number or 0) for number in found.groups())) if found else DID_NOT_RUN
    return count + DID_NOT_RUN if status != 0 and count.failed == 0 else count


def of_vm(output: str, status: int) -> Count:
    """Counts by the machine's last line; a failure that is not in it is one more."""
    found = re.findall(r"^vm: (\d+) passed, (\d+) failed, (\d+) skipped$", output, re.MULTILINE)
    if not found:
        return DID_NOT_RUN
    count = Count(*map(int, found[-1]))
    if status != 0 and count.failed == 0:
        count.failed = 1
    return count
