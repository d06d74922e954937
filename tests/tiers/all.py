"""Runs the tiers of tests and adds them up: those that compute, and beside them those of the throwaway machines."""

import argparse
import sys

import runners
from lanes import Lane, side_by_side
from steps import nothing_typed

MACHINES = "machines"
LANES = {MACHINES: ["vm", "smoke"], "here": ["unit", "static", "fuzz"]}


def main() -> int:
    tiers = {"unit": runners.unit, "static": runners.static, "fuzz": runners.fuzz, "vm": runners.vm,
             "smoke": runners.smoke}
    parser = argparse.ArgumentParser(prog="tests/all", description=__doc__)
    parser.add_argument("tier", nargs="?", choices=[*tiers, *LANES], help="only this one, or this lane of them")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="vm: only cases whose name contains this")
    parser.add_argument("--seconds", type=int, default=10, help="fuzz: seconds for each fuzzer (%(default)s)")
    options = parser.parse_args()
    nothing_typed()
    if options.tier:
        return runners.add_up(runners.each(tiers, LANES.get(options.tier, [options.tier]), options))
    machines = Lane([sys.executable, __file__, MACHINES], MACHINES)
    return runners.add_up(side_by_side(lambda: runners.each(tiers, LANES["here"], options), machines))


sys.exit(main())
