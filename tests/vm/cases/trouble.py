# SPDX-License-Identifier: Apache-2.0
"""What must hold when things break: the helper, its children, the policy, modprobe.d."""

import os
from pathlib import Path

from gate import case
from policies import ALICE, TRUSTING, WITH_PASSWORD, events, own


def pids(name):
    """The processes of that name, of which the kernel keeps 15 characters."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
                if comm.read().strip() == name[:15]:
                    found.append(int(pid))
        except OSError:
            continue
    return found


def one(gate, name):
    return gate.wait_until(lambda: pids(name), what=f"a process {name}")[0]


def status_of(pid):
    """The lines of /proc/PID/status."""
    return dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines())


def private_kibibytes(gate, kinds=("Private_Clean:", "Private_Dirty:")):
    """What the helper itself takes: the processes that are always there. Clean is what was read of its files."""
    total = 0
    for name in ("modgated", "modgate-recorder"):
        with open(f"/proc/{one(gate, name)}/smaps_rollup", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith(kinds):
                    total += int(line.split()[1])
    return total


SLOW = "modgate load gate_slow_init milliseconds=4000"


def test_kernel_audit_names_the_caller(gate):
    gate.policy(TRUSTING)
    gate.root("auditctl -a always,exit -F arch=b64 -S finit_module,delete_module -F auid>=1000 -F auid!=unset -k modules")
    gate.root("auditd -s nochange")
    try:
        assert gate.run("alice", "modgate load dummy").status == 0
        assert gate.run("carol", "modgate unload dummy").status == 0
        search = lambda uid: gate.root(f"ausearch --input-logs -m KERN_MODULE -ul {uid}", check=False)
        for uid in (1000, 1002):
            gate.wait_until(lambda: search(uid).status == 0, what=f"a KERN_MODULE record of {uid}")
            assert 'name="dummy"' in search(uid).stdout, search(uid)
    finally:
        gate.root("pkill auditd")
        gate.root("auditctl -D")


@case(timeout=60)
def test_install_lines_never_run(gate):
    """KMOD-HARD-DEP-INSTALL."""
    gate.policy(TRUSTING)
    conf = "/etc/modprobe.d/evil.conf"
    try:
        for module, asked in (("dummy", "dummy"), ("gate_ok", "gate_needs")):
            with open(conf, "w", encoding="utf-8") as lines:
                lines.write(f"# a comment\ninstall {module} /usr/bin/touch /tmp/ran $CMDLINE_OPTS\n")
            done = gate.run("alice", ["modgate", "load", asked])
            assert done.status == 3 and f"{conf}:2" in done.stderr, done
            assert not os.path.exists("/tmp/ran") and asked not in gate.modules()
        gate.root("modprobe --ignore-install gate_ok")
        with open(conf, "w", encoding="utf-8") as lines:
            lines.write("remove gate_ok /usr/bin/touch /tmp/ran\n")
        done = gate.run("alice", "modgate unload gate_ok")
        assert done.status == 3 and f"{conf}:1" in done.stderr, done
        assert not os.path.exists("/tmp/ran") and "gate_ok" in gate.modules()
    finally:
        os.unlink(conf)


def test_modprobe_options_and_blacklist(gate):
    gate.policy(TRUSTING)
    conf = "/etc/modprobe.d/local.conf"
    try:
        with open(conf, "w", encoding="utf-8") as lines:
            lines.write("options gate_ok count=7\nblacklist dummy\n")
        assert gate.run("alice", "modgate load gate_ok").status == 0
        with open("/sys/module/gate_ok/parameters/count", encoding="utf-8") as count:
            assert count.read().strip() == "7"
        # By its own name, as modprobe does it; not by an alias.
        assert gate.run("alice", "modgate load rtnl-link-dummy").status == 1
        assert "dummy" not in gate.modules()
        assert gate.run("alice", "modgate load dummy").status == 0
    finally:
        os.unlink(conf)


def test_no_helper(gate):
    gate.policy(TRUSTING)
    gate.root("systemctl stop modgate.socket modgate.service")
    try:
        done = gate.run("alice", "modgate load dummy")
        assert done.status == 6 and "modgate.socket" in done.stderr, done
        (told,) = gate.run("alice", "modgate --json load dummy").json()
        assert told["error"]["status"] == 6 and told["error"]["kind"] == "unavailable", told
    finally:
        gate.root("systemctl start modgate.socket")


@case(timeout=60)
def test_a_policy_that_breaks_while_running(gate):
    """CVE-2019-25058, USBGuard#273, USBGuard#403."""
    gate.policy(TRUSTING)
    assert gate.run("alice", "modgate load dummy").status == 0
    gate.policy("[role.dev\n")
    assert gate.run("alice", "modgate unload dummy").status == 0, "the last good policy stays"
    gate.restart()
    done = gate.run("alice", "modgate load dummy")
    assert done.status == 6, done
    gate.policy(TRUSTING)
    assert gate.run("alice", "modgate load dummy").status == 0, "a repaired policy serves at once"


@case(timeout=60)
def test_unsafe_policy_files(gate):
    """OCPBUGS-97967."""
    gate.policy(TRUSTING)
    for spoil, mend in (("chmod g+w /etc/modgate/policy.toml", "chmod g-w /etc/modgate/policy.toml"),
                        ("chown alice /etc/modgate/policy.toml", "chown root /etc/modgate/policy.toml"),
                        ("chmod o+w /etc/modgate", "chmod o-w /etc/modgate"),
                        ("ln -sf /tmp/other.toml /etc/modgate/policy.d/9.toml", "rm /etc/modgate/policy.d/9.toml")):
        gate.root(spoil)
        gate.restart()
        assert gate.run("alice", "modgate load dummy").status == 6, spoil
        gate.root(mend)
    assert gate.run("alice", "modgate load dummy").status == 0


def test_a_policy_that_changes_while_a_prompt_waits(gate):
    gate.policy(WITH_PASSWORD)
    before = len(gate.log())
    running = gate.login("alice").start("modgate load dummy", tty="input")
    running.expect("assword")
    gate.policy(WITH_PASSWORD + '\n[[role.dev.deny]]\nmodules = ["dummy"]\n')
    running.type("alice-pw")
    done = running.finish(30)
    assert done.status == 3, done
    assert "dummy" not in gate.modules()
    assert not [e for e in events(gate, before) if e["class_uid"] == 1002 and e["status_id"] == 0], "no intent"


@case(timeout=90)
def test_the_loader_is_killed(gate):
    gate.policy(TRUSTING)
    before = len(gate.log())
    running = gate.login("alice").start(SLOW)
    loader = one(gate, "modgate-loader")
    gate.wait_until(lambda: "gate_slow_init" in gate.modules(), what="the module's init")
    os.kill(loader, 9)
    done = running.finish(60)
    assert done.status == 1, done
    said = [e for e in events(gate, before) if e["class_uid"] == 1002]
    assert [e["status_id"] for e in said] == [0, 2], said
    # The next request is served.
    assert gate.run("alice", "modgate load dummy").status == 0


@case(timeout=90)
def test_the_session_is_killed(gate):
    gate.policy(TRUSTING)
    before = len(gate.log())
    running = gate.login("alice").start(SLOW)
    gate.wait_until(lambda: "gate_slow_init" in gate.modules(), what="the module's init")
    os.kill(one(gate, "modgate-session"), 9)
    done = running.finish(60)
    assert done.status == 6, done
    outcome = gate.wait_until(
        lambda: [e for e in events(gate, before) if own(e).get("outcome") == "unknown"], what="an unknown outcome")
    gate.wait_until(lambda: not pids("modgate-loader"), what="the loader's end")
    assert gate.run("bob", "modgate status").status == 0


@case(timeout=90)
def test_the_recorder_is_killed(gate):
    gate.policy(TRUSTING)
    before = len(gate.log())
    running = gate.login("alice").start(SLOW)
    gate.wait_until(lambda: "gate_slow_init" in gate.modules(), what="the module's init")
    listener = one(gate, "modgated")
    os.kill(one(gate, "modgate-recorder"), 9)
    done = running.finish(60)
    assert done.status in (1, 6), done
    gate.wait_until(lambda: listener not in pids("modgated"), what="the helper's end")
    gate.wait_until(lambda: not pids("modgate-loader"), what="the loader's end")
    # It starts again, and says of the open intent that nobody knows.
    assert gate.run("bob", "modgate status").status == 0
    unknown = [e for e in events(gate, before) if own(e).get("outcome") == "unknown"]
    assert len(unknown) == 1, events(gate, before)


@case(timeout=90)
def test_two_callers_at_once(gate):
    gate.policy(TRUSTING)
    slow = gate.login("alice").start(SLOW)
    gate.wait_until(lambda: "gate_slow_init" in gate.modules(), what="the module's init")
    assert gate.run("carol", "modgate load dummy").status == 0
    assert "gate_slow_init" in gate.modules() and pids("modgate-loader"), "the slow one is still at it"
    assert slow.finish(60).status == 0


@case(timeout=60)
def test_control_c_never_ends_a_load(gate):
    gate.policy(TRUSTING)
    before = len(gate.log())
    running = gate.login("alice").start(SLOW, tty="full")
    gate.wait_until(lambda: "gate_slow_init" in gate.modules(), what="the module's init")
    running.key("C")
    running.finish(30)
    gate.wait_until(lambda: [e for e in events(gate, before) if own(e).get("outcome") == "done"], what="the outcome")
    assert "gate_slow_init" in gate.modules()


def test_a_bad_connection_disturbs_nobody(gate):
    import socket
    gate.policy(TRUSTING)
    for bytes_ in (b"", b"x", b"\0" * 70000, b"verb=load\0verb=load\0", b"verb=load\0uid=0\0module=dummy\0", b"=\0"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as bad:
            bad.connect("/run/modgate/gate.sock")
            if bytes_:
                bad.send(bytes_)
    assert gate.run("alice", "modgate load dummy").status == 0
    assert gate.root("systemctl is-active modgate.service").stdout.strip() == "active"


def test_too_many_connections_of_one_uid(gate):
    """CVE-2021-4115."""
    import socket
    gate.policy(TRUSTING)
    held = []
    try:
        for _ in range(40):
            one_more = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            one_more.connect("/run/modgate/gate.sock")
            held.append(one_more)
        # These are root's: alice is served, and one more of root's is told at once.
        assert gate.run("alice", "modgate load dummy").status == 0
        done = gate.root("modgate status", check=False, timeout=8)
        assert done.status == 6 and "busy" in done.stderr, done
    finally:
        for one_more in held:
            one_more.close()


def test_no_setuid_bit_and_modes(gate):
    listing = gate.root("stat -c %a:%U:%n /usr/bin/modgate /usr/sbin/modgated /etc/modgate/policy.toml /etc/pam.d/modgate /var/log/modgate /run/modgate/gate.sock").stdout
    assert listing.split() == ["755:root:/usr/bin/modgate", "755:root:/usr/sbin/modgated", "644:root:/etc/modgate/policy.toml",
                               "644:root:/etc/pam.d/modgate", "750:modgate-audit:/var/log/modgate",
                               "666:root:/run/modgate/gate.sock"], listing
    assert gate.root("getcap /usr/bin/modgate /usr/sbin/modgated").stdout == ""


def test_idle_memory(gate):
    gate.policy(TRUSTING)
    for _ in range(3):
        assert gate.run("bob", "modgate list").status == 0
    total = private_kibibytes(gate)
    assert total <= 12 * 1024, f"{total} KiB private"
