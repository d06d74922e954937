#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs inside the throwaway machine: the floods of the cases with thousands, and what takes minutes."""

import sys
import time

import floods
from gate import Gate


def wrong_passwords(gate):
    with floods.crowd() as uids, floods.undisturbed(gate):
        # two of each request's three are wrong
        floods.wrong_passwords(gate, uids[:8], 625)


def only_guesses(gate):
    floods.eight_users_who_only_guess(gate, 60)


FLOODS = {
    "10,000 half-open connections and 16 descriptors": lambda gate: floods.half_open(gate, 10_000, descriptors=16),
    "10,000 half-open connections": lambda gate: floods.half_open(gate, 10_000),
    "10,000 connections of one uid": lambda gate: floods.flood_of_connections(gate, 10_000),
    "10,000 denials": lambda gate: floods.flood_of_denials(gate, 10_000),
    "10,000 wrong passwords by 8 users at once": wrong_passwords,
    "8 users who only guess for a minute": only_guesses,
    "an init that takes longer than a request may": floods.init_that_takes_too_long,
}


def main() -> int:
    for name, flood in FLOODS.items():
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        gate, began = Gate(), time.monotonic()
        try:
            flood(gate)
            print(f"PASS flood {name} ({time.monotonic() - began:.0f} s)", flush=True)
        except Exception as error:
            print(f"FAIL flood {name}: {type(error).__name__}: {str(error)[:1000]}", flush=True)
            gate.root("systemctl restart modgate.service", check=False)
        gate.close()
    return 0


sys.exit(main())
