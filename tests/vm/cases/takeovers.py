# SPDX-License-Identifier: Apache-2.0
"""Processes outside the trusted base that somebody took over. They can do no more than ask, and lie about what is
theirs: the front asks as its caller, the inspector and the unpacker answer for the bytes that they were given, and
whatever they say the loader inserts only bytes with the digest that stands in the intent. The helper here is the
product's with a front, an inspector and an unpacker that do as a request or a module says (../faults)."""

import lzma
import os

from failing_inspectors import helper_with_faults, nothing_is_left
from gate import case
from handed_over import digest, module, place
from policies import events, own
from trouble import pids

UIDS = {"alice": "1000", "bob": "1001", "carol": "1002", "olivia": "1005"}
EVERYBODY = 'members = ["alice", "bob", "carol", "olivia"]'

FRONTS = f"""
[defaults]
authenticate = false
reason = false
[[deny]]
modules = ["nf_tables"]
[role.dev]
{EVERYBODY}
[[role.dev.allow]]
modules = ["dummy"]
actions = ["load", "unload"]
[[role.dev.allow]]
modules = ["gate_ok"]
authenticate = true
[[role.dev.allow]]
source = "file"
modules = ["dummy"]
unpinned = true
"""


def from_file(*rules):
    return f"[defaults]\nauthenticate = false\n[role.dev]\n{EVERYBODY}\n" + "".join(
        f'[[role.dev.allow]]\nsource = "file"\n{rule}\n' for rule in rules)


def asked(gate, user, front, module="dummy", **how):
    """A request whose front is taken over, the result, and what was recorded of it."""
    before = len(gate.log())
    done = gate.run(user, ["modgate", "--json", "load", "-r", f"modgate-test-front={front}", module], **how)
    nothing_is_left(gate)
    new = gate.log()[before:]
    requests = [e for e in new if e["class_uid"] in (1002, 3002)]
    assert all(e["actor"]["user"]["uid"] == UIDS[user] for e in requests), requests
    assert all(e["actor"]["user"]["name"] == user for e in requests), requests
    return done, requests, [e for e in new if own(e)["kind"] == "recovery"]


def kinds(requests):
    return [own(e)["kind"] for e in requests]


@case(timeout=120)
def test_a_front_can_only_ask_as_its_caller(gate):
    gate.policy(FRONTS)
    with helper_with_faults(gate) as listener:
        # An honest one first: the same request is done.
        done, requests, _ = asked(gate, "alice", "honest")
        assert done.status == 0 and kinds(requests) == ["intent", "outcome"], (done, requests)
        gate.unload("dummy")

        # Nothing in a request says who asks, and one that tries to ends without being heard.
        for user, front in (("alice", "uid"), ("bob", "user"), ("olivia", "descriptors"), ("carol", "nonsense")):
            done, requests, crashes = asked(gate, user, front)
            assert done.status == 6 and not requests, (front, done, requests)
            assert [e for e in crashes if f"uid {UIDS[user]} died" in e["message"]], (front, crashes)
            assert "dummy" not in gate.modules(), front

        # Another module than the caller asked for is judged by the caller's own rules.
        done, (refusal,), _ = asked(gate, "alice", "denied")
        assert done.status == 3 and own(refusal)["asked"] == "nf_tables", (done, refusal)
        assert "nf_tables" not in gate.modules()
        # What only a reviewer may ask is refused to it as to its caller.
        done, requests, _ = asked(gate, "bob", "another")
        assert done.status == 3 and "modgate-audit" in done.text, done
        # A descriptor of its own is no module.
        done, requests, _ = asked(gate, "olivia", "socket")
        assert done.status == 5 and kinds(requests) == ["refusal"], (done, requests)
        assert "no regular file" in done.text, done
        # A connection is one request: the second is not heard.
        done, requests, _ = asked(gate, "bob", "twice")
        assert kinds(requests) == ["intent", "outcome"] and "dummy" in gate.modules(), (done, requests)
        gate.unload("dummy")
        assert gate.run("alice", "modgate load dummy").status == 0, "everybody is served afterwards"
        assert pids("modgated") == [listener], "one helper all the time"


@case(timeout=60)
def test_a_front_skips_no_authentication(gate):
    """It says to the session and to the authenticator all that would mean that the password was right, and to the
    caller that it is done."""
    gate.policy(FRONTS)
    with helper_with_faults(gate):
        done, requests, _ = asked(gate, "carol", "accepted", module="gate_ok", tty="input", input="")
        assert "gate_ok" not in gate.modules(), done
        assert "intent" not in kinds(requests) and kinds(requests)[-1] == "refusal", requests
        assert own(requests[-1])["outcome"] == "unauthenticated", requests
        # It earned no ticket either.
        again = gate.run("carol", "modgate -n load gate_ok")
        assert again.status == 4 and "gate_ok" not in gate.modules(), again
        assert gate.run("carol", "modgate load gate_ok", answers=[("assword", "carol-pw")]).status == 0


def lying(gate, name, lie):
    return module(gate, name) + f"modgate-test-lie={lie}\0".encode()


def handed_over(gate, bytes_, name, user="alice", **how):
    """The result, and the digests and outcomes in the events about it."""
    path = place(bytes_, name)
    os.chmod(path, 0o644)
    os.chmod(os.path.dirname(path), 0o755)
    before = len(gate.log())
    done = gate.run(user, ["modgate", "--json", "load", path], **how)
    nothing_is_left(gate)
    return done, events(gate, before)


def digests(event):
    return [m["sha256"] for m in own(event)["modules"]]


@case(timeout=120)
def test_an_inspector_vouches_for_no_other_bytes(gate):
    """It says that other bytes have the digest that the rule pins. The intent says so too, and the loader, which
    computes it again, refuses them."""
    right = module(gate, "gate_ok")
    pinned = digest(right)
    gate.policy(from_file(f'modules = ["gate_ok"]\nsha256 = ["{pinned}"]'))
    with helper_with_faults(gate):
        other = lying(gate, "gate_ok", f"digest:{pinned}")
        done, (intent, outcome) = handed_over(gate, other, "gate_ok.ko")
        assert done.status in (1, 5) and "gate_ok" not in gate.modules(), done
        assert digests(intent) == [pinned] and own(outcome)["outcome"] in ("failed", "rejected"), (intent, outcome)
        # Its twin tells the truth: no pin holds, and nobody comes as far as the loader.
        done, (refusal,) = handed_over(gate, right + b"\0", "gate_ok.ko")
        assert done.status == 5 and own(refusal)["kind"] == "refusal", (done, refusal)
        # The right bytes are loaded.
        done, (intent, outcome) = handed_over(gate, right, "gate_ok.ko")
        assert done.status == 0 and digests(intent) == [pinned], done


@case(timeout=120)
def test_what_an_inspector_can_lie_about_is_its_own_module(gate):
    """A signer or a name that it invents is believed of its one module, whose true digest is in the record; the rules
    about all others hold."""
    signed = 'modules = ["gate_ok", "gate_needs"]\nsigner = ["kernel"]'
    gate.policy(from_file(signed) + '[[deny]]\nmodules = ["gate_ok"]\n')
    with helper_with_faults(gate):
        # It vouches for gate_needs, which needs a module that nobody may load.
        done, (refusal,) = handed_over(gate, lying(gate, "gate_needs", "signer"), "gate_needs.ko")
        assert done.status == 3 and not {"gate_ok", "gate_needs"} & gate.modules(), done
        gate.policy(from_file(signed))
        for name, lie, truth in (("gate_ok", "signer", "gate_ok"), ("gate_ok", "name", "gate_busy")):
            gate.policy(from_file(signed, 'modules = ["gate_ok"]\nunpinned = true'))
            bytes_ = lying(gate, truth, lie)
            done, seen = handed_over(gate, bytes_, f"{name}.ko")
            assert kinds(seen) == ["intent", "outcome"], (lie, done, seen)
            assert [digests(e) for e in seen] == [[digest(bytes_)]] * 2, (lie, "what was loaded is what is recorded")
            gate.unload(truth)


@case(timeout=90)
def test_a_module_of_the_tree_lies_about_those_examined_with_it(gate):
    """Modules of the tree that one plan needs share an inspector. What one makes it say of another's bytes leads no
    further than to the loader, which takes back what was loaded before."""
    gate.policy(f'[defaults]\nauthenticate = false\n[role.dev]\n{EVERYBODY}\n[[role.dev.allow]]\n'
                'modules = ["gate_ok", "gate_needs"]\n')
    file = gate.module_file("gate_ok")
    right, packed = file.read_bytes(), file.suffix == ".xz"
    lie = lying(gate, "gate_ok", f"others:{digest(b'other')}")
    with helper_with_faults(gate):
        try:
            file.write_bytes(lzma.compress(lie, check=lzma.CHECK_CRC32) if packed else lie)
            before = len(gate.log())
            done = gate.run("alice", "modgate load gate_needs")
            intent, outcome = events(gate, before)
            assert done.status in (1, 5) and not {"gate_ok", "gate_needs"} & gate.modules(), done
            assert digests(intent) == [digest(lie), digest(b"other")], intent
        finally:
            file.write_bytes(right)
        assert gate.run("alice", "modgate load gate_needs").status == 0


@case(timeout=90)
def test_an_unpacker_makes_only_what_its_caller_could_hand_over(gate):
    """What it makes of a file is examined like any file of the caller's; and it cannot keep a hand on it."""
    for word, user, status in (("swap", "alice", 5), ("keep", "bob", 6)):
        bytes_ = module(gate, "gate_ok") + f"modgate-test-unpacker={word}\0".encode()
        gate.policy(from_file(f'modules = ["gate_ok"]\nsha256 = ["{digest(bytes_)}"]'))
        packed = lzma.compress(bytes_, check=lzma.CHECK_CRC32)
        # The product's own unpacker makes of it what was packed.
        gate.restart()
        done, (intent, outcome) = handed_over(gate, packed, "gate_ok.ko.xz", user)
        assert done.status == 0 and digests(intent) == [digest(bytes_)], done
        gate.unload("gate_ok")
        with helper_with_faults(gate):
            done, seen = handed_over(gate, packed, "gate_ok.ko.xz", user)
            assert done.status == status and kinds(seen) == ["refusal"], (word, done, seen)
            assert "gate_ok" not in gate.modules(), word
