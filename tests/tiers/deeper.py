"""Runners of tests/long that look at the tests themselves, or run them on other instruments."""

import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import builds
from count import DID_NOT_RUN, Count
from steps import BUILD, LOGS, PROJECT, say, step

AT_ONCE = 2
# Lines of these rooms that tests run, at least.
COVERED_PERCENT = 90
COVERED_ROOMS = ("gate/policy", "gate/wire", "gate/confine", "gate/module", "gate/audit", "pam")
# Counters live in a file that is mapped, so that those of a child count whatever ends it: a signal, _exit(2), a filter
# that lets it write nothing.
COUNTERS = "-O0 -g0 -fprofile-instr-generate -fcoverage-mapping -mllvm -runtime-counter-relocation"
# What has more than one thread: the witness, the courier, verification of a log.
THREADED = ("unit_witness", "component_witness", "component_courier", "component_audit")
# What a caller runs, and what reads answers in it.
CLIENT = ("unit_client", "component_client", "unit_wire", "component_wire", "unit_cli")
# GCC analyses C; of C++ it can follow what looks like it. Of these it says the same for every std::string.
ANALYZER = ["-fanalyzer", "-Wno-analyzer-use-of-uninitialized-value", "-Wno-analyzer-null-dereference",
            "-Wno-analyzer-possible-null-dereference"]
ANALYZED_ROOMS = ("gate/confine", "gate/identity", "gate/wire", "gate/config", "pam")


def coverage(options) -> Count:
    """Which lines of the rooms that decide, confine and parse the unit and component tests run."""
    folder = builds.build(builds.own(), "coverage", "-DCMAKE_CXX_COMPILER=clang++", "-DCMAKE_BUILD_TYPE=Coverage",
                          f"-DCMAKE_CXX_FLAGS_COVERAGE={COUNTERS}", "-DBUILD_TESTING=ON", "-DMODGATE_STATIC_CLIENT=OFF")
    if not folder:
        return DID_NOT_RUN
    programs = [path for kind in ("unit", "component") for path in sorted((folder / "tests").glob(f"{kind}_*"))
                if path.is_file() and os.access(path, os.X_OK)]
    profiles = folder / "profiles"
    shutil.rmtree(profiles, ignore_errors=True)
    profiles.mkdir()
    say(f"running {len(programs)} programs of tests")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        failed = [name for name in pool.map(lambda program: run_counted(program, profiles), programs) if name]
    rooms = covered_lines(programs, profiles, folder / "all.profdata")
    for room, (covered, lines) in sorted(rooms.items()):
        say(f"{room:18} {covered:5} of {lines:5} lines: {100 * covered / lines:5.1f} %")
    too_few = [room for room in COVERED_ROOMS
               if room not in rooms or 100 * rooms[room][0] < COVERED_PERCENT * rooms[room][1]]
    say(f"below {COVERED_PERCENT} %: {', '.join(too_few) or 'none'}; tests that failed: {', '.join(failed) or 'none'}")
    return Count(passed=len(COVERED_ROOMS) - len(too_few), failed=len(too_few) + len(failed))


def run_counted(program: Path, profiles: Path) -> str:
    """The name of the program if its tests failed."""
    with open(LOGS / f"coverage-{program.name}.log", "wb") as log:
        done = subprocess.run([program], cwd=program.parent, stdin=subprocess.DEVNULL, stdout=log,
                              stderr=subprocess.STDOUT, timeout=1200,
                              env={**os.environ, "LLVM_PROFILE_FILE": str(profiles / f"{program.name}-%p%c.profraw")})
    return program.name if done.returncode != 0 else ""


def covered_lines(programs: list, profiles: Path, merged: Path) -> dict:
    """Room → lines that were run, lines there are."""
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-failure-mode=all", "-o", merged, profiles], check=True,
                   stdout=subprocess.DEVNULL)
    objects = [word for program in programs[1:] for word in ("-object", program)]
    found = subprocess.run(["llvm-cov", "export", "-summary-only", f"-instr-profile={merged}", programs[0], *objects],
                           check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    rooms: dict[str, tuple[int, int]] = {}
    for file in json.loads(found)["data"][0]["files"]:
        path = Path(file["filename"])
        if not path.is_relative_to(PROJECT) or path.relative_to(PROJECT).parts[0] not in ("gate", "pam"):
            continue
        room = str(path.relative_to(PROJECT).parent)
        covered, lines = rooms.get(room, (0, 0))
        count = file["summary"]["lines"]
        rooms[room] = covered + count["covered"], lines + count["count"]
    return rooms


def threads(options) -> Count:
    """What has threads, under ThreadSanitizer."""
    folder = builds.configured(builds.own(), "threads", "-DCMAKE_BUILD_TYPE=Debug", "-DBUILD_TESTING=ON",
                               "-DCMAKE_CXX_FLAGS=-fsanitize=thread -Wno-error=tsan", "-DMODGATE_STATIC_CLIENT=OFF")
    # At fixed addresses: the sanitizer has places of its own, which a kernel that chooses among many may take.
    return run_each(folder, THREADED, ["setarch", "--addr-no-randomize"],
                    TSAN_OPTIONS="halt_on_error=1:exitcode=66")


def valgrind(options) -> Count:
    """The client's tests under memcheck, as it is shipped; where Debian's valgrind and libc6-dbg are installed."""
    if not shutil.which("valgrind"):
        say("valgrind is not installed")
        return Count(skipped=1)
    folder = builds.configured(builds.own(), "plain", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DBUILD_TESTING=ON")
    return run_each(folder, CLIENT, ["valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full",
                                     "--errors-for-leak-kinds=definite", "--child-silent-after-fork=yes"])


def run_each(folder: Path | None, programs: tuple, instrument: list, **environment) -> Count:
    if not folder or not step(f"building what is to run under {instrument[0]}", f"{folder.name}-tests-build",
                              ["cmake", "--build", folder, "--target", *programs]):
        return DID_NOT_RUN
    passed = [step(f"{program} under {folder.name}", f"{folder.name}-{program}",
                   [*instrument, folder / "tests" / program], **environment) for program in programs]
    return Count(passed=sum(passed), failed=len(passed) - sum(passed))


def analyzer(options) -> Count:
    """GCC's analyzer over the rooms whose code is nearest to C."""
    sources = [path for room in ANALYZED_ROOMS for path in sorted((PROJECT / room).glob("*.cpp"))]
    say(f"running GCC's analyzer over {len(sources)} sources")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        findings = [text for text in pool.map(analyze_one, sources) if text]
    print("".join(findings), end="", flush=True)
    return Count(passed=len(sources) - len(findings), failed=len(findings))


def analyze_one(source: Path) -> str:
    done = subprocess.run(["g++", "-std=c++20", "-O1", "-Werror", "-D_GNU_SOURCE", "-Iinclude", "-I.", *ANALYZER, "-c",
                           source, "-o", "/dev/null"], cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.stdout if done.returncode != 0 else ""
