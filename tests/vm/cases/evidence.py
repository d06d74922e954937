# SPDX-License-Identifier: Apache-2.0
"""The evidence of the audit log on a whole system: its key, its checkpoints, and what `log verify` finds."""

import glob
import json
import os
from contextlib import contextmanager
from pathlib import Path

from gate import LOGS, case
from policies import TRUSTING, events, own

KEY = "/var/lib/modgate/log.key"
VKEY = "/etc/modgate/log.vkey"
LOG = Path("/var/log/modgate")

# What may be loaded once a witness has acknowledged it; nobody carries anything to this one.
ANCHORED = """
[[witness]]
name = "audit.example.org/w1"
url = "https://audit.example.org/w1"
key = "audit.example.org/w1+2f48c01d+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

[defaults]
authenticate = false

[role.dev]
members = ["alice"]
[[role.dev.allow]]
modules = ["dummy"]
anchor = "before-load"
[[role.dev.allow]]
modules = ["veth"]
"""


def head(gate):
    (told,) = gate.root("modgate --json log head").json()
    return told["head"]


def verify(gate, *options, user=None):
    argv = ["modgate", "--json", "log", "verify", *options]
    done = gate.run(user, argv) if user else gate.root(argv, check=False)
    (told,) = done.json()
    assert (done.status == 0) == told["verify"]["whole"], done
    return told["verify"]


@contextmanager
def nobody_writing(gate):
    """The gate stands still; afterwards the log is as it was."""
    gate.root("systemctl stop modgate.socket modgate.service")
    files = [Path(name) for name in glob.glob(f"{LOG}/*")]
    before = {file: file.read_bytes() for file in files}
    try:
        yield
    finally:
        for file, content in before.items():
            with open(file, "r+b") as opened:
                opened.truncate()
                opened.write(content)
        gate.root("systemctl start modgate.socket")


def stat(gate, *paths):
    return gate.root(["stat", "-c", "%a %U %G", *paths]).stdout.split("\n")[:-1]


def test_the_key_is_made_at_first_start_and_is_the_recorders_alone(gate):
    gate.policy(TRUSTING)
    gate.restart()
    assert stat(gate, KEY, VKEY) == ["400 modgate-audit modgate-audit", "644 root root"]
    assert stat(gate, str(LOG / "checkpoint"), str(LOG / "tree")) == ["640 modgate-audit modgate-audit"] * 2
    key, vkey = Path(KEY).read_bytes(), Path(VKEY).read_bytes()
    assert key.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    gate.restart()
    gate.root("modgated --make-log-key")
    assert (Path(KEY).read_bytes(), Path(VKEY).read_bytes()) == (key, vkey)

    # Nobody else of the house, and no reviewer.
    for words in ("-u modgate", "-u modgate-front -g modgate-audit", "-u modgate-inspect", "-u olivia", "-u alice"):
        assert gate.root(f"runuser {words} -- cat {KEY}", check=False).status != 0, words
    # Nobody holds it open, the recorder neither.
    assert gate.run("alice", "modgate load dummy").status == 0
    held = [link for link in glob.glob("/proc/[0-9]*/fd/*") if os.path.islink(link) and
            os.path.realpath(link) == KEY]
    assert held == []


def test_half_a_key_starts_nothing(gate):
    gate.policy(TRUSTING)
    gate.restart()
    gate.root("systemctl stop modgate.service")
    os.rename(KEY, KEY + ".away")
    try:
        assert gate.root("systemctl start modgate.service", check=False).status != 0
        assert not os.path.exists(KEY)
    finally:
        os.rename(KEY + ".away", KEY)
        gate.root("systemctl reset-failed modgate.service")
    # The other half is brought back from its copy.
    vkey = Path(VKEY).read_bytes()
    os.unlink(VKEY)
    gate.restart()
    assert Path(VKEY).read_bytes() == vkey


def test_a_restart_goes_on_in_the_same_tree(gate):
    gate.policy(TRUSTING)
    gate.restart()
    first = head(gate)
    Path("/tmp/head").write_text(gate.root("modgate log head").stdout)
    assert gate.run("alice", "modgate load dummy").status == 0
    gate.restart()
    second = head(gate)
    assert second["records"] >= first["records"] + 4 and second["log"] == first["log"], (first, second)
    assert second["records"] == gate.log()[-1]["metadata"]["sequence"]
    told = verify(gate, "--checkpoint", "/tmp/head")
    assert told["whole"] and told["anchored"]["records"] == first["records"], told
    assert told["proven"]["records"] == second["records"], told


def test_one_record_is_proven_without_the_log(gate):
    gate.policy(TRUSTING)
    gate.restart()
    assert gate.run("alice", "modgate load dummy").status == 0
    record = gate.log()[-1]
    sequence = record["metadata"]["sequence"]
    proof = gate.run("olivia", f"modgate log prove {sequence}")
    assert proof.status == 0, proof
    Path("/tmp/one.tlog-proof").write_text(proof.stdout)
    # Who has the proof and the verification key needs no right to the log.
    (told,) = gate.run("bob", "modgate --json log verify-proof /tmp/one.tlog-proof").json()
    assert json.loads(told["proof"]["record"]) == record, told
    assert gate.run("bob", f"modgate log prove {sequence}").status == 1
    Path("/tmp/two.tlog-proof").write_text(proof.stdout.replace(f"index {sequence - 1}", f"index {sequence}"))
    assert gate.run("bob", "modgate log verify-proof /tmp/two.tlog-proof").status == 1
    assert verify(gate, user="olivia")["whole"]
    assert gate.run("bob", "modgate log verify").status == 1


def test_what_root_did_to_the_log_is_named(gate):
    gate.policy(TRUSTING)
    gate.restart()
    for _ in range(3):
        assert gate.run("alice", "modgate load no_such_module").status == 1
    gate.root("systemctl stop modgate.service")
    last = gate.log()[-1]["metadata"]["sequence"]
    segment = Path(sorted(glob.glob(LOGS))[-1])
    lines = segment.read_bytes().splitlines(keepends=True)
    with nobody_writing(gate):
        def broken_by(changed):
            with open(segment, "r+b") as opened:
                opened.truncate()
                opened.write(b"".join(changed))
            told = verify(gate)
            assert not told["whole"], told
            return told["broken"]["sequence"], told["broken"]["damage"]

        assert broken_by(lines[:-3] + [lines[-3].replace(b"no_such", b"so_much", 1)] + lines[-2:]) == (last - 2, "edited")
        assert broken_by(lines[:-2] + lines[-1:]) == (last - 1, "missing")
        assert broken_by(lines[:-1]) == (last, "shorter than a checkpoint")
        assert broken_by(lines[:-1] + [lines[-1][:-20]]) == (last, "torn")
        # The gate does not go on with a log that was cut off.
        assert broken_by(lines[:-1])[0] == last
        assert gate.root("systemctl start modgate.service", check=False).status != 0
    gate.root("systemctl reset-failed modgate.service", check=False)
    gate.restart()
    assert verify(gate)["whole"]


@case(timeout=90)
def test_without_a_witness_in_time_nothing_is_loaded(gate):
    gate.policy(ANCHORED)
    gate.restart()
    before = len(gate.log())
    (plan,) = gate.run("alice", "modgate --json plan load dummy").json()
    assert "anchor" in plan["plan"]["asks"], plan
    done = gate.run("alice", "modgate load dummy")
    assert done.status == 6 and "no witness has acknowledged" in done.stderr, done
    assert "dummy" not in gate.modules()
    intent, outcome = events(gate, before)
    assert own(intent)["kind"] == "intent" and own(intent)["anchor"] == "before-load", intent
    assert own(outcome)["kind"] == "outcome" and own(outcome)["outcome"] == "unavailable", outcome
    # What needs no witness goes on.
    assert gate.run("alice", "modgate load veth").status == 0


def test_the_couriers_socket_is_the_couriers(gate):
    gate.policy(ANCHORED)
    gate.restart()
    assert stat(gate, "/run/modgate/courier.sock") == ["660 root modgate-courier"]
    hello = ("import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(10); "
             "s.connect('/run/modgate/courier.sock'); print(s.recv(65536).decode())")
    done = gate.root(["runuser", "-u", "modgate-courier", "--", "python3", "-c", hello])
    assert "what=witnesses" in done.stdout and "audit.example.org/w1" in done.stdout, done
    assert gate.run("alice", ["python3", "-c", hello]).status != 0
    # Root may open the socket, and is not the courier: it is hung up on without a word.
    done = gate.root(["python3", "-c", hello])
    assert done.stdout.strip("\0\n") == "", done


def test_checkpoints_reach_the_kernels_audit(gate):
    gate.policy(TRUSTING)
    gate.restart()
    gate.root("auditd -s nochange")
    try:
        assert gate.run("alice", "modgate load dummy").status == 0
        gate.root("systemctl stop modgate.service")
        told = head(gate)
        wanted = f"seq={told['records']} root={told['root']}"
        gate.wait_until(lambda: wanted in gate.root("ausearch --input-logs -m TRUSTED_APP --raw", check=False).stdout,
                        what=wanted)
    finally:
        gate.root("pkill auditd", check=False)
