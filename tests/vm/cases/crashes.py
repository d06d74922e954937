# SPDX-License-Identifier: Apache-2.0
"""kill -9 of every process at every step of the story: the request is held at the step, one process is killed, and
whatever it was, nothing is loaded without an intent on disk, every intent gets one outcome, what was on disk stays,
the caller is told, and the next request is served by a helper that says what it found."""

import glob
import os
import signal
from contextlib import contextmanager
from pathlib import Path

from gate import case
from policies import TRUSTING, WITH_PASSWORD, own
from trouble import one, pids

MODULE = "gate_slow_init"
HELPER = ("modgated", "modgate-recorder")
CALLERS = ("alice", "bob", "carol", "olivia")
MEMBERS = 'members = ["alice", "%netdev"]'
EVERYBODY = 'members = ["alice", "bob", "carol", "olivia"]'
FROM_FILE = '\n[[role.dev.allow]]\nsource = "file"\nmodules = ["gate_big"]\nunpinned = true\n'
BIG = "/tmp/gate_big.ko"
HELD_PLAN = "/etc/modprobe.d/held.conf"

WAITING = """
import socket, sys
gate = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
gate.connect("/run/modgate/gate.sock")
print("connected", flush=True)
try:
    gate.recv(65536)
except ConnectionError:
    pass
sys.exit(6)
"""


def state():
    """Of the slow module in /proc/modules: "", "Loading" or "Live"."""
    with open("/proc/modules", encoding="utf-8") as lines:
        return next((line.split()[4] for line in lines if line.split()[0] == MODULE), "")


def wait_for(gate, wanted):
    gate.wait_until(lambda: state() == wanted, what=f"the module {wanted or 'gone'}")


@contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass


# Each brings a request to its step, gives out the caller's command, and afterwards lets go of what held it.

@contextmanager
def hear(gate, user):
    running = gate.login(user).start(["python3", "-c", WAITING])
    running.expect("connected")
    one(gate, "modgate-front")
    yield running


@contextmanager
def plan(gate, user):
    os.mkfifo(HELD_PLAN)
    try:
        running = gate.login(user).start(["modgate", "load", MODULE])
        session = one(gate, "modgate-session")
        # It waits for somebody to write into the file that it opens.
        gate.wait_until(lambda: waits_in(session) in ("wait_for_partner", "fifo_open"), what="the plan")
        yield running
    finally:
        held = os.open(HELD_PLAN, os.O_RDWR | os.O_NONBLOCK)
        os.unlink(HELD_PLAN)
        os.close(held)


def waits_in(pid):
    try:
        return Path(f"/proc/{pid}/wchan").read_text()
    except OSError:
        return ""


@contextmanager
def inspect(gate, user):
    with open(BIG, "wb") as big:
        big.truncate(200 << 20)
    running = gate.login(user).start(["modgate", "load", BIG])
    try:
        with stopped(one(gate, "modgate-unpacker")):
            yield running
    finally:
        os.unlink(BIG)


@contextmanager
def authenticate(gate, user):
    running = gate.login(user).start(["modgate", "load", MODULE], tty="input")
    running.expect("assword")
    yield running


def load(gate, user):
    return gate.login(user).start(["modgate", "load", MODULE, "milliseconds=1500"])


@contextmanager
def intent(gate, user):
    gate.root("modgate status")
    with stopped(one(gate, "modgate-recorder")):
        running = load(gate, user)
        one(gate, "modgate-loader")
        yield running


@contextmanager
def loading(gate, user):
    running = load(gate, user)
    wait_for(gate, "Loading")
    yield running


@contextmanager
def outcome(gate, user):
    running = load(gate, user)
    wait_for(gate, "Loading")
    with stopped(one(gate, "modgate-recorder")):
        wait_for(gate, "Live")
        yield running


@contextmanager
def reply(gate, user):
    running = load(gate, user)
    wait_for(gate, "Loading")
    with stopped(one(gate, "modgate-front")):
        gate.wait_until(lambda: own(gate.log()[-1]).get("kind") == "outcome", what="the outcome")
        yield running


STEPS = {step.__name__: step for step in (hear, plan, inspect, authenticate, intent, loading, outcome, reply)}
# Which processes there are at which step; a request has come to an intent from the step of that name on.
TABLE = {
    "hear": ("modgate-session", "modgate-front", "modgated", "modgate-recorder"),
    "plan": ("modgate-session", "modgate-front", "modgated", "modgate-recorder"),
    "inspect": ("modgate-unpacker", "modgate-session", "modgate-front", "modgated", "modgate-recorder"),
    "authenticate": ("modgate-authenticator", "modgate-session", "modgate-front", "modgated", "modgate-recorder"),
    "intent": ("modgate-loader", "modgate-session", "modgate-front", "modgated", "modgate-recorder"),
    "loading": ("modgate-loader", "modgate-session", "modgate-front", "modgated", "modgate-recorder"),
    "outcome": ("modgate-session", "modgate-front", "modgated", "modgate-recorder"),
    "reply": ("modgate-session", "modgate-front", "modgated"),
}
WITHOUT_INTENT = ("hear", "plan", "inspect", "authenticate")
# Where the caller may hear something else than "failed" or "unavailable": an examiner that dies vouches for nothing,
# nor does an authenticator, and at the reply everything is done.
TOLD = {"inspect": (1, 5, 6), "authenticate": (1, 4, 6), "reply": (0, 1, 6)}


def text_of_log():
    return "".join(Path(segment).read_text() for segment in sorted(glob.glob("/var/log/modgate/*.jsonl")))


def policy_for(step):
    return (WITH_PASSWORD if step == "authenticate" else TRUSTING).replace(MEMBERS, EVERYBODY) + FROM_FILE


def crash(gate, step, process, user):
    """One row of the table."""
    row = f"{process} at {step}"
    gate.wait_until(lambda: not pids("modgate-session"), what="the end of other sessions")
    before, text = len(gate.log()), text_of_log()
    with STEPS[step](gate, user) as running:
        os.kill(one(gate, process), signal.SIGKILL)
        if process == "modgated":
            gate.wait_until(lambda: not pids("modgate-session"), what="the end of the service")
    done = running.finish(60)
    assert done.status in TOLD.get(step, (1, 6)), (row, done)
    # What the kernel was asked goes on; nobody waits for it any more.
    gate.wait_until(lambda: state() in ("", "Live") and not pids("modgate-loader"), what=f"{row}: the kernel's answer")
    gate.wait_until(lambda: not pids("modgate-session"), what=f"{row}: the session's end")

    # Served again, by a helper that has found out what happened.
    assert gate.root("modgate status", check=False).status == 0, row
    gate.wait_until(lambda: not open_intents(gate.log()[before:]), what=f"{row}: an outcome of each intent")
    assert text_of_log().startswith(text), f"{row}: what was on disk stays"
    new = gate.log()[before:]
    kinds = [own(event)["kind"] for event in new]
    # Without its front a request goes on where nobody needs to be asked, as after a Ctrl-C.
    goes_on = process == "modgate-front" and step in ("plan", "inspect")
    if step in WITHOUT_INTENT and not goes_on:
        assert "intent" not in kinds and state() == "", (row, kinds)
    elif state():
        assert kinds.count("intent") == 1, (row, kinds)
    assert kinds.count("intent") == kinds.count("outcome") <= 1, (row, kinds)
    if process in HELPER:
        assert [e for e in new if own(e)["kind"] == "recovery" and "without a word" in e["message"]], (row, new)
    else:
        assert {"recovery", "refusal", "outcome"} & set(kinds), (row, "nothing is said", kinds)
    gate.unload(MODULE)


def open_intents(events):
    of = {kind: {e["metadata"]["correlation_uid"] for e in events if own(e)["kind"] == kind}
          for kind in ("intent", "outcome")}
    return of["intent"] - of["outcome"]


def crash_all(gate, rows, first=0):
    """Those whose process was killed wait longer each time: the callers take turns, and a helper that is killed
    forgets them."""
    last = None
    for number, (step, process) in enumerate(rows, first):
        if policy_for(step) != last:
            last = policy_for(step)
            gate.policy(last)
        crash(gate, step, process, CALLERS[number % len(CALLERS)])
    done = gate.root("modgate log verify", check=False)
    assert done.status == 0, done


def rows_of(*steps):
    return [(step, process) for step in steps for process in TABLE[step]]


def children_at(*steps):
    """Without those after which the helper starts anew, which takes a few seconds."""
    return [(step, process) for step, process in rows_of(*steps) if process not in HELPER]


# 30 rows of the table; tests/long/run crashes has all of them, many times.

@case(timeout=150)
def test_kill_while_hearing_planning_and_inspecting(gate):
    # Without its front an inspection goes on to its end, which takes a while: not here.
    crash_all(gate, rows_of("hear") + children_at("plan") + [
        ("plan", "modgated"), ("inspect", "modgate-unpacker"), ("inspect", "modgate-session")])


@case(timeout=150)
def test_kill_while_authenticating(gate):
    crash_all(gate, rows_of("authenticate"))


@case(timeout=150)
def test_kill_while_recording_the_intent(gate):
    crash_all(gate, rows_of("intent"))


@case(timeout=150)
def test_kill_while_loading(gate):
    crash_all(gate, rows_of("loading"))


@case(timeout=150)
def test_kill_while_recording_the_outcome_and_replying(gate):
    crash_all(gate, rows_of("outcome") + children_at("reply"))
