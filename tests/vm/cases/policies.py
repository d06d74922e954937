# SPDX-License-Identifier: Apache-2.0
"""Policies that several cases share."""

# alice may load and unload a few modules with her password.
WITH_PASSWORD = """
[[deny]]
modules = ["nf_tables", "kvm*"]
message = "ask the platform team"

[role.dev]
members = ["alice", "%netdev"]
[[role.dev.allow]]
modules = ["dummy", "veth", "vxlan", "gate_*"]
actions = ["load", "unload"]
params.dummy.numdummies = { int = [0, 8] }
params.gate_slow_init.milliseconds = { int = [0, 60000] }
params.gate_nested.ask = { match = "[a-z_]+" }
params.gate_busy.hold = { enum = ["0", "1"] }
"""

# The same without a password.
TRUSTING = "[defaults]\nauthenticate = false\n" + WITH_PASSWORD

ALICE = [("assword", "alice-pw")]


def events(gate, before):
    """The records about requests that came since `before`, which is len(gate.log()) of then; not those of the
    helper itself, its start and its policy."""
    return [event for event in gate.log()[before:] if event["class_uid"] in (1002, 3002)]


def own(event):
    return event["unmapped"]["modgate"]
