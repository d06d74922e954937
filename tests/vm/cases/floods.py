# SPDX-License-Identifier: Apache-2.0
"""More than the helper can take: connections, half-open and slow ones, denials, wrong passwords, and no room left for
descriptors, processes and memory. Others are served or told at once, nothing is lost from the record, and the helper's
memory goes back to its level. tests/long/run floods does the same with thousands."""

import os
import re
import resource
import select
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from crashes import BIG
from gate import case, write
from policies import TRUSTING, events, own
from trouble import SLOW, pids, private_kibibytes
from wire import Connection, is_busy, request

ALICE, CAROL = 1000, 1002
CROWD = range(2000, 2016)
PASSWORD = "crowd-pw"
# The same of all of them, and quickly computed (crypt(5): md5crypt): what is to be measured is the helper.
CROWD_HASH = "$1$modgate$qzx7OZkwNtpo.5uTbpWZt0"
CROWD_ROLE = f"""
[role.crowd]
members = [{", ".join(f'"#{uid}"' for uid in CROWD)}]
[[role.crowd.allow]]
modules = ["gate_fail_init"]
authenticate = true
"""
POLICY = TRUSTING.replace("[defaults]", '[defaults]\nticket = "0"') + CROWD_ROLE
AT_ONCE_FOR_ONE = 16
AT_ONCE_FOR_ALL = 256
AT_ONCE = 30  # seconds: on a busy machine that is emulated; those within the limits keep their places for longer
NOISE = 2048  # KiB: what the helper keeps of its largest crowd for the next one


@contextmanager
def crowd():
    """Accounts for many callers."""
    lines = {"/etc/passwd": [f"crowd{uid}:x:{uid}:100::/nonexistent:/bin/sh" for uid in CROWD],
             "/etc/shadow": [f"crowd{uid}:{CROWD_HASH}:19000:0:99999:7:::" for uid in CROWD],
             "/etc/pam.d/modgate": ["auth required pam_unix.so nodelay", "account required pam_unix.so"]}
    before = {path: (Path(path).read_text(), os.stat(path)) for path in lines}
    try:
        for path, added in lines.items():
            kept = "" if path.startswith("/etc/pam.d") else before[path][0]
            replace(path, kept + "\n".join(added) + "\n", before[path][1])
        yield CROWD
    finally:
        for path, (text, state) in before.items():
            replace(path, text, state)


def replace(path, text, state):
    write(Path(path), text, state.st_mode & 0o7777)
    os.chown(path, state.st_uid, state.st_gid)


def serving():
    return [pid for name in ("modgated", "modgate-recorder") for pid in pids(name)]


def written_kibibytes(gate):
    return private_kibibytes(gate, kinds=("Private_Dirty:",))


def quiet(gate):
    gate.wait_until(lambda: not pids("modgate-session") and not pids("modgate-front") and
                    not pids("modgate-authenticator"), deadline=40, what="the end of all requests")


def served(gate, user="carol"):
    assert gate.run(user, "modgate load dummy").status == 0, "somebody else is served"
    assert gate.run(user, "modgate unload dummy").status == 0


@contextmanager
def undisturbed(gate):
    """The helper is the same before and after the block, as large as before, serves, and its log is whole."""
    gate.policy(POLICY)
    served(gate)
    quiet(gate)
    helper, before = serving(), written_kibibytes(gate)
    yield
    served(gate)
    quiet(gate)
    assert serving() == helper, "one helper all the time"
    after = written_kibibytes(gate)
    assert after <= before + NOISE, f"{before} KiB before, {after} KiB afterwards"
    print(f"memory {before} KiB before, {after} KiB afterwards", flush=True)
    verified = gate.root("modgate log verify", check=False)
    assert verified.status == 0, verified


def connect(stack, uid):
    return stack.enter_context(Connection(uid))


def told_busy(connection):
    end = connection.end(seconds=AT_ONCE)
    assert is_busy(end), end
    return True


def flood_of_connections(gate, count):
    """One uid connects as fast as it can and hangs up; another is served meanwhile."""
    with undisturbed(gate):
        before = len(gate.log())
        for number in range(count):
            Connection(ALICE).close()
            if number == count // 2:
                served(gate)
        assert not [e for e in events(gate, before) if e["actor"]["user"]["uid"] == str(ALICE)], "nobody asked"


def half_open(gate, count, descriptors=None):
    """Connections that never ask, from more uids than the helper has room for: its words to those beyond the limits
    come at once, the others are ended when their time is over."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
    with undisturbed(gate), ExitStack() as stack:
        if descriptors is not None:
            stack.enter_context(few_descriptors(descriptors))
        waiting = [connect(stack, 20000 + number % 40) for number in range(count)]
        asking = connect(stack, CAROL)
        asking.say(request("status"))
        answer = asking.end(seconds=AT_ONCE)
        assert is_busy(answer) or answer.get("outcome") == "0", answer
        # 10 s to ask in, and then they are ended.
        gate.wait_until(lambda: all(connection.is_heard() for connection in waiting), deadline=AT_ONCE,
                        what="the end of those who do not ask")
        ends = [connection.end() for connection in waiting]
        busy, late = sum(map(is_busy, ends)), sum("no request came" in end.get("message", "") for end in ends)
        assert busy + late == count, [end for end in ends if not is_busy(end)][:5]
        print(f"{count} half-open connections: {busy} told that it is too busy, {late} ended", flush=True)
        served(gate)


@contextmanager
def few_descriptors(left):
    """The listener has room for so many more."""
    (listener,) = pids("modgated")
    highest = max(map(int, os.listdir(f"/proc/{listener}/fd")))
    limit = Path(f"/proc/{listener}/limits").read_text()
    soft, hard = re.search(r"Max open files +(\d+) +(\d+)", limit).groups()
    set_limit(listener, f"{highest + 1 + left}:{hard}")
    try:
        yield
    finally:
        set_limit(listener, f"{soft}:{hard}")


def set_limit(pid, limit):
    assert os.spawnlp(os.P_WAIT, "prlimit", "prlimit", f"--pid={pid}", f"--nofile={limit}") == 0


@contextmanager
def service_limit(gate, setting, value, unlimited="infinity"):
    gate.root(f"systemctl set-property --runtime modgate.service {setting}={value}")
    try:
        yield
    finally:
        gate.root(f"systemctl set-property --runtime modgate.service {setting}={unlimited}")


def cgroup(name):
    return int(Path(f"/sys/fs/cgroup/system.slice/modgate.service/{name}").read_text())


def flood_of_denials(gate, count):
    """Every one is told and counted, few are recorded one by one, and what else the same person does stands in the log
    after what was counted before it."""
    with undisturbed(gate):
        before, records, began = len(gate.log()), set(), time.monotonic()
        for number in range(count):
            with Connection(ALICE) as connection:
                connection.say(request("load", "nf_tables", non_interactive=1))
                end = connection.end()
            assert end.get("outcome") == "3", end
            records.add(end["record"])
            if number == count // 2:
                served(gate)
        assert gate.run("alice", "modgate load dummy").status == 0
        of_alice = [e for e in events(gate, before) if e["actor"]["user"]["name"] == "alice"]
        refusals = [e for e in of_alice if own(e)["kind"] == "refusal"]
        assert sum(e.get("count", 1) for e in refusals) == count, refusals
        # 30 at once and one a second more, in the end their aggregate.
        seconds = time.monotonic() - began
        assert len(refusals) <= 30 + seconds + 2, (len(refusals), seconds)
        print(f"{count} denials in {seconds:.0f} s: {len(refusals)} records", flush=True)
        assert {e["metadata"]["correlation_uid"] for e in refusals} == records, "each was told the record it is in"
        assert [own(e)["kind"] for e in of_alice[len(refusals):]] == ["intent", "outcome"], of_alice


def ask_with_password(stack, uid):
    connection = connect(stack, uid)
    connection.say(request("load", "gate_fail_init"))
    return connection


def guess(gate, users, seconds):
    """Each of the users has four requests under way all that time, and answers whatever is asked with a wrong
    password."""
    with ExitStack() as stack:
        guessing = [ask_with_password(stack, uid) for uid in users for _ in range(4)]
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for connection in select.select(guessing, [], [], left)[0]:
                said = connection.hear()
                if said.get("reply") == "prompt" and said["style"] == "secret":
                    connection.answer("wrong")
                elif said.get("reply") != "prompt":
                    guessing.remove(connection)
                    connection.close()
                    guessing.append(ask_with_password(stack, connection.uid))


def failed_tries(gate, before):
    return [e for e in events(gate, before) if own(e)["kind"] == "authentication"]


def wrong_passwords(gate, users, requests):
    """In each request the third password is right, which takes back what the two before it cost; all users do so at
    once, request after request. Every wrong one is in the log."""
    before, waiting = len(gate.log()), {}
    left = dict.fromkeys(users, requests)
    with ExitStack() as stack:
        def begin(uid):
            if left[uid]:
                left[uid] -= 1
                waiting[ask_with_password(stack, uid)] = iter(("wrong", "wrong too", PASSWORD))
        for uid in users:
            begin(uid)
        while waiting:
            ready = select.select(list(waiting), [], [], 60)[0]
            assert ready, f"nothing is said any more to {len(waiting)}"
            for connection in ready:
                said = connection.hear()
                if said.get("reply") == "prompt" and said["style"] == "secret":
                    connection.answer(next(waiting[connection]))
                elif said.get("reply") != "prompt":
                    assert said.get("outcome") == "1" and "gate_fail_init" in said["message"], said
                    del waiting[connection]
                    connection.close()
                    begin(connection.uid)
    tried = failed_tries(gate, before)
    of_each = {uid: sum(e["actor"]["user"]["uid"] == str(uid) for e in tried) for uid in users}
    assert of_each == dict.fromkeys(users, 2 * requests), of_each
    told = [e for e in events(gate, before) if own(e)["kind"] == "outcome"]
    assert len(told) == len(users) * requests, len(told)


def eight_users_who_only_guess(gate, seconds):
    """Three are free, then each costs twice the seconds of the one before: several requests at once gain nothing."""
    with crowd() as uids, undisturbed(gate):
        before, began = len(gate.log()), time.monotonic()
        guess(gate, uids[:8], seconds)
        quiet(gate)
        passed = time.monotonic() - began
        tried = failed_tries(gate, before)
        due = [0, 0, 0, 1, 3, 7, 15, 31, 63, *range(123, 3600, 60)]
        allowed = sum(second <= passed for second in due)
        of_each = [sum(e["actor"]["user"]["uid"] == str(uid) for e in tried) for uid in uids[:8]]
        assert all(1 <= of_one <= allowed for of_one in of_each), (of_each, allowed)
        print(f"in {passed:.0f} s {of_each} guesses reached PAM", flush=True)


def init_that_takes_too_long(gate):
    """Until the requester is told; the kernel cannot be told to stop."""
    with undisturbed(gate):
        gate.policy(POLICY.replace("60000", "140000"))
        before = len(gate.log())
        running = gate.login("alice").start(SLOW.replace("4000", "130000"))
        gate.wait_until(lambda: "gate_slow_init" in gate.modules(), what="the module's init")
        served(gate)
        done = running.finish(150)
        assert done.status == 1 and "still in the kernel" in done.stderr, done
        assert pids("modgate-loader"), "it is"
        served(gate)
        gate.wait_until(lambda: [e for e in events(gate, before) if own(e)["kind"] == "outcome" and
                                 own(e)["asked"] == "gate_slow_init"], deadline=40, what="its outcome in the end")


@case(timeout=60)
def test_a_flood_of_connections_of_one_uid(gate):
    flood_of_connections(gate, 300)


@case(timeout=120)
def test_256_requests_in_flight(gate):
    with crowd() as uids, undisturbed(gate):
        before = len(gate.log())
        with ExitStack() as stack:
            held = [ask_with_password(stack, uid) for uid in uids for _ in range(AT_ONCE_FOR_ONE)]
            assert len(held) == AT_ONCE_FOR_ALL
            for uid in (ALICE, CROWD[0]):
                told_busy(connect(stack, uid))
            done = gate.run("carol", "modgate load dummy", timeout=AT_ONCE)
            assert done.status == 6 and "too busy" in done.stderr, done
            assert not any(is_busy(one.hear(0)) for one in held if one.is_heard()), "those within the limits are served"
            # One that leaves makes room for another.
            held[0].close()
            gate.wait_until(lambda: gate.run("carol", "modgate load dummy").status == 0, what="room")
            assert gate.run("carol", "modgate unload dummy").status == 0
        quiet(gate)
        of_crowd = [own(e)["kind"] for e in events(gate, before) if int(e["actor"]["user"]["uid"]) in uids]
        assert of_crowd and "intent" not in of_crowd, of_crowd


@case(timeout=90)
def test_half_open_connections_and_16_descriptors(gate):
    """CVE-2021-4115."""
    half_open(gate, 400, descriptors=16)


@case(timeout=60)
def test_slow_writers(gate):
    """A byte now and then is a message now and then: the first one ends the request. Whoever asks and then does not
    answer keeps its own places only."""
    with crowd(), undisturbed(gate), ExitStack() as stack:
        slow = [connect(stack, ALICE) for _ in range(AT_ONCE_FOR_ONE)]
        for writer in slow:
            assert writer.say(b"v")
            end = writer.end(seconds=AT_ONCE)
            assert end.get("outcome") == "2", end
            writer.say(b"e")
        quiet(gate)
        silent = [ask_with_password(stack, CROWD[0]) for _ in range(AT_ONCE_FOR_ONE)]
        assert select.select(silent, [], [], AT_ONCE)[0], "one of them has its turn"
        told_busy(connect(stack, CROWD[0]))
        served(gate)
        for one in silent:
            one.close()


@case(timeout=60)
def test_no_process_can_be_started(gate):
    """Not even that of the request; or that, but none of those that work for it: whichever it is, it is told."""
    with undisturbed(gate):
        for more in range(4):
            with service_limit(gate, "TasksMax", cgroup("pids.current") + more):
                done = gate.run("alice", "modgate load dummy")
                assert done.status == 6 and "too busy" in done.stderr, (more, done)
            assert "dummy" not in gate.modules()
            quiet(gate)


@case(timeout=90)
def test_no_memory_is_left(gate):
    with undisturbed(gate):
        policy = POLICY + '\n[[role.dev.allow]]\nsource = "file"\nmodules = ["gate_big"]\nunpinned = true\n'
        gate.policy(policy)
        with open(BIG, "wb") as big:
            big.truncate(120 << 20)
        try:
            with service_limit(gate, "MemoryMax", cgroup("memory.current") + (40 << 20)):
                done = gate.run("alice", ["modgate", "load", BIG])
                assert done.status in (5, 6), done
                served(gate)
        finally:
            os.unlink(BIG)
        killed = gate.root("journalctl -k --no-pager --grep 'oom-kill'", check=False)
        assert killed.status == 0, "the kernel ran out of memory for it"


@case(timeout=120)
def test_wrong_passwords_of_eight_users_at_once(gate):
    with crowd() as uids, undisturbed(gate):
        wrong_passwords(gate, uids[:8], 13)


@case(timeout=60)
def test_eight_users_who_only_guess(gate):
    eight_users_who_only_guess(gate, 8)


@case(timeout=60)
def test_a_flood_of_denials(gate):
    flood_of_denials(gate, 120)
