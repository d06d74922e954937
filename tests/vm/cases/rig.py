"""The rig itself: what every other case leans on."""

import os

from gate import case


def test_login_has_uid_and_audit_session(gate):
    alice = gate.login("alice")
    first = alice.run("sh -c 'id -un; cat /proc/self/loginuid; echo; cat /proc/self/sessionid'")
    assert first.status == 0, first
    assert first.stdout.split()[:2] == ["alice", "1000"], first
    second = alice.run("cat /proc/self/sessionid")
    assert second.stdout.strip() == first.stdout.split()[2], "one login is one session"
    other = gate.run("alice", "cat /proc/self/sessionid")
    assert other.stdout != second.stdout, "another login is another session"


def test_without_audit_session(gate):
    result = gate.run("bob", "cat /proc/self/loginuid", audit_session=False)
    assert result.stdout.strip() == str(2**32 - 1), result


def test_prompts_are_answered(gate):
    script = "read -p 'Name? ' a; read -s -p 'Password: ' b; echo $a/$b; tty -s; echo $? >&2; exit 7"
    result = gate.run("carol", ["bash", "-c", script], answers=[("Name", "me"), ("assword", "secret")])
    assert (result.status, result.stdout, result.stderr[-2:]) == (7, "me/secret\n", "0\n"), result
    assert "secret" not in result.terminal, result


def test_no_terminal(gate):
    result = gate.run("carol", ["sh", "-c", "cat; tty; : < /dev/tty"], input="given\n")
    assert result.stdout == "given\nnot a tty\n" and result.status != 0, result


def test_control_c(gate):
    running = gate.login("bob").start(["sh", "-c", "echo ready; exec sleep 60"], tty="full")
    running.expect("ready")
    running.key("C")
    assert running.finish(10).status == -2


def test_passwords_and_accounts(gate):
    for user, password, works in [("alice", "alice-pw", True), ("alice", "wrong", False), ("dave", "dave-pw", False),
                                  ("erin", "erin-pw", False), ("olivia", "olivia-pw", True)]:
        done = gate.run("bob", ["su", user, "-c", "true"], answers=[("assword", password)])
        assert (done.status == 0) == works, f"{user}: {done}"


@case(timeout=30)
def test_modules_of_the_tests(gate):
    gate.root("modprobe gate_needs")
    assert {"gate_ok", "gate_needs"} <= gate.modules()
    gate.unload("gate_needs", "gate_ok")
    for name in ("gate_fail_init", "gate_reqdep", "gate_vermagic"):
        assert gate.root(["modprobe", name], check=False).status != 0, name
    gate.root("modprobe gate_busy hold=1")
    assert gate.root("rmmod gate_busy", check=False).status != 0
    gate.root(["sh", "-c", "echo N > /sys/module/gate_busy/parameters/hold"])
    gate.root("rmmod gate_busy")
    gate.root("modprobe gate_nested")
    assert "dummy" in gate.modules()


def test_what_a_case_leaves_goes_away(gate):
    assert "gate_nested" not in gate.modules() and "dummy" not in gate.modules()


def test_kernel_audit_names_who_loads(gate):
    gate.root("auditctl -a always,exit -F arch=b64 -S finit_module -k rig")
    gate.root("auditd -s nochange")
    try:
        gate.root("modprobe dummy")
        gate.wait_until(lambda: gate.root("ausearch --input-logs -m KERN_MODULE", check=False).status == 0, what="a KERN_MODULE record")
        assert 'name="dummy"' in gate.root("ausearch --input-logs -m KERN_MODULE").stdout
    finally:
        gate.root("pkill auditd")
        gate.root("auditctl -D")


def test_installed_programs_find_their_libraries(gate):
    """CVE-2022-1117."""
    programs = [path for path in ("/usr/bin/modgate", "/usr/sbin/modgated") if os.path.exists(path)]
    if not programs:
        gate.skip("nothing is installed")
    for program in programs:
        assert "not found" not in gate.root(["ldd", program], check=False).text, program
