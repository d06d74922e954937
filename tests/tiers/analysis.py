"""What can be said of the sources without running them: cppcheck and clang-tidy over the whole product."""

import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import builds
from count import DID_NOT_RUN, Count
from steps import LOGS, say, step

AT_ONCE = 2
ROOMS = ["gate", "pam"]
CPPCHECK = ["cppcheck", "--enable=warning,performance,portability", f"-j{AT_ONCE}", "--std=c++20", "--language=c++",
            "--quiet", "--inline-suppr", "--error-exitcode=1", "-I", "include", "-I", ".",
            # headers of the system are the compiler's to judge
            "--suppress=missingIncludeSystem",
            # a copy of a name or a path is handed out on purpose: it outlives what it was made from
            "--suppress=returnByReference",
            *ROOMS]
# Sources of a room analysed together: headers are read, and looked at, once instead of up to forty times.
TOGETHER = builds.together(40)
# Only what analysing them together makes.
NOT_ABOUT_US = "-bugprone-suspicious-include"
# What follows paths through the code takes several times as long.
ALL_OF_IT = f"{NOT_ABOUT_US},clang-analyzer-*,portability-*,concurrency-*,-concurrency-mt-unsafe"


def cppcheck() -> Count:
    return Count(passed=1) if step("running cppcheck", "cppcheck", CPPCHECK) else Count(failed=1)


def clang_tidy(checks: str = NOT_ABOUT_US) -> Count:
    """The checks of .clang-tidy, changed by `checks`."""
    folder = builds.configured(builds.own(), "static", "-DCMAKE_CXX_COMPILER=clang++", "-DCMAKE_BUILD_TYPE=Debug",
                               "-DBUILD_TESTING=OFF", "-DMODGATE_STATIC_CLIENT=OFF", *TOGETHER)
    if not folder:
        return DID_NOT_RUN
    sources = units(folder)
    say(f"running clang-tidy over {len(sources)} units")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        reports = list(pool.map(lambda source: tidy_one(folder, source, checks), sources))
    (LOGS / "clang-tidy.log").write_text("".join(text for _, text in reports))
    failed = [text for status, text in reports if status != 0]
    print("".join(failed), end="", flush=True)
    say(f"clang-tidy: {len(failed)} of {len(sources)} units have findings")
    return Count(passed=1) if sources and not failed else Count(failed=1)


def units(folder: Path) -> list[str]:
    """What the compiler is called for in the rooms, the longest first."""
    calls = json.loads((folder / "compile_commands.json").read_text())
    files = {call["file"] for call in calls if re.search(r" -o (gate|pam)/", call["command"])}
    return sorted(files, key=weight, reverse=True)


def weight(unit: str) -> int:
    text = Path(unit).read_text()
    return sum(Path(source).stat().st_size for source in re.findall(r'^#include "(/.*\.cpp)"', text, re.M)) or len(text)


def tidy_one(folder: Path, unit: str, checks: str) -> tuple[int, str]:
    done = subprocess.run(["clang-tidy", "-p", folder, "--quiet", f"--checks={checks}", unit],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          errors="replace")
    return done.returncode, done.stdout
