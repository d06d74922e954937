#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What systemd and the shell make of the files that are shipped.

units_test.py BUILT ETC: the folder of the configured services, and the source folder etc/. Needs
systemd-analyze; exits 77 where it is not there.
"""
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILT, ETC = Path(sys.argv[1]), Path(sys.argv[2])
SERVICES = ("modgate", "modgate-courier", "modgate-witness")
SOCKETS = ("modgate.socket", "modgate-courier.socket")
MOST_EXPOSED = 2.5


def run(*command: str) -> tuple[int, str]:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
                          check=False)
    return done.returncode, done.stdout


def settings(text: str) -> list[tuple[str, str]]:
    return re.findall(r"^(\w+)=(.*)$", text, re.M)


def allowed_calls(text: str) -> set[str]:
    """What the SystemCallFilter= lines leave, by systemd's own lists."""
    def expand(words: list[str]) -> set[str]:
        calls = set()
        for word in words:
            if word.startswith("@"):
                status, listed = run("systemd-analyze", "syscall-filter", word)
                assert status == 0, listed
                calls |= expand([line.strip() for line in listed.splitlines()[1:]
                                 if line.strip() and not line.strip().startswith("#")])
            else:
                calls.add(word)
        return calls

    allowed: set[str] = set()
    for key, value in settings(text):
        if key == "SystemCallFilter" and value.startswith("~"):
            allowed -= expand(value[1:].split())
        elif key == "SystemCallFilter":
            allowed |= expand(value.split())
    return allowed


class Units(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="modgate-units-")
        self.addCleanup(folder.cleanup)
        self.place = Path(folder.name)
        self.texts = {name: (BUILT / f"{name}.service").read_text(encoding="utf-8") for name in SERVICES}
        self.text = self.texts["modgate"]
        for name, text in self.texts.items():
            # The program need not be installed for its unit to be sound.
            (self.place / f"{name}.service").write_text(
                re.sub(r"^(ExecStart|ExecStartPre)=.*$", r"\1=/bin/true", text, flags=re.M), encoding="utf-8")
        for socket in SOCKETS:
            shutil.copy(ETC / "systemd" / socket, self.place)

    def test_systemd_finds_nothing_to_complain_about(self) -> None:
        for drop_in in (False, True):
            if drop_in:
                folder = self.place / "modgate.service.d"
                folder.mkdir()
                shutil.copy(ETC / "doc/network-pam.conf", folder)
            status, said = run("systemd-analyze", "verify", "--man=no",
                               *(str(self.place / f"{name}.service") for name in SERVICES),
                               *(str(self.place / socket) for socket in SOCKETS))
            ours = [line for line in said.splitlines() if "modgate" in line]
            self.assertEqual((status, ours), (0, []), said)

    def test_a_wrong_setting_would_be_found(self) -> None:
        unit = self.place / "modgate.service"
        unit.write_text(unit.read_text(encoding="utf-8") + "\n[Service]\nNoSuchThing=yes\n", encoding="utf-8")
        said = run("systemd-analyze", "verify", "--man=no", str(unit))[1]
        self.assertIn("NoSuchThing", said)

    def test_exposure(self) -> None:
        for name in SERVICES:
            status, said = run("systemd-analyze", "security", "--offline=yes",
                               f"--threshold={int(MOST_EXPOSED * 10)}", str(self.place / f"{name}.service"))
            found = re.search(rf"Overall exposure level for {name}.service: ([0-9.]+)", said)
            self.assertIsNotNone(found, said)
            self.assertLessEqual(float(found.group(1)), MOST_EXPOSED, said)
            self.assertEqual(status, 0, said)

    def test_who_speaks_with_the_network_is_nobody(self) -> None:
        for name, families in (("modgate-courier", "AF_UNIX AF_INET AF_INET6"),
                               ("modgate-witness", "AF_INET AF_INET6")):
            found = settings(self.texts[name])
            for wanted in (("DynamicUser", "yes"), ("CapabilityBoundingSet", ""), ("NoNewPrivileges", "yes"),
                           ("ProtectSystem", "strict"), ("RestrictAddressFamilies", families)):
                self.assertIn(wanted, found, name)
            self.assertNotIn("ReadWritePaths", {key for key, _ in found})
            calls = allowed_calls(self.texts[name])
            for call in ("finit_module", "init_module", "ptrace", "mount", "setuid", "bpf", "keyctl"):
                self.assertFalse(call in calls, f"{name}: {call}")
            for call in ("clone3", "prlimit64", "fsync", "renameat", "sendto", "connect"):
                self.assertTrue(call in calls, f"{name}: {call}")

    def test_settings_that_would_break_the_gate_are_not_there(self) -> None:
        found = settings(self.text)
        keys = {key for key, _ in found}
        for key in ("RuntimeDirectory", "LogsDirectory", "StateDirectory", "ProtectHostname", "User",
                    "DynamicUser", "RemoveIPC"):
            self.assertNotIn(key, keys)
        for wanted in (("ProtectKernelModules", "no"), ("RestrictSUIDSGID", "no"),
                       ("SystemCallErrorNumber", "EPERM"), ("NoNewPrivileges", "yes"), ("Type", "notify"),
                       ("OOMPolicy", "continue"), ("LogRateLimitIntervalSec", "0"),
                       ("ReadWritePaths", "/var/log/modgate /var/lib/modgate -/run/faillock")):
            self.assertIn(wanted, found)

    def test_system_calls(self) -> None:
        calls = allowed_calls(self.text)
        # What the daemon, libkmod, PAM and unix_chkpwd cannot do without.
        for call in ("seccomp", "finit_module", "delete_module", "openat2", "memfd_create", "close_range",
                     "pidfd_open", "pidfd_send_signal", "capset", "prctl", "setresuid", "setgroups",
                     "prlimit64", "execve", "clone", "wait4", "fdatasync", "fallocate", "signalfd4",
                     "alarm", "accept4", "recvmsg", "sendmsg", "ppoll"):
            self.assertTrue(call in calls, call)
        for call in ("init_module", "ptrace", "bpf", "mount", "kexec_load", "reboot", "io_uring_setup",
                     "userfaultfd", "perf_event_open", "process_vm_readv", "iopl", "swapon"):
            self.assertFalse(call in calls, call)

    def test_sysusers_and_tmpfiles_agree(self) -> None:
        users = set(re.findall(r"^u (\S+)", (ETC / "sysusers.d/modgate.conf").read_text(encoding="utf-8"), re.M))
        self.assertEqual(users, {"modgate", "modgate-inspect", "modgate-front", "modgate-audit",
                                 "modgate-courier"})
        self.assertIn(("User", "modgate-courier"), settings(self.texts["modgate-courier"]))
        lines = (ETC / "tmpfiles.d/modgate.conf").read_text(encoding="utf-8").splitlines()
        made = {tuple(line.split()) for line in lines if line and not line.startswith("#")}
        self.assertEqual(made, {("d", "/run/modgate", "0755", "root", "root", "-"),
                                ("d", "/var/log/modgate", "0750", "modgate-audit", "modgate-audit", "-"),
                                ("d", "/var/lib/modgate", "0750", "modgate-audit", "modgate-audit", "-"),
                                ("d", "/run/faillock", "0755", "root", "root", "-")})

    def test_systemd_makes_accounts_and_directories_of_them(self) -> None:
        if not shutil.which("systemd-sysusers") or not shutil.which("systemd-tmpfiles"):
            self.skipTest("systemd-sysusers or systemd-tmpfiles is not there")
        root = self.place / "root"
        (root / "etc").mkdir(parents=True)
        for kind in ("sysusers", "tmpfiles"):
            (root / f"usr/lib/{kind}.d").mkdir(parents=True)
            shutil.copy(ETC / f"{kind}.d/modgate.conf", root / f"usr/lib/{kind}.d/modgate.conf")
        status, said = run("systemd-sysusers", f"--root={root}")
        self.assertEqual(status, 0, said)
        passwd = (root / "etc/passwd").read_text(encoding="utf-8")
        ids = {line.split(":")[0]: line.split(":")[2:4] for line in passwd.splitlines()}
        for name in ("modgate", "modgate-inspect", "modgate-front", "modgate-audit", "modgate-courier"):
            self.assertNotIn("0", ids[name], name)
        self.assertEqual(len({uid for uid, _ in ids.values()}), len(ids))
        groups = (root / "etc/group").read_text(encoding="utf-8")
        self.assertRegex(groups, r"(?m)^modgate-audit:")

    def test_completion_is_sound_bash(self) -> None:
        status, said = run("bash", "-n", str(ETC / "completions/modgate"))
        self.assertEqual((status, said), (0, ""))
        for words, wanted in ((["modgate", "pl"], "plan"), (["modgate", "plan", "un"], "unload"),
                              (["modgate", "-r", "why", "po"], "policy"),
                              (["modgate", "policy", "im"], "import-sudoers"),
                              (["modgate", "log", "--outcome", "den"], "denied"),
                              (["modgate", "log", "--gro"], "--group-by"),
                              (["modgate", "log", "--group-by", "mo"], "module"),
                              (["modgate", "report", "--ht"], "--html"),
                              (["modgate", "log", "si"], "sign-off")):
            array = " ".join(f"'{word}'" for word in words)
            status, said = run("bash", "-c", f"source '{ETC}/completions/modgate'; COMP_WORDS=({array}); "
                               f"COMP_CWORD={len(words) - 1}; _modgate; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
            self.assertEqual(said.split(), [wanted], words)

    def test_pam_service_uses_auth_and_account_alone(self) -> None:
        lines = [line for line in (ETC / "pam.d/modgate").read_text(encoding="utf-8").splitlines()
                 if line and not line.startswith("#")]
        self.assertEqual(lines, ["@include common-auth", "@include common-account"])


if __name__ == "__main__":
    if not shutil.which("systemd-analyze"):
        print("SKIPPED: systemd-analyze is not there")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
