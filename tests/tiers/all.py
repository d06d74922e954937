"""Runs the tiers of tests and adds them up."""

import argparse
import sys

import runners
from steps import nothing_typed


def main() -> int:
    tiers = {"unit": runners.unit, "fuzz": runners.fuzz, "vm": runners.vm, "smoke": runners.smoke}
    parser = argparse.ArgumentParser(prog="tests/all", description=__doc__)
    parser.add_argument("tier", nargs="?", choices=tiers, help="only this one")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="vm: only cases whose name contains this")
    parser.add_argument("--seconds", type=int, default=10, help="fuzz: seconds for each fuzzer (%(default)s)")
    options = parser.parse_args()
    nothing_typed()
    return runners.add_up(tiers, [options.tier] if options.tier else list(tiers), options)


sys.exit(main())
