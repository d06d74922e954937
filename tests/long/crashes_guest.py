#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs inside the throwaway machine: every row of the table of crashes, as many rounds as asked for, in a new order
each time."""

import random
import sys

import crashes
from gate import Gate


def main() -> int:
    rounds = int(sys.argv[1])
    rows = crashes.rows_of(*crashes.TABLE)
    for number in range(1, rounds + 1):
        random.shuffle(rows)
        for at, (step, process) in enumerate(rows):
            gate = Gate()
            name = f"{process} at {step}, round {number}"
            try:
                crashes.crash_all(gate, [(step, process)], first=at)
                print(f"PASS crash {name}", flush=True)
            except Exception as error:
                print(f"FAIL crash {name}: {str(error)[:1000]}", flush=True)
                gate.root("systemctl restart modgate.service", check=False)
                gate.root("rmmod gate_slow_init", check=False)
            gate.close()
    return 0


sys.exit(main())
