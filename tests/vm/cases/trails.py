# SPDX-License-Identifier: Apache-2.0
"""What others hear of a decision: the kernel's audit and the journal."""

import json
from contextlib import contextmanager

from gate import case
from policies import TRUSTING, own

NASTY = 'JIRA-7 "; acct="root" \x1b[31m'


@contextmanager
def auditd(gate):
    gate.root("auditctl -a always,exit -F arch=b64 -S finit_module,delete_module -F auid>=1000 -F auid!=unset -k modules")
    gate.root("auditd -s nochange")
    try:
        yield
    finally:
        gate.root("pkill auditd")
        gate.root("auditctl -D")


def search(gate, words):
    """What ausearch finds, once it finds anything."""
    command = f"ausearch --input-logs {words}"
    gate.wait_until(lambda: gate.root(command, check=False).status == 0, what=command)
    return gate.root(command).stdout


@case(timeout=60)
def test_kernel_audit_finds_the_load_and_the_decision(gate):
    gate.policy(TRUSTING)
    with auditd(gate):
        assert gate.run("alice", ["modgate", "load", "dummy", "-r", NASTY]).status == 0
        record = own_record(gate)
        assert gate.run("bob", "modgate load veth").status == 3
        # By name, by login uid, and by the rule of the usual guides.
        for words in ("-m KERN_MODULE -ul alice", "-m KERN_MODULE -ul 1000", "-m KERN_MODULE -k modules"):
            found = search(gate, words)
            assert 'name="dummy"' in found and "auid=1000" in found, found
        allowed = search(gate, "-m USER_DEVICE -sv yes -i")
        for part in ("op=load-module", "device=dummy", "acct=alice", 'role="dev"', "policy.toml:", record, "res=success"):
            assert part in allowed, (part, allowed)
        # Earlier cases' decisions are found as well, root's among them.
        own = [line for line in allowed.splitlines() if record in line]
        assert own and not any("acct=root" in line for line in own), ("no reason passes for a field", own)
        denied = search(gate, "-m USER_DEVICE -sv no -i")
        for part in ("op=load-module", "device=veth", "acct=bob", 'rule="default"', "res=failed"):
            assert part in denied, (part, denied)


def own_record(gate):
    return gate.log()[-1]["metadata"]["correlation_uid"]


@case(timeout=60)
def test_where_kernel_audit_is_required_nothing_is_granted_without_it(gate):
    policy = TRUSTING.replace("[defaults]", '[defaults]\nlinux_audit = "required"')
    gate.policy(policy)
    assert gate.run("alice", "modgate load dummy").status == 0
    gate.root("auditctl -e 0")
    try:
        done = gate.run("alice", "modgate unload dummy")
        assert done.status == 6 and "audit is off" in done.stderr, done
        assert "dummy" in gate.modules()
        gate.policy(policy.replace("required", "on"))
        assert gate.run("alice", "modgate unload dummy").status == 0, "with \"on\" our own log is what counts"
    finally:
        gate.root("auditctl -e 1")


@case(timeout=60)
def test_the_journal_has_fields_and_a_catalogue(gate):
    gate.policy(TRUSTING)
    assert gate.run("alice", ["modgate", "load", "dummy", "-r", NASTY]).status == 0
    record = own_record(gate)
    found = f"journalctl -t modgated MODGATE_REQUEST_ID={record}"
    gate.wait_until(lambda: len(gate.root(f"{found} -o cat").stdout.splitlines()) == 2, what="two entries")
    intent, outcome = map(json.loads, gate.root(f"{found} -o json --all").stdout.splitlines())
    stored = [event for event in gate.log() if event["metadata"]["correlation_uid"] == record]
    for entry, event in zip((intent, outcome), stored):
        assert entry["MODGATE_USER"] == "alice" and entry["MODGATE_UID"] == entry["MODGATE_AUID"] == "1000", entry
        assert entry["MODGATE_MODULE"] == "dummy" and entry["MODGATE_ACTION"] == "load", entry
        assert entry["MODGATE_ROLE"] == "dev" and "policy.toml:" in entry["MODGATE_RULE"], entry
        assert entry["MODGATE_SHA256"] == own(event)["modules"][0]["sha256"], entry
        assert entry["MODGATE_SEQ"] == str(event["metadata"]["sequence"]), entry
        assert entry["MODGATE_PREV"] == own(event)["chain"]["prev"], entry
        assert entry["MESSAGE"] == event["message"] and entry["SYSLOG_IDENTIFIER"] == "modgated", entry
        reason = entry["MODGATE_REASON"]
        assert (reason if isinstance(reason, str) else bytes(reason).decode()) == own(event)["reason"], entry
    assert intent["MODGATE_HASH"] == outcome["MODGATE_PREV"], "the journal holds the chain as well"
    assert outcome["MODGATE_RESULT"] == "done" and "MODGATE_RESULT" not in intent
    assert intent["MESSAGE_ID"] != outcome["MESSAGE_ID"]
    gate.root("journalctl --update-catalog")
    explained = gate.root(f"{found} -x").stdout
    assert "the kernel is about to be asked" in explained and "load dummy done" in explained, explained
    assert gate.run("bob", "modgate load veth").status == 3
    gate.wait_until(lambda: gate.root("journalctl -t modgated MODGATE_RESULT=denied MODGATE_USER=bob -o cat").stdout,
                    what="the denial's entry")
