# SPDX-License-Identifier: Apache-2.0
"""What an administrator does with the policy: check, edit, look which rules were used."""

import os

from gate import case
from policies import TRUSTING, WITH_PASSWORD

POLICY = "/etc/modgate/policy.toml"


def edit(gate, command, *words, check=False):
    """`policy edit` whose editor is a sed command on the file that it is given."""
    return gate.root(["env", f"EDITOR={command}", "modgate", "-n", "policy", "edit", *words], check=check)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_policy_check(gate):
    gate.policy(TRUSTING)
    assert gate.root("modgate policy check").status == 0
    gate.policy(TRUSTING + '\n[[role.dev.allow]]\nmodule = ["x"]\n')
    done = gate.root("modgate policy check", check=False)
    assert done.status == 1, done
    line = len((TRUSTING + '\n[[role.dev.allow]]\nmodule').splitlines())
    assert f"{POLICY}:{line}:1: error: unknown key 'module' in an allow rule; did you mean 'modules'?" in done.stdout, done
    problems = [one["problem"] for one in gate.root("modgate --json policy check", check=False).json()]
    (unknown,) = [one for one in problems if "unknown key" in one["message"]]
    assert (unknown["severity"], unknown["file"], unknown["line"], unknown["column"]) == ("error", POLICY, line, 1), unknown


def test_policy_check_warns(gate):
    gate.policy(WITH_PASSWORD.replace('"alice"', '"alice", "nobody-there", "%no-group"')
                + '\n[[role.dev.allow]]\nmodules = ["no_such_module"]\n')
    gate.policy("", file="policy.d/ignored.conf")
    gate.root(["sh", "-c", "echo install dummy /bin/true > /etc/modprobe.d/evil.conf"])
    try:
        done = gate.root("modgate policy check")
        for said in ("no user nobody-there", "no group no-group", "no_such_module", "ignored.conf:1:1: warning",
                     "evil.conf:1:1: warning"):
            assert said in done.stdout, (said, done)
    finally:
        os.unlink("/etc/modprobe.d/evil.conf")


def test_policy_check_of_a_draft_needs_no_rights(gate):
    gate.root(["sh", "-c", f"printf '[role.x]\\nmembers = [\"alice\"]\\n' > /tmp/draft.toml"])
    assert gate.run("bob", "modgate policy check /tmp/draft.toml").status == 0
    assert gate.run("bob", "modgate policy check /tmp").status == 1
    assert gate.run("bob", "modgate policy check /tmp/not-there.toml").status == 1


def test_rules_that_were_never_used(gate):
    gate.policy(TRUSTING + '\n[[role.dev.allow]]\nmodules = ["ext4"]\n')
    assert gate.run("alice", "modgate load dummy").status == 0
    warned = gate.root("modgate policy check --usage").stdout
    unused = [line.split(":")[1] for line in warned.splitlines() if "decided nothing" in line]
    lines = TRUSTING.splitlines()
    used = lines.index("[[role.dev.allow]]") + 1
    assert str(used) not in unused, warned
    assert str(lines.index("[[deny]]") + 1) in unused, warned
    assert str(len(lines) + 2) in unused, warned


@case(timeout=60)
def test_policy_edit(gate):
    gate.policy(TRUSTING)
    before = read(POLICY)
    # Words of the editor are kept; what is installed serves the next request.
    done = edit(gate, 'sed -i -e s/"dummy",/"dummy","bonding",/', check=True)
    assert "alice gains: load bonding" in done.stdout and "loses" not in done.stdout, done
    assert gate.run("alice", "modgate load bonding").status == 0
    assert read(POLICY + ".~1~") == before
    stat = os.stat(POLICY)
    assert (stat.st_uid, stat.st_gid, stat.st_mode & 0o7777) == (0, 0, 0o644), stat
    done = edit(gate, 'sed -i -e s/"dummy","bonding",//', check=True)
    assert "alice loses: load bonding, dummy" in done.stdout, done
    assert gate.run("alice", "modgate load dummy").status == 3
    assert read(POLICY + ".~2~") == before


@case(timeout=60)
def test_policy_edit_installs_nothing_unsound(gate):
    """CVE-2023-22809."""
    gate.policy(TRUSTING)
    before = read(POLICY)
    for editor in ("sed -i -e s/members/member/", "false", "no-such-editor", "vi -- /etc/passwd", "sed -- x",
                   "ln -sf /etc/shadow"):
        done = edit(gate, editor)
        assert done.status in (1, 2), (editor, done)
        assert read(POLICY) == before, editor
    assert edit(gate, "true").status == 0, "nothing was changed"
    assert gate.run("alice", "modgate policy edit", env={"EDITOR": "true"}).status == 1
    # What was typed is not lost.
    done = edit(gate, "sed -i -e s/members/member/")
    draft = done.stderr.split("what you wrote is in ")[1].split()[0]
    assert "member =" in read(draft), done
    # A file of policy.d is made anew, and found by its name; another place is refused.
    assert edit(gate, "true", "/tmp/x.toml").status == 2
    with open("/tmp/append", "w", encoding="utf-8") as script:
        script.write("#!/bin/sh\nprintf '[role.lab]\\nmembers = [\"bob\"]\\n' > \"$1\"\n")
    os.chmod("/tmp/append", 0o755)
    assert edit(gate, "/tmp/append", "20-lab.toml").status == 0
    assert "bob" in read("/etc/modgate/policy.d/20-lab.toml")
    assert gate.root("modgate list", check=False).status == 0


def test_two_editors_do_not_meet(gate):
    """CVE-2021-23239, CVE-2021-23240."""
    gate.policy(TRUSTING)
    holder = gate.login("root").start(["flock", "/etc/modgate", "sh", "-c", "echo held; read x < /dev/tty"], tty="full")
    holder.expect("held")
    done = edit(gate, "true")
    assert done.status == 1 and "somebody else edits" in done.stderr, done
    holder.type("")
    holder.finish(20)
    assert edit(gate, "true").status == 0
