# SPDX-License-Identifier: Apache-2.0
"""Who it is: passwords, locked and unknown accounts, terminals, hang-ups."""

from gate import case
from policies import ALICE, TRUSTING, WITH_PASSWORD, events, own

EVERYONE = WITH_PASSWORD.replace('"alice", "%netdev"', '"alice", "bob", "dave", "erin", "#4242", "root"')


@case(timeout=60)
def test_three_wrong_passwords(gate):
    gate.policy(WITH_PASSWORD)
    before = len(gate.log())
    done = gate.run("alice", "modgate load dummy", answers=[("assword", "wrong")] * 3)
    assert done.status == 4, done
    assert "dummy" not in gate.modules()
    said = events(gate, before)
    assert [e["class_uid"] for e in said] == [3002, 3002, 3002, 1002], said
    assert own(said[-1])["outcome"] == "unauthenticated" and said[-1]["action_id"] == 2
    assert "wrong" not in str([{**e, "message": ""} for e in said]).replace("wrong password", ""), "a secret in the log"


@case(timeout=60)
def test_the_second_try_may_be_right(gate):
    gate.policy(WITH_PASSWORD)
    done = gate.run("alice", "modgate load dummy", answers=[("assword", "wrong"), ("assword", "alice-pw")])
    assert done.status == 0, done
    assert "dummy" in gate.modules()


@case(timeout=60)
def test_locked_and_expired_accounts(gate):
    gate.policy(EVERYONE)
    assert gate.run("dave", "modgate load dummy", answers=[("assword", "dave-pw")] * 3).status == 4
    assert gate.run("erin", "modgate load dummy", answers=[("assword", "erin-pw")] * 3).status == 4
    assert gate.run("bob", "modgate load dummy", answers=[("assword", "bob-pw")]).status == 0


def test_a_uid_without_an_account(gate):
    """CVE-2020-27780."""
    gate.policy(TRUSTING.replace('"alice", "%netdev"', '"alice", "#4242"'))
    done = gate.root("setpriv --reuid 4242 --regid 4242 --clear-groups modgate load dummy", check=False)
    assert done.status == 3, done
    assert "dummy" not in gate.modules()


def test_root_is_a_caller_like_any_other(gate):
    gate.policy(TRUSTING)
    assert gate.root("modgate load dummy", check=False).status == 3
    gate.policy(TRUSTING.replace('"alice"', '"alice", "root"'))
    assert gate.root("modgate load dummy", check=False).status == 0


def test_without_a_terminal_nobody_is_asked(gate):
    gate.policy(WITH_PASSWORD)
    for words in ("modgate -n load dummy", "modgate load dummy"):
        done = gate.run("alice", words)
        assert done.status == 4, (words, done)
    assert gate.run("alice", "modgate load dummy -n", tty="input").status == 4


@case(timeout=60)
def test_hanging_up_gains_nothing(gate):
    """CVE-2021-3560."""
    gate.policy(WITH_PASSWORD)
    before = len(gate.log())
    login = gate.login("alice")
    for _ in range(3):
        running = login.start("modgate load dummy", tty="full")
        running.expect("assword")
        running.type("wrong")
        running.kill()
        running.close()
    gate.wait_until(lambda: len([e for e in events(gate, before) if e["class_uid"] == 1002]) >= 3, what="three refusals")
    assert all(own(e)["outcome"] == "unauthenticated" for e in events(gate, before) if e["class_uid"] == 1002)
    assert "dummy" not in gate.modules()
    assert login.run("modgate load dummy", answers=ALICE).status == 0


def test_control_c_at_the_prompt(gate):
    gate.policy(WITH_PASSWORD)
    running = gate.login("alice").start("modgate load dummy", tty="full")
    running.expect("assword")
    running.type("alice-p")
    running.key("C")
    done = running.finish(20)
    assert done.status != 0 and "alice-p" not in done.terminal, done
    assert "dummy" not in gate.modules()


def test_pam_services_that_prove_nothing_are_no_policy(gate):
    gate.root(["sh", "-c", "printf 'auth sufficient pam_rootok.so\\nauth required pam_unix.so\\naccount required pam_unix.so\\n' > /etc/pam.d/easy"])
    gate.root(["sh", "-c", "printf '@include easy\\n' > /etc/pam.d/easier"])
    for service in ("easy", "easier", "no-such-service"):
        gate.policy(WITH_PASSWORD + f'pam_service = "{service}"\n')
        gate.restart()
        done = gate.run("alice", "modgate load dummy", tty="input")
        assert done.status == 6, (service, done)
        gate.root("systemctl stop modgate.service", check=False)
    gate.root("rm /etc/pam.d/easy /etc/pam.d/easier")
    assert "dummy" not in gate.modules()
