# SPDX-License-Identifier: Apache-2.0
"""What callers did to other tools of this kind, tried on this one; each case names its rows of tests/THREATS.md."""

import array
import glob
import json
import os
import shutil
import socket
from contextlib import suppress
from pathlib import Path

from gate import case
from policies import ALICE, TRUSTING, WITH_PASSWORD, events, own
from trouble import one, pids

SOCKET = "/run/modgate/gate.sock"
ALICE_ID, BOB_ID = 1000, 1001
TRAP = "/tmp/trap"


def as_somebody(uid, work):
    """What work() returns, in a process of its own that belongs to this uid and to no group but its own; None where it
    became another program."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            theirs.sendall(json.dumps(work()).encode())
        except BaseException as error:
            theirs.sendall(json.dumps(f"failed: {error!r}").encode())
        finally:
            os._exit(0)
    theirs.close()
    answer = b""
    while part := ours.recv(1 << 16):
        answer += part
    os.waitpid(pid, 0)
    ours.close()
    return json.loads(answer) if answer else None


def connected():
    gate = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    gate.connect(SOCKET)
    gate.settimeout(30)
    return gate


def send(gate, request, descriptor=None):
    rights = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
    gate.sendmsg([request], rights)


def hear_out(gate):
    """All that the helper says, and how it ends: the outcome's number, -1 where it hangs up without a word."""
    said, outcome = "", -1
    while True:
        try:
            message = gate.recv(70000)
        except ConnectionError:
            message = b""
        if not message:
            return [outcome, said]
        said += message.decode(errors="replace")
        for field in message.split(b"\0"):
            if field.startswith(b"outcome="):
                outcome = int(field[8:])


def ask(uid, request, file=None):
    def work():
        with connected() as gate:
            send(gate, request, None if file is None else os.open(file, os.O_RDONLY))
            return hear_out(gate)
    return as_somebody(uid, work)


def log_lines():
    return [line for segment in sorted(glob.glob("/var/log/modgate/*.jsonl"))
            for line in Path(segment).read_bytes().split(b"\n") if line]


def requests(gate, before):
    """The records of what was asked since then."""
    return [event for event in events(gate, before) if event["class_uid"] == 1002]


def uids_in(said):
    return {int(event["actor"]["user"]["uid"]) for event in said}


@case(timeout=60)
def test_parameters_reach_no_shell(gate):
    """KMOD-INSTALL: the value that a rule allows is what the module gets, whatever a shell would make of it."""
    gate.policy(TRUSTING + 'params.gate_ok.label = { match = ".*" }\n')
    touch = f"touch${{IFS}}{TRAP}"
    for value in (f";{touch}", f"$({touch})", f"x|{touch}&", "\\"):
        done = gate.run("alice", ["modgate", "load", "gate_ok", f"label={value}"])
        assert done.status == 0, (value, done)
        assert Path("/sys/module/gate_ok/parameters/label").read_text().rstrip("\n") == value
        gate.unload("gate_ok")
    for value in (f"`touch {TRAP}`", f'";{touch};"', f"';{touch};'", f"a\n{touch}"):
        assert gate.run("alice", ["modgate", "load", "gate_ok", f"label={value}"]).status == 3, value
    for name in (f"gate_ok;{touch}", f"$({touch})", f"gate_ok\n{touch}"):
        assert gate.run("alice", ["modgate", "load", name]).status in (1, 2), name
    # The caller's words, in an administrator's own command line of modprobe.d.
    conf = Path("/etc/modprobe.d/threats.conf")
    try:
        conf.write_text("install gate_ok /bin/sh -c $CMDLINE_OPTS\n")
        assert gate.run("alice", ["modgate", "load", "gate_ok", f"label=;{touch}"]).status == 3
    finally:
        conf.unlink()
    assert "gate_ok" not in gate.modules() and not os.path.exists(TRAP)


NAMED = {
    "load": b"modules=4:veth\0", "unload": b"modules=5:dummy\0", "reload": b"file=./gate_ok.ko\0",
    "plan-load": b"modules=4:veth\0", "plan-unload": b"modules=5:dummy\0", "list": b"", "status": b"", "log": b"",
    "sign-off": b"up_to=1\0", "policy-test-load": b"modules=4:veth\0", "policy-test-unload": b"modules=5:dummy\0",
}


def of_verb(verb, more=b""):
    return b"verb=" + verb.encode() + b"\0" + NAMED[verb] + more


@case(timeout=90)
def test_every_verb_of_somebody_without_a_right(gate):
    """CVE-2019-25058, USBGuard#273, USBGuard#403, CVE-2018-1116: and no field of a request lends another's."""
    gate.policy(TRUSTING)
    assert gate.run("alice", "modgate load dummy").status == 0
    before = gate.modules()
    file = str(gate.module_file("gate_ok"))

    def everything(uid, more=b""):
        return {verb: ask(uid, of_verb(verb, more), file if verb == "reload" else None) for verb in NAMED}

    answers = everything(BOB_ID)
    looks_only = {"list", "status", "log"}
    assert {verb: said[0] for verb, said in answers.items()} == {v: 0 if v in looks_only else 3 for v in NAMED}, answers
    assert '"roles":[]' in answers["list"][1].replace(" ", ""), answers["list"]
    assert "alice" not in answers["list"][1], answers
    # What bob himself wrote in a request may be anybody's name; who asked is always bob.
    assert answers["log"][1] and '"name":"alice"' not in answers["log"][1].replace('" : "', '":"'), answers
    for more in (b"uid=0\0", b"user=alice\0"):
        told = everything(BOB_ID, more)
        assert all(said[0] == (3 if verb.startswith("policy-test") and more[:4] == b"user" else 2)
                   for verb, said in told.items()), (more, told)
    assert gate.modules() == before

    gate.policy("[role.dev\n")
    gate.restart()
    told = everything(ALICE_ID)
    assert all(said[0] == 6 for said in told.values()), told
    assert gate.modules() == before


@case(timeout=60)
def test_what_callers_write_stays_in_one_record(gate):
    """CVE-2023-28486, CVE-2023-28487."""
    gate.policy(TRUSTING)
    assert gate.run("bob", "modgate status").status == 0
    texts = [b'\n{"class_uid":1002}', b"\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe\u2066".encode(), b"\r\x08\x7f",
             "\u0085\u2028\ufeff".encode(), b'","uid":"0","', b"x" * 1024]
    for text in texts:
        for request in (b"verb=load\0modules=4:veth\0reason=" + text + b"\0",
                        b"verb=load\0modules=4:veth\0parameters=%d:a=" % (len(text[:1000]) + 2) + text[:1000] + b"\0"):
            lines = log_lines()
            outcome = ask(BOB_ID, request)[0]
            assert outcome == 3, (text, outcome)
            new = log_lines()[len(lines):]
            assert len(new) == 1, (text, new)
            assert all(0x20 <= byte < 0x7f for byte in new[0]), new
            event = json.loads(new[0])
            assert event["actor"]["user"]["uid"] == str(BOB_ID) and own(event)["outcome"] == "denied", event
            if b"reason=" in request:
                assert own(event)["reason"].encode() == text, event
    # What is no text, or too long, is no request.
    for text in (b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"x" * 1025, b"x" * 65536, b"a\0uid=0"):
        assert ask(BOB_ID, b"verb=load\0modules=4:veth\0reason=" + text + b"\0")[0] in (2, -1), text
    shown = gate.run("olivia", "modgate log --user bob").stdout
    assert not [character for character in shown if ord(character) < 0x20 and character != "\n"], shown
    assert "\u202e" not in shown and "\u2028" not in shown, shown


@case(timeout=90)
def test_clients_that_die_at_every_step(gate):
    """CVE-2021-3560: whoever hangs up, wherever, is nobody else, and nothing is loaded for them."""
    gate.policy(WITH_PASSWORD)
    assert gate.run("alice", "modgate status").status == 0
    listener = one(gate, "modgated")
    before = len(gate.log())
    request = of_verb("load")

    def asks(hears, says=b""):
        gate_socket = connected()
        send(gate_socket, request)
        with suppress(ConnectionError):  # whoever was refused is hung up on
            for _ in range(hears):
                gate_socket.recv(70000)
            if says:
                gate_socket.send(says)

    def hears_nothing_more():
        gate_socket = connected()
        send(gate_socket, request)
        gate_socket.shutdown(socket.SHUT_RD)

    steps = {
        "connected": lambda: connected().close(),
        "half a request sent": lambda: send(connected(), request[:-5]),
        "a request sent": lambda: asks(0),
        "hears nothing more": hears_nothing_more,
        "at the prompt": lambda: asks(1),
        "an answer sent": lambda: asks(1, b"answer=alice-p\0"),
    }
    for name, step in steps.items():
        for uid in (ALICE_ID, BOB_ID) * 2:
            assert as_somebody(uid, step) is None, (name, uid)
    gate.wait_until(lambda: not pids("modgate-session"), what="the sessions' ends")
    said = requests(gate, before)
    assert said and uids_in(said) <= {ALICE_ID, BOB_ID}, uids_in(said)
    assert {own(event)["outcome"] for event in said} <= {"denied", "unauthenticated", "unavailable", "usage"}, said
    assert "veth" not in gate.modules() and one(gate, "modgated") == listener
    assert gate.run("alice", "modgate load dummy", answers=ALICE).status == 0


@case(timeout=60)
def test_a_path_that_is_forbidden_is_told_as_the_caller_sees_it(gate):
    """CVE-1999-1496, CVE-2025-46717, CVE-2025-46718: the caller's own rights find a file, the helper hears nothing."""
    gate.policy(TRUSTING)
    secret = Path("/root/secret")
    secret.mkdir(mode=0o700)
    try:
        (secret / "there.ko").write_bytes(b"\x7fELF")
        (secret / "there.toml").write_text("[role.secret]\n")
        before = len(gate.log())
        for words in (("load", "{}.ko"), ("reload", "{}.ko"), ("plan", "load", "{}.ko"), ("pin", "{}.ko"),
                      ("policy", "check", "{}.toml"), ("log", "--from", "{}.ko"),
                      ("policy", "import-sudoers", "{}.ko")):
            told = []
            for name in ("there", "missing"):
                done = gate.run("alice", ["modgate", *(word.format(secret / name) for word in words)])
                assert done.status != 0, (words, done)
                told.append((done.status, done.text.replace(name, "NAME")))
            assert told[0] == told[1], (words, told)
            assert "role.secret" not in told[0][1]
        assert requests(gate, before) == [], "the helper was asked"
    finally:
        shutil.rmtree(secret)


@case(timeout=90)
def test_a_gibibyte_without_an_end_of_line(gate):
    """CVE-2026-4897: what is read has a bound, and little memory is enough to find it."""
    gate.policy(WITH_PASSWORD)
    endless = []
    for ending in ("toml", "ko"):
        endless.append(f"/tmp/endless.{ending}")
        with open(endless[-1], "wb") as file:
            file.truncate(1 << 30)
    try:
        for words in (f"policy check {endless[0]}", f"pin {endless[1]}", f"load {endless[1]}"):
            done = gate.run("alice", ["prlimit", f"--as={600 << 20}", "modgate", *words.split()])
            assert done.status in (1, 3, 5), (words, done)
            assert len(done.text) < 4096, words
        # A line without an end on standard input is nobody's answer.
        done = gate.run("alice", ["sh", "-c", "head -c 1G /dev/zero | modgate load dummy"])
        assert done.status == 4, done
        done = gate.run("alice", ["sh", "-c", "yes alice-pw | tr -d '\\n' | modgate load dummy"])
        assert done.status == 4, done
    finally:
        for file in endless:
            os.unlink(file)

    def talks_without_end():
        with connected() as gate_socket:
            sent = 0
            try:
                for _ in range(10000):
                    gate_socket.send(b"x" * 65536)
                    sent += 1
            except ConnectionError:
                return sent
            return sent
    assert as_somebody(BOB_ID, talks_without_end) < 10000, "it is hung up on"
    assert "dummy" not in gate.modules()


@case(timeout=90)
def test_a_plan_that_never_ends_is_given_up(gate):
    """KMOD-PARSERS: libkmod goes round in circles on some damaged indexes; here it waits for a file."""
    gate.policy(TRUSTING)
    held = "/etc/modprobe.d/held.conf"
    os.mkfifo(held)
    try:
        done = gate.run("alice", "modgate load dummy", timeout=60)
        assert done.status == 6, done
        gate.wait_until(lambda: not pids("modgate-session"), what="the session's end")
    finally:
        os.unlink(held)
    assert "dummy" not in gate.modules()
    assert gate.run("alice", "modgate load dummy").status == 0


def test_an_index_that_others_can_write_is_not_read(gate):
    """KMOD-PARSERS: libkmod does not withstand every index, so that none but root's are given to it."""
    gate.policy(TRUSTING)
    index = Path(f"/lib/modules/{gate.release}/modules.dep.bin")
    mode = index.stat().st_mode & 0o7777
    try:
        index.chmod(0o666)
        done = gate.run("alice", "modgate load dummy")
        assert done.status == 6 and str(index) in done.stderr, done
    finally:
        index.chmod(mode)
    assert gate.run("alice", "modgate load dummy").status == 0
