# SPDX-License-Identifier: Apache-2.0
"""Every process of the house, looked at and tried where it is most privileged. The helper here is the product's, whose
processes stop there when a case asks them to (../faults)."""

import fnmatch
import grp
import mmap
import os
import pwd
import struct
from contextlib import contextmanager
from pathlib import Path

from failing_inspectors import helper_with_faults
from gate import case
from handed_over import module, place
from trouble import pids, status_of

BOARD = Path("/run/modgate-probe/board")
PROBE_BYTES = 16384
IDLE, ARMED, WAITING, RELEASED, TRYING, SURVIVED = range(6)
PROCESSES = ("listener", "session", "front", "authenticator", "inspector", "unpacker", "recorder", "loader", "reader")


class Board:
    """What the processes of that helper share with a case: struct Probe of ../faults/probe.h, one for each process."""

    def __init__(self):
        BOARD.parent.mkdir(mode=0o700)
        BOARD.write_bytes(bytes(PROBE_BYTES * len(PROCESSES)))
        with open(BOARD, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        for at, process in enumerate(PROCESSES):
            self.put(at, 12, "24s", process.encode())

    def put(self, at, offset, form, value):
        struct.pack_into("=" + form, self.memory, at * PROBE_BYTES + offset, value)

    def get(self, at, offset, form):
        return struct.unpack_from("=" + form, self.memory, at * PROBE_BYTES + offset)[0]

    def arm(self, process, attempt=""):
        at = PROCESSES.index(process)
        self.put(at, 36, "64s", attempt.encode())
        self.put(at, 0, "I", ARMED)

    def state(self, process):
        return self.get(PROCESSES.index(process), 0, "I")

    def pid(self, process):
        return self.get(PROCESSES.index(process), 4, "i")

    def report(self, process):
        text = self.get(PROCESSES.index(process), 100, f"{PROBE_BYTES - 100}s").split(b"\0")[0].decode()
        return dict(line.split("=", 1) for line in text.splitlines())

    def release(self, process):
        self.put(PROCESSES.index(process), 0, "I", RELEASED)

    def close(self):
        self.memory.close()
        BOARD.unlink()
        BOARD.parent.rmdir()


class Sockets:
    """Which sockets there are in the machine and in the helper's own network, and who holds them."""

    def __init__(self, gate, listener):
        self.unix, self.netlink, self.tcp, self.holders = {}, {}, {}, {}
        for inside in ([], ["nsenter", "-t", str(listener), "-n"]):
            for line in gate.root([*inside, "ss", "-xanH"]).stdout.splitlines():
                kind, state, _, _, path, inode, _, peer = line.split()[:8]
                self.unix[inode] = (kind, state, path, peer)
        for line in Path(f"/proc/{listener}/net/netlink").read_text(encoding="utf-8").splitlines()[1:]:
            fields = line.split()
            self.netlink[fields[-1]] = fields[1]
        for line in Path(f"/proc/{listener}/net/tcp").read_text(encoding="utf-8").splitlines()[1:]:
            fields = line.split()
            is_listening = fields[3] == "0A"
            port = int(fields[1 if is_listening else 2].split(":")[1], 16)
            self.tcp[fields[9]] = f"{'listening at' if is_listening else 'tcp to'} port {port}"
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
                for file in os.listdir(f"/proc/{pid}/fd"):
                    link = os.readlink(f"/proc/{pid}/fd/{file}")
                    if link.startswith("socket:"):
                        self.holders.setdefault(link[8:-1], set()).add(name)
            except OSError:
                continue

    def describe(self, inode):
        if inode in self.netlink:
            return f"netlink {self.netlink[inode]}"
        if inode in self.tcp:
            return self.tcp[inode]
        if inode not in self.unix:
            return "socket of another kind"
        kind, state, path, peer = self.unix[inode]
        kind = {"u_str": "stream", "u_seq": "seqpacket", "u_dgr": "datagram"}[kind]
        if state == "LISTEN":
            return f"listening at {path}"
        if peer in self.unix and self.unix[peer][2] != "*":
            return f"{kind} to {self.unix[peer][2]}"
        where = "" if path == "*" else f" at {path}"
        return f"{kind}{where} to {' '.join(sorted(self.holders.get(peer, ['nobody'])))}"


def descriptors_of(pid, sockets):
    """What each descriptor is."""
    found = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        link = os.readlink(f"/proc/{pid}/fd/{number}")
        if link.startswith("socket:"):
            link = sockets.describe(link[8:-1])
        elif link.startswith(("anon_inode:[pidfd]", "pidfd:")):
            info = Path(f"/proc/{pid}/fdinfo/{number}").read_text(encoding="utf-8")
            (of,) = [line.split()[1] for line in info.splitlines() if line.startswith("Pid:")]
            link = "pidfd of " + Path(f"/proc/{of}/comm").read_text(encoding="utf-8").strip()
        elif fnmatch.fnmatch(link, "/var/log/modgate/*.jsonl"):
            link = "/var/log/modgate/*.jsonl"
        found.append(link)
    return sorted(found)


def limits_of(pid):
    """Soft and hard, by the words of /proc/PID/limits."""
    lines = Path(f"/proc/{pid}/limits").read_text(encoding="utf-8").splitlines()[1:]
    return {line[:26].strip(): line[26:].split()[:2] for line in lines}


def look_at(gate, board, process, listener):
    pid = board.pid(process)
    root = Path(f"/proc/{pid}")
    return {"status": status_of(pid),
            "limits": limits_of(pid),
            "cwd": os.readlink(root / "cwd"), "environment": (root / "environ").read_bytes().strip(b"\0"),
            "oom": int((root / "oom_score_adj").read_text()), "login": int((root / "loginuid").read_text()),
            "owner": os.stat(root / "environ").st_uid, "descriptors": descriptors_of(pid, Sockets(gate, listener)),
            "report": board.report(process)}


SYS_MODULE, AUDIT_WRITE, DAC_READ_SEARCH = 1 << 16, 1 << 29, 1 << 2
KILL_SETGID_SETUID_SETPCAP = 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8
OF_LISTENER = SYS_MODULE | KILL_SETGID_SETUID_SETPCAP
NULL, JOURNAL = "/dev/null", "stream to /run/systemd/journal/stdout"
IMAGE, TREE, LOG = "/memfd:modgate:gate_ok (deleted)", f"/usr/lib/modules/{os.uname().release}", "/var/log/modgate"
CALLER = "seqpacket at /run/modgate/gate.sock to modgate"

# Who each process is, what it holds, and every descriptor that it has.
TABLE = {
    "listener": ("root", "root", OF_LISTENER, [
        NULL, JOURNAL, JOURNAL, "listening at /run/modgate/gate.sock", "listening at /run/modgate/courier.sock",
        "datagram to nobody", "seqpacket to modgate-recorde", "anon_inode:[signalfd]", "pidfd of modgate-recorde",
        # for the session that it is about to make
        CALLER, "seqpacket to modgate-recorde"]),
    "session": ("root", "root", OF_LISTENER, [
        NULL, NULL, JOURNAL, "seqpacket to modgated", "seqpacket to modgate-recorde", "seqpacket to modgate-front",
        "seqpacket to modgate-front", "pidfd of modgate-front", "pidfd of modgate-unpacke", "pidfd of modgate-inspect",
        TREE, IMAGE]),
    "front": ("modgate-front", "modgate-front", 0, [
        NULL, NULL, NULL, "seqpacket to modgate-session", CALLER, "seqpacket to modgate-session",
        "/tmp/alice/gate_ok.ko"]),
    "authenticator": ("root", "root", 0, [
        NULL, NULL, NULL, "seqpacket to modgate-session", "seqpacket to modgate-front"]),
    "unpacker": ("modgate-inspect", "modgate-inspect", 0, [
        NULL, NULL, NULL, "seqpacket to modgate-session", "/tmp/alice/gate_ok.ko", IMAGE]),
    "inspector": ("modgate-inspect", "modgate-inspect", 0, [
        NULL, NULL, NULL, "seqpacket to modgate-session", IMAGE]),
    "loader": ("modgate", "modgate", SYS_MODULE, [
        NULL, NULL, NULL, "seqpacket to modgate-session", "seqpacket to modgate-recorde", IMAGE]),
    "recorder": ("modgate-audit", "modgate-audit", AUDIT_WRITE, [
        NULL, NULL, JOURNAL, "seqpacket to modgated", LOG, LOG, f"{LOG}/tree", f"{LOG}/*.jsonl",
        "datagram to nobody", "seqpacket to modgate-session", "netlink 9"]),
    "reader": ("modgate-front", "modgate-audit", 0, [
        NULL, NULL, NULL, "seqpacket to modgate-session", LOG]),
}
HAS_ONLY_THE_FLOOR = ("listener", "session", "authenticator")
LIVES_WITH_THE_LISTENER = ("listener", "recorder")

# What a take-over would try first; what else there is in ../faults/forbidden_calls.cpp counts as well.
BELOW_THE_FLOOR = ("ptrace", "process_vm_readv", "process_vm_writev", "bpf", "mount", "init_module",
                   "finit_module, flags 1", "finit_module, flags 2", "delete_module, O_TRUNC")
OUTSIDE_OF_ALLOW_LISTS = ("execve", "execveat", "fork", "clone3", "socket of the network", "finit_module, flags 4")
WRITING = ("open for writing", "open, to create")


def differences(process, seen, listener, capabilities):
    """In what a process is not what the table says; `listener` is what was seen of that one."""
    user, group, _, descriptors = TABLE[process]
    status, limits, report = seen["status"], seen["limits"], seen["report"]
    profile = {name.removeprefix("profile."): int(value or 0) for name, value in report.items()
               if name.startswith("profile.") and name != "profile.groups"}
    floor = process in HAS_ONLY_THE_FLOOR
    is_parent = process in ("listener", "session")
    parent_oom = {"listener": -900, "recorder": -900, "session": -900}.get(process, 100)
    inherited = listener["limits"]
    ids = [str(pwd.getpwnam(user).pw_uid)] * 4, [str(grp.getgrnam(group).gr_gid)] * 4
    number = lambda value: "unlimited" if value == 0 else str(value)
    expected = {
        "uid": (status["Uid"].split(), ids[0]), "gid": (status["Gid"].split(), ids[1]),
        "groups": (status["Groups"].split(), []),
        "permitted": (int(status["CapPrm"], 16), capabilities),
        "effective": (int(status["CapEff"], 16), 0 if is_parent else capabilities),
        "inheritable": (int(status["CapInh"], 16), 0), "ambient": (int(status["CapAmb"], 16), 0),
        "bounding": (int(status["CapBnd"], 16), capabilities if floor else 0),
        "securebits": (int(report["inside.securebits"]), 0xC3 if is_parent else 0xEF),
        "no_new_privs": (status["NoNewPrivs"], "1"), "seccomp": (status["Seccomp"], "2"),
        "filters": (int(status["Seccomp_filters"]) - int(listener["status"]["Seccomp_filters"]), 0 if floor else 1),
        "dumpable": (report["inside.dumpable"], "0"), "owner": (seen["owner"], 0),
        "descriptors": (seen["descriptors"], sorted(descriptors)),
        "environment": (seen["environment"], b""), "environ": (report["inside.environment"], "0"),
        "directory": (seen["cwd"], "/"), "umask": (status["Umask"], "0027" if process == "recorder" else "0077"),
        "threads": (status["Threads"], "1"), "caught": (int(status["SigCgt"], 16), 0),
        # SIGPIPE is systemd's doing; the recorder outlives the listener's HUP, INT and TERM
        "ignored": (int(status["SigIgn"], 16), {"listener": 0x1000, "recorder": 0x4003}.get(process, 0)),
        "blocked": (int(status["SigBlk"], 16), 0x4003 if process == "listener" else 0),
        "login uid": (seen["login"], 2**32 - 1 if process in LIVES_WITH_THE_LISTENER else 1000),
        "core": (limits["Max core file size"], ["0", "0"]),
    }
    if process != "listener":
        files, memory, cpu, bytes_ = (number(profile[name]) for name in
                                      ("max_files", "max_memory", "cpu_seconds", "max_file_bytes"))
        processes = inherited["Max processes"] if profile["may_fork"] else ["0", "0"]
        deadline = int(report["inside.deadline"])
        expected.update({
            "the profile's uid and gid": ([profile["uid"], profile["gid"]], [int(ids[0][0]), int(ids[1][0])]),
            "the profile's groups": (report["profile.groups"], ""),
            "the profile's capabilities": (profile["keep"], 0 if process == "session" else capabilities),
            "files": (limits["Max open files"], [files] * 2), "memory": (limits["Max address space"], [memory] * 2),
            "processor time": (limits["Max cpu time"], [cpu] * 2), "file size": (limits["Max file size"], [bytes_] * 2),
            "processes": (limits["Max processes"], processes),
            "oom": (seen["oom"], max(parent_oom, profile["oom_score_adj"] or -1000)),
            "deadline": (deadline > 0 and profile["deadline"] - 30 <= deadline <= profile["deadline"]
                         if profile["deadline"] else deadline == 0, True),
        })
        # An untrusted byte is read by nobody who may do so for ever, or in any amount.
        for limit in ("deadline", "cpu_seconds", "max_memory") if process in ("unpacker", "inspector") else ():
            expected[f"a limit: {limit}"] = (profile[limit] > 0, True)
    return {name: pair for name, pair in expected.items() if pair[0] != pair[1]}, len(expected)


def calls_that_did_not_kill(process, report):
    calls = {name.removeprefix("call."): ending for name, ending in report.items() if name.startswith("call.")}
    wanted = BELOW_THE_FLOOR
    if process not in HAS_ONLY_THE_FLOOR:
        wanted += OUTSIDE_OF_ALLOW_LISTS + (() if process == "recorder" else WRITING)
    missing = [name for name in wanted if name not in calls]
    return missing + [f"{name}: {ending}" for name, ending in calls.items() if ending != "signal 31"], len(calls)


# What systemd tells a service of ours, and nobody else anything.
ENVIRONMENT = {"LANG", "PATH", "OPTIONS", "USER", "LOGNAME", "HOME", "SHELL", "INVOCATION_ID", "JOURNAL_STREAM",
               "SYSTEMD_EXEC_PID", "STATE_DIRECTORY", "CREDENTIALS_DIRECTORY", "MEMORY_PRESSURE_WATCH",
               "MEMORY_PRESSURE_WRITE"}


def service_without_rights(gate, service, descriptors, at_times=()):
    """A process that is no child of the helper: a user of its own, who may nothing. It has these descriptors, and at
    times those others."""
    pid = gate.root(f"systemctl show -P MainPID {service}").stdout.strip()
    root = Path(f"/proc/{pid}")
    status = status_of(pid)
    uids, gids = status["Uid"].split(), status["Gid"].split()
    assert len(set(uids)) == 1 and len(set(gids)) == 1, (uids, gids)
    others = {str(user.pw_uid) for user in pwd.getpwall() if user.pw_name != service}
    assert uids[0] not in others and set(status["Groups"].split()) <= {gids[0]}, status
    for sets in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[sets], 16) == 0, (sets, status[sets])
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2" and status["Umask"] == "0077", status
    environment = {entry.split(b"=")[0].decode() for entry in (root / "environ").read_bytes().split(b"\0") if entry}
    assert environment <= ENVIRONMENT, environment
    assert os.readlink(root / "cwd") == "/"
    limits = limits_of(pid)
    assert limits["Max core file size"] == ["0", "0"] and limits["Max open files"] == ["256", "256"], limits
    seen = []

    def has_no_others():
        seen[:] = [name for name in descriptors_of(pid, Sockets(gate, pid)) if name not in at_times]
        return seen == sorted(descriptors)
    try:
        # what was just served may not have been closed yet
        gate.wait_until(has_no_others, deadline=10)
    except AssertionError:
        raise AssertionError(f"{service} has {seen}") from None


@contextmanager
def helper_with_probes(gate, copies=()):
    """The board and the listener's pid. Copies of these processes make every call that is forbidden to them."""
    board = Board()
    try:
        for process in copies:
            board.put(PROCESSES.index(process), 8, "I", 1)
        with helper_with_faults(gate, f"ReadWritePaths={BOARD.parent}\n") as listener:
            yield board, listener
    finally:
        board.close()


class Looked:
    """What was seen of one process after the other."""

    def __init__(self, gate, board, listener):
        self.gate, self.board, self.listener = gate, board, listener
        self.seen = {}

    def wait(self, process):
        self.gate.wait_until(lambda: self.board.state(process) == WAITING, what=f"the moment of the {process}")
        self.seen[process] = look_at(self.gate, self.board, process, self.listener)

    def go_on(self, process):
        self.board.release(process)


def load_and_look(gate, looked, path, processes):
    """alice loads her file with her password, and each process on the way is looked at when its moment has come."""
    for process in processes:
        if process != "recorder":
            looked.board.arm(process)
    running = gate.login("alice").start(["modgate", "--json", "load", path], tty="input")
    for process in processes:
        if process == "authenticator":
            running.expect("assword")
            running.type("alice-pw")
        looked.wait(process)
        if process == "loader" and "recorder" in processes:
            looked.board.arm("recorder")  # for the outcome: it has told the kernel's audit of the intent by then
        looked.go_on(process)
    done = running.finish(30)
    assert done.status == 0 and "gate_ok" in gate.modules(), done


POLICY = """
[role.dev]
members = ["alice"]
[[role.dev.allow]]
source = "file"
modules = ["gate_ok"]
unpinned = true
"""

ON_THE_WAY = ("listener", "front", "unpacker", "inspector", "authenticator", "session", "loader", "recorder")


@case(timeout=180)
def test_every_process_is_what_the_table_says(gate):
    """CAPS-REGAINED, in each process."""
    gate.policy(POLICY)
    path = place(module(gate, "gate_ok"), "gate_ok.ko")
    with helper_with_probes(gate, copies=PROCESSES) as (board, listener):
        looked = Looked(gate, board, listener)
        load_and_look(gate, looked, path, ON_THE_WAY)
        board.arm("reader")
        reading = gate.login("alice").start("modgate log")
        looked.wait("reader")
        looked.go_on("reader")
        done = reading.finish(30)
        assert done.status == 0, done
        assert pids("modgated") == [listener], "one helper all the time"
    wrong, properties, tried = {}, 0, 0
    for process in PROCESSES:
        seen = looked.seen[process]
        different, count = differences(process, seen, looked.seen["listener"], TABLE[process][2])
        alive, calls = calls_that_did_not_kill(process, seen["report"])
        properties, tried = properties + count, tried + calls
        if different or alive:
            wrong[process] = (different, alive)
    assert not wrong, wrong
    assert properties > 250 and tried > 400, (properties, tried)


def at_least(gate, package, version):
    there = gate.root(["dpkg-query", "-W", "-f", "${Version}", package]).stdout
    return gate.root(["dpkg", "--compare-versions", there, "ge", version], check=False).status == 0


@case(timeout=120)
def test_where_the_shadow_file_is_closed(gate):
    """The authenticator has two capabilities then, and so has the listener, to hand them on."""
    if at_least(gate, "libpam-modules", "1.6"):
        gate.skip("this pam_unix reads the file by unix_chkpwd alone, which has no capabilities: it lets nobody in")
    gate.policy(POLICY)
    path = place(module(gate, "gate_ok"), "gate_ok.ko")
    mode = os.stat("/etc/shadow").st_mode & 0o7777
    os.chmod("/etc/shadow", 0)
    try:
        with helper_with_probes(gate) as (board, listener):
            looked = Looked(gate, board, listener)
            load_and_look(gate, looked, path, ("listener", "authenticator", "session", "loader"))
    finally:
        os.chmod("/etc/shadow", mode)
    for process, more in (("listener", True), ("authenticator", True), ("session", True), ("loader", False)):
        capabilities = TABLE[process][2] | (AUDIT_WRITE | DAC_READ_SEARCH if more else 0)
        different, _ = differences(process, looked.seen[process], looked.seen["listener"], capabilities)
        assert set(different) <= {"descriptors"}, (process, different)


AT_THE_MOMENT = """
[defaults]
authenticate = false
[role.dev]
members = ["alice", "bob", "carol", "dave", "erin", "olivia"]
[[role.dev.allow]]
source = "file"
modules = ["gate_ok"]
unpinned = true
"""


@case(timeout=120)
def test_who_calls_what_it_may_not_is_killed_at_its_moment(gate):
    gate.policy(AT_THE_MOMENT)
    path = place(module(gate, "gate_ok"), "gate_ok.ko")
    os.chmod(path, 0o644)
    load = ["modgate", "--json", "load", path]
    with helper_with_probes(gate) as (board, listener):
        # Each as another user: whoever kills a process waits before the next is made for them.
        for process, call, user, command, statuses in (
                ("front", "execve", "bob", load, (6,)),
                ("unpacker", "open for writing", "carol", load, (5,)),
                ("inspector", "socket of the network", "olivia", load, (5,)),
                ("reader", "open for writing", "dave", ["modgate", "log"], (6,)),
                ("loader", "finit_module, flags 1", "alice", load, (1,)),
                ("recorder", "fork", "erin", load, (1, 6))):
            board.arm(process, call)
            done = gate.run(user, command)
            assert done.status in statuses, (process, done)
            # It began, and never came back from the call.
            assert board.state(process) == TRYING, (process, board.state(process))
            gate.wait_until(lambda: not pids(f"modgate-{process}") or process == "recorder", what="its end")
            assert "gate_ok" not in gate.modules(), process
            if process != "recorder":
                assert pids("modgated") == [listener], "the helper goes on"
        gate.wait_until(lambda: listener not in pids("modgated"), what="the end of the helper without a recorder")
        assert gate.run("bob", load).status == 0, "the next one serves"
