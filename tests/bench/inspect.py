#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reading, hashing and verifying the largest module, beside `sha256sum` of the same file.

    inspect.py PROGRAM IMAGE ROUNDS

PROGRAM is tests/bench/inspect_module.cpp, IMAGE the folder of the throwaway machine's image. Both are
run in turn, ROUNDS times each, as whole processes; the median of all is printed, and the median of the
work alone, without the start of a process. Exits 1 where a bound is missed.
"""
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

MOST_RATIO = 2.5
MOST_BESIDE = 16 << 20


def timed(*command) -> tuple:
    began = time.monotonic()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    took = time.monotonic() - began
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stderr}")
    return took, done.stdout


def figures(program: Path, kernel: Path, module: Path, rounds: int) -> bool:
    ours, work, theirs, nothing, peaks, found = [], [], [], [], [], {}
    for _ in range(rounds):
        took, text = timed("sha256sum", module)
        theirs.append(took)
        took, answer = timed(program, module, kernel)
        found = json.loads(answer)
        if found["sha256"] != text.split()[0] or not found["verified"]:
            sys.exit(f"{module}: not what sha256sum says, or not verified: {found}")
        ours.append(took)
        work.append(found["seconds"])
        peaks.append(found["peak_bytes"])
        nothing.append(timed("true")[0])
    ratio = statistics.median(ours) / statistics.median(theirs)
    beside = max(peaks) - found["size"]
    print(f"{module.name}: {found['size'] / 1e6:.2f} MB, medians of {rounds} runs in turn")
    print(f"  read, hash, examine and verify  {statistics.median(ours) * 1e3:7.2f} ms   "
          f"(work alone {statistics.median(work) * 1e3:.2f} ms)")
    print(f"  sha256sum                       {statistics.median(theirs) * 1e3:7.2f} ms   "
          f"(`true` {statistics.median(nothing) * 1e3:.2f} ms)")
    print(f"  ratio                           {ratio:7.2f}      at most {MOST_RATIO}")
    print(f"  peak memory                     {max(peaks) / 2**20:7.2f} MiB, {beside / 2**20:.2f} MiB "
          f"beside the module; at most {MOST_BESIDE >> 20} MiB")
    return ratio <= MOST_RATIO and beside <= MOST_BESIDE


def main() -> int:
    program, image, rounds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    modules = [path for path in (image / "modules").rglob("*.ko*") if path.is_file()]
    module = max(modules, key=lambda path: path.stat().st_size)
    certificates = image.parent / f"{image.name}.certificates"
    timed(program, "--certificates", image / "vmlinuz", certificates)
    try:
        return 0 if figures(program, certificates, module, rounds) else 1
    finally:
        certificates.unlink()


sys.exit(main())
