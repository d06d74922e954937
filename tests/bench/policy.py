#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Side by side in one machine: a decision of the resident engine and `sudo -n -l COMMAND`; parsing
and checking a policy and `visudo -c`; on equivalent policies of 10, 1,000 and 100,000 rules.

Runs inside the throwaway machine (tests/bench/policy starts it); the medians of ROUNDS runs (the
first word) and their ratios are printed. `policy.py write FOLDER` only writes the policies.
"""
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ENGINE = "/usr/lib/modgate/policy_decide"
SUDOERS = Path("/etc/sudoers.d/bench")
SIZES = (10, 1_000, 100_000)
RULES_OF_ROLE = 4
CALLER = "alice"
MODPROBE = "/sbin/modprobe"


def modules_of(rule: int) -> tuple:
    return f"mod_{rule % 997}", f"drv_{rule}"


def members_of(role: int, roles: int) -> list:
    """The caller has the first role and the one in the middle; the others are somebody else's."""
    return [CALLER if role in (0, roles // 2) else f"user{role}", f"%team{role}"]


def roles_of(rules: int) -> int:
    return -(-rules // RULES_OF_ROLE)


def modgate_policy(rules: int) -> str:
    lines = []
    for rule in range(rules):
        role = rule // RULES_OF_ROLE
        if rule % RULES_OF_ROLE == 0:
            lines += [f"[role.r{role}]", f"members = {json.dumps(members_of(role, roles_of(rules)))}"]
        lines += [f"[[role.r{role}.allow]]", f"modules = {json.dumps(modules_of(rule))}"]
    return "\n".join(lines) + "\n"


def sudoers(rules: int) -> str:
    lines = []
    for rule in range(rules):
        members = ", ".join(members_of(rule // RULES_OF_ROLE, roles_of(rules)))
        commands = ", ".join(f"{MODPROBE} {name}" for name in modules_of(rule))
        lines.append(f"{members} ALL = (root) NOPASSWD: {commands}")
    return "\n".join(lines) + "\n"


def one_role(rules: int) -> str:
    """All rules in the caller's only role."""
    lines = ["[role.one]", f'members = ["{CALLER}"]']
    for rule in range(rules):
        lines += ["[[role.one.allow]]", f"modules = {json.dumps(modules_of(rule))}"]
    return "\n".join(lines) + "\n"


def write(folder: Path) -> None:
    for rules in SIZES:
        (folder / f"{rules}.toml").write_text(modgate_policy(rules))
        (folder / f"{rules}.sudoers").write_text(sudoers(rules))
        (folder / f"{rules}.sudoers").chmod(0o440)
    (folder / "one.toml").write_text(one_role(SIZES[-1]))


def asked(rules: int) -> list:
    """A module of the caller's first rule, one of its other role's last rule, one of nobody's."""
    last = min(roles_of(rules) // 2 * RULES_OF_ROLE + RULES_OF_ROLE, rules) - 1
    return [modules_of(0)[1], modules_of(last)[1], "nobody_s"]


def engine(policy: Path, modules: list) -> dict:
    done = subprocess.run([ENGINE, policy, CALLER, *modules], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{policy}: {done.stderr}")
    found = json.loads(done.stdout)
    if found["allowed"] != 2 * found["denied"]:
        sys.exit(f"{policy}: other decisions than expected: {found}")
    return found


def timed(run) -> float:
    began = time.monotonic()
    run()
    return time.monotonic() - began


def checked(*command) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: {done.stdout}{done.stderr}")


def median(rounds: int, run) -> float:
    return statistics.median(timed(run) for _ in range(rounds))


def sudo_seconds(login, rounds: int, module: str) -> float:
    def ask() -> None:
        done = login.run(f"sudo -n -l {MODPROBE} {module}")
        if done.status != 0:
            sys.exit(f"not allowed by sudo: {done}")
    return median(rounds, ask) - median(rounds, lambda: login.run("/bin/true"))


def compare(rules: int, folder: Path, login, rounds: int) -> float:
    """Prints one policy's figures and returns the time of a decision in seconds."""
    ours, theirs = folder / f"{rules}.toml", folder / f"{rules}.sudoers"
    modules = asked(rules)
    found = engine(ours, modules)
    decision = max(found["allow_ns"], found["deny_ns"]) / 1e9
    SUDOERS.write_text(theirs.read_text())
    SUDOERS.chmod(0o440)
    sudo = sudo_seconds(login, rounds, modules[1])
    SUDOERS.unlink()
    ours_check = median(rounds, lambda: checked(ENGINE, ours))
    visudo = median(rounds, lambda: checked("visudo", "-c", "-q", "-f", theirs))
    print(f"{rules:>7} rules  decision: allow {found['allow_ns'] / 1e3:6.2f} us, deny "
          f"{found['deny_ns'] / 1e3:6.2f} us   sudo -l {sudo * 1e3:8.1f} ms   "
          f"ratio 1 : {sudo / decision:,.0f}")
    print(f"{'':13}  parse and check {ours_check * 1e3:8.1f} ms   visudo -c {visudo * 1e3:8.1f} ms   "
          f"ratio {ours_check / visudo:.2f}   private memory {found['private_kib'] / 1024:.1f} MiB",
          flush=True)
    return decision


def main() -> int:
    if sys.argv[1:2] == ["write"]:
        write(Path(sys.argv[2]))
        return 0
    from login import Login
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    folder = Path("/run/bench")
    folder.mkdir()
    write(folder)
    print(f"medians of {rounds} runs; sudo's without the harness's own time (its /bin/true)")
    with Login(CALLER) as login:
        decisions = [compare(rules, folder, login, rounds) for rules in SIZES]
    one = engine(folder / "one.toml", asked(8)[:2] + ["nobody_s"])
    print(f"{SIZES[-1]:>7} rules of one role  decision: allow {one['allow_ns'] / 1e3:6.2f} us, deny "
          f"{one['deny_ns'] / 1e3:6.2f} us")
    print(f"a decision with {SIZES[-1]:,} rules takes {decisions[-1] / decisions[0]:.2f} of the time "
          f"with {SIZES[0]}")
    return 0


sys.exit(main())
