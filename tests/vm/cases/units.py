# SPDX-License-Identifier: Apache-2.0
"""The units as they are installed: their sandbox, PAM stacks inside it, drop-ins, the watchdog."""

import os
import re
import signal
from contextlib import contextmanager
from pathlib import Path

from gate import case, write
from policies import ALICE, TRUSTING, WITH_PASSWORD
from trouble import one

UNITS = ("modgate.service", "modgate-courier.service", "modgate-witness.service")
DROP_INS = Path("/run/systemd/system/modgate.service.d")
SERVICE = Path("/etc/pam.d/modgate-vm")
KEY = Path("/run/modgate-vm-key")
# Two factors: a counted password, and then a key that has to be there. What asks for the key runs a program, as the
# ways to do without one (pam_exec) and modules with a helper of their own do.
TWO_FACTORS = f"""
auth required pam_faillock.so preauth deny=3 unlock_time=600
auth [success=1 default=bad] pam_unix.so
auth [default=die] pam_faillock.so authfail deny=3 unlock_time=600
auth required pam_exec.so quiet /usr/bin/test -e {KEY}
auth required pam_faillock.so authsucc
account required pam_faillock.so
account required pam_unix.so
"""
POLICY = '[defaults]\npam_service = "modgate-vm"\nticket = "0"\n' + WITH_PASSWORD


@contextmanager
def drop_in(gate, text):
    """A drop-in of the administrator's; the service is started anew with it, and without it at the end."""
    DROP_INS.mkdir(parents=True)
    place = DROP_INS / "case.conf"
    place.write_text(text, encoding="utf-8")
    gate.root("systemctl daemon-reload")
    gate.restart()
    try:
        yield
    finally:
        place.unlink()
        DROP_INS.rmdir()
        gate.root("systemctl daemon-reload")


@contextmanager
def two_factors():
    write(SERVICE, TWO_FACTORS)
    KEY.touch()
    try:
        yield
    finally:
        SERVICE.unlink()
        KEY.unlink(missing_ok=True)


def shown(gate, setting):
    return gate.root(["systemctl", "show", "modgate.service", "-P", setting]).stdout.strip()


@case(timeout=120)
def test_exposure_of_what_is_installed(gate):
    assert not gate.root(["systemd-analyze", "verify", "--man=no", *UNITS]).text.strip()
    for unit in UNITS:
        said = gate.root(["systemd-analyze", "security", "--offline=yes", "--threshold=25", unit]).stdout
        print(re.search("Overall exposure.*", said)[0])


@case(timeout=120)
def test_two_factors(gate):
    gate.policy(POLICY)
    with two_factors():
        assert gate.run("alice", "modgate load dummy", answers=ALICE).status == 0
        KEY.unlink()
        assert gate.run("alice", "modgate load veth", answers=ALICE).status == 4, "a password alone is not enough"
        KEY.touch()
        assert gate.run("alice", "modgate load veth", answers=[("assword", "wrong")] * 3).status == 4
    assert "veth" not in gate.modules()


@case(timeout=120)
def test_wrong_passwords_are_counted_by_pam(gate):
    gate.policy(POLICY)
    with two_factors():
        assert gate.run("alice", "modgate load dummy", answers=[("assword", "wrong")] * 3).status == 4
        assert len(re.findall(" V$", gate.root("faillock --user alice").stdout, re.M)) == 3
        # The helper's own count is gone with it; PAM's is not.
        gate.restart()
        locked = gate.run("alice", "modgate load dummy", answers=ALICE * 3)
        assert locked.status == 4, locked
        assert gate.run("carol", "modgate load dummy", answers=[("assword", "carol-pw")]).status == 0
        gate.root("faillock --user alice --reset")
        gate.restart()
        assert gate.run("alice", "modgate load veth", answers=ALICE).status == 0


def test_a_drop_in_opens_the_network_for_pam(gate):
    gate.policy(TRUSTING)
    gate.restart()
    helper = one(gate, "modgated")
    ours = os.readlink("/proc/self/ns/net")
    assert os.readlink(f"/proc/{helper}/ns/net") != ours, "without it there is none"
    with drop_in(gate, Path("/usr/share/doc/modgate/examples/network-pam.conf").read_text(encoding="utf-8")):
        assert os.readlink(f"/proc/{one(gate, 'modgated')}/ns/net") == ours
        assert "AF_INET" in shown(gate, "RestrictAddressFamilies").split()
        assert gate.run("alice", "modgate load dummy").status == 0


@case(timeout=120)
def test_a_helper_that_hangs_is_started_anew(gate):
    gate.policy(TRUSTING)
    with drop_in(gate, "[Service]\nWatchdogSec=4\n"):
        # One that serves says so by itself, for longer than the time that it has.
        seen = {shown(gate, "WatchdogTimestampMonotonic")}
        gate.wait_until(lambda: seen.add(shown(gate, "WatchdogTimestampMonotonic")) or len(seen) > 3,
                        what="three signs of life")
        helper = int(shown(gate, "MainPID"))
        assert (shown(gate, "NRestarts"), shown(gate, "Result")) == ("0", "success")
        os.kill(helper, signal.SIGSTOP)
        gate.wait_until(lambda: shown(gate, "NRestarts") == "1" and shown(gate, "ActiveState") == "active",
                        deadline=60, what="another helper")
        assert int(shown(gate, "MainPID")) not in (0, helper)
        assert not Path(f"/proc/{helper}").exists()
        assert gate.run("alice", "modgate load dummy").status == 0
