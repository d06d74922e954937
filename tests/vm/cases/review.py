# SPDX-License-Identifier: Apache-2.0
"""The audit log read by those who review it, and by those it is about."""

import csv
import hashlib
import io
import json

from gate import case
from policies import TRUSTING, own


def two_requests(gate):
    """alice's, allowed, and bob's, denied."""
    gate.policy(TRUSTING)
    gate.unload("dummy", "veth")
    assert gate.run("alice", "modgate load dummy -r '=1+1'").status == 0
    assert gate.run("bob", "modgate load dummy").status == 3


def lines_of(gate):
    return gate.root(["sh", "-c", "cat /var/log/modgate/*.jsonl"]).stdout.splitlines()


@case(timeout=60)
def test_the_auditor_asks_for_anything_and_others_see_their_own(gate):
    two_requests(gate)
    olivia, alice = gate.login("olivia"), gate.login("alice")
    found = olivia.run(["modgate", "--json", "log", "--where", "outcome = denied and not user ~ al*", "-n", "1"]).json()
    assert [event["actor"]["user"]["name"] for event in found] == ["bob"], found
    groups = olivia.run("modgate --json log --since -1h --group-by user,outcome").json()
    assert {"user": "bob", "outcome": "denied"} in [one["group"] for one in groups], groups
    rows = list(csv.DictReader(io.StringIO(olivia.run("modgate log --user alice --csv").stdout)))
    # What alice typed as a reason is no formula in a spreadsheet.
    assert rows[-1]["reason"] == "'=1+1" and rows[-1]["module"] == "dummy", rows[-1]
    assert json.loads(olivia.run("modgate log -n 1 --ecs").stdout)["event"]["module"] == "modgate"
    assert json.loads(olivia.run("modgate log -n 1 --ocsf 1.1").stdout)["metadata"]["version"] == "1.1.0"

    mine = alice.run("modgate --json log --where 'uid >= 0'")
    assert mine.status == 0 and {event["actor"]["user"]["uid"] for event in mine.json()} == {"1000"}, mine
    others = alice.run("modgate --json log --where 'user = bob'")
    assert others.status == 0 and others.stdout == "", others
    assert alice.run("modgate log --from /var/log/modgate").status == 1
    assert alice.run("modgate log --cursor /tmp/alice.cursor").status == 3
    wrong = olivia.run("modgate log --where 'user = alice or'")
    assert wrong.status == 2 and "column 16" in wrong.stderr, wrong

    cursor = "modgate --json log --cursor /tmp/olivia.cursor"
    assert olivia.run(cursor).stdout.splitlines() == lines_of(gate), "the whole log"
    again = olivia.run(cursor)
    assert again.status == 0 and again.stdout == "", again
    gate.run("bob", "modgate load veth", timeout=20)
    more = olivia.run(cursor, timeout=20)
    assert more.stdout.splitlines() == lines_of(gate)[-1:], more


@case(timeout=60)
def test_who_has_a_module_loaded(gate):
    two_requests(gate)
    gate.root("modprobe veth")
    who = gate.run("olivia", "modgate --json log who dummy").json()[0]["who"]
    assert who["gate"] and who["user"] == "alice" and who["file_now"] == "same" and who["rule"], who
    assert gate.run("olivia", "modgate --json log who veth").json()[0]["who"]["gate"] is False
    assert "alice (uid 1000)" in gate.run("alice", "modgate log who dummy").stdout
    bobs = gate.run("bob", "modgate log who dummy")
    assert bobs.status == 0 and "alice" not in bobs.stdout, bobs
    assert gate.run("alice", "modgate unload dummy").status == 0
    gone = gate.run("olivia", "modgate log who dummy")
    assert gone.status == 1 and "alice (uid 1000) unloaded it" in gone.stdout, gone


@case(timeout=60)
def test_a_report_in_three_forms(gate):
    two_requests(gate)
    olivia = gate.login("olivia")
    assert "refused" in olivia.run("modgate report --since -1h").stdout
    report = olivia.run("modgate --json report").json()[0]["report"]
    assert report["refused"] >= 1 and "bob" in [row["user"] for row in report["persons"]], report["persons"]
    assert olivia.run("modgate report --html /tmp/report.html").status == 0
    page = gate.root("cat /tmp/report.html").stdout
    assert page.startswith("<!DOCTYPE html>") and "bob" in page
    mine = gate.run("alice", "modgate --json report").json()[0]["report"]
    assert {row["uid"] for row in mine["persons"]} == {"1000"}, mine["persons"]


@case(timeout=60)
def test_an_auditor_signs_off_the_log_and_others_do_not(gate):
    two_requests(gate)
    before = lines_of(gate)
    done = gate.run("olivia", "modgate --json log sign-off -r 'week 48'")
    assert done.status == 0, done
    event = gate.log()[-1]
    said = own(event)
    last = json.loads(before[-1])["metadata"]["sequence"]
    assert done.json()[0]["sign_off"]["up_to"] == last == said["up_to"], (done, said)
    assert said["kind"] == "sign_off" and said["reason"] == "week 48" and event["actor"]["user"]["name"] == "olivia", event
    assert said["up_to_line"] == hashlib.sha256(before[-1].encode()).hexdigest(), said
    assert "olivia has read the log up to" in gate.run("olivia", "modgate log -n 1").stdout
    count = len(gate.log())
    for user, words, status in (("alice", "--up-to 1", 3), ("alice", "", 3), ("olivia", "--up-to 4000000", 1)):
        denied = gate.run(user, "modgate log sign-off " + words)
        assert denied.status == status, (words, denied)
    # Who may not read the log, or names what is not there, is told so before the helper is asked.
    refused = gate.log()[count:]
    assert [own(event)["outcome"] for event in refused] == ["denied"], refused
    assert own(refused[0])["kind"] == "sign_off" and refused[0]["actor"]["user"]["name"] == "alice", refused
    assert gate.root("modgate log verify").status == 0
