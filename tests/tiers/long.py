"""Runs what takes longer than the tests that every change has to pass."""

import argparse
import sys

import deeper
import runners
from steps import nothing_typed


def main() -> int:
    kinds = {"plain": runners.plain, "signatures": runners.signatures, "modules": runners.modules,
             "browser": runners.browser, "fuzz": runners.fuzz, "crashes": runners.crashes,
             "floods": runners.floods, "powercut": runners.powercut, "next-release": runners.next_release,
             "static": runners.static_whole, "coverage": deeper.coverage, "threads": deeper.threads,
             "valgrind": deeper.valgrind, "analyzer": deeper.analyzer}
    parser = argparse.ArgumentParser(prog="tests/long/run", description=__doc__)
    parser.add_argument("kind", nargs="*", metavar="KIND", help="only these: " + ", ".join(kinds))
    parser.add_argument("--seconds", type=int, default=60, help="fuzz: seconds for each fuzzer (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="crashes, powercut: how often (%(default)s)")
    options = parser.parse_args()
    if unknown := set(options.kind) - set(kinds):
        parser.error(f"there is no kind {', '.join(unknown)}")
    nothing_typed()
    return runners.add_up(runners.each(kinds, options.kind or list(kinds), options))


sys.exit(main())
