#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Installs the build into a directory of its own, twice, and looks at what is there.

An administrator's edits survive the second time, modes are what the contract says whatever the
umask, and nothing is setuid, setgid or has capabilities.
"""
import argparse
import os
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

OPTIONS = argparse.Namespace()


def install(root: Path, umask: int = 0o022) -> None:
    done = subprocess.run([OPTIONS.cmake, "--install", OPTIONS.build],
                          env={**os.environ, "DESTDIR": str(root)}, umask=umask,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stdout)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


class Installed(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="modgate-install-")
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)

    def at(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def conf(self, path: str) -> Path:
        return self.at(f"{OPTIONS.sysconfdir}/{path}")

    def test_everything_is_there_with_its_mode_whatever_the_umask(self) -> None:
        for umask in (0o022, 0o077, 0o000):
            with self.subTest(umask=oct(umask)), tempfile.TemporaryDirectory() as folder:
                self.root = Path(folder)
                install(self.root, umask)
                lib = f"{OPTIONS.prefix}/lib"
                for path, bits in {
                        f"{OPTIONS.bindir}/modgate": 0o755,
                        f"{OPTIONS.bindir}/modgate-witness": 0o755,
                        f"{OPTIONS.libexecdir}/modgate-courier": 0o755,
                        f"{OPTIONS.sbindir}/modgated": 0o755,
                        f"{OPTIONS.sysconfdir}/modgate": 0o755,
                        f"{OPTIONS.sysconfdir}/modgate/policy.toml": 0o644,
                        f"{OPTIONS.sysconfdir}/modgate/policy.d": 0o755,
                        f"{OPTIONS.sysconfdir}/modgate/signers": 0o755,
                        f"{OPTIONS.sysconfdir}/pam.d/modgate": 0o644,
                        f"{lib}/systemd/system/modgate.socket": 0o644,
                        f"{lib}/systemd/system/modgate-courier.socket": 0o644,
                        f"{lib}/systemd/system/modgate.service": 0o644,
                        f"{lib}/systemd/catalog/modgate.catalog": 0o644,
                        f"{lib}/systemd/system/modgate-courier.service": 0o644,
                        f"{lib}/systemd/system/modgate-witness.service": 0o644,
                        f"{lib}/sysusers.d/modgate.conf": 0o644,
                        f"{lib}/tmpfiles.d/modgate.conf": 0o644,
                        f"{OPTIONS.mandir}/man1/modgate.1": 0o644,
                        f"{OPTIONS.mandir}/man5/modgate.toml.5": 0o644,
                        f"{OPTIONS.mandir}/man8/modgated.8": 0o644,
                        f"{OPTIONS.mandir}/man8/modgate-courier.8": 0o644,
                        f"{OPTIONS.mandir}/man8/modgate-witness.8": 0o644,
                        f"{OPTIONS.docdir}/SECURITY.md": 0o644,
                        f"{OPTIONS.docdir}/LICENSE": 0o644,
                        f"{OPTIONS.docdir}/policy.md": 0o644,
                        f"{OPTIONS.docdir}/witness.md": 0o644,
                        f"{OPTIONS.docdir}/examples/network-pam.conf": 0o644}.items():
                    self.assertTrue(self.at(path).exists(), path)
                    self.assertEqual(oct(mode(self.at(path))), oct(bits), path)

    def test_no_file_carries_privileges(self) -> None:
        install(self.root)
        seen = 0
        for path in self.root.rglob("*"):
            seen += path.is_file()
            if path.is_symlink():
                continue
            self.assertFalse(path.lstat().st_mode & (stat.S_ISUID | stat.S_ISGID), path)
            if path.is_file():
                self.assertFalse(mode(path) & 0o022, path)
                self.assertNotIn("security.capability", os.listxattr(path))
        self.assertGreater(seen, 10)

    def test_nothing_new_beside_files_that_nobody_edited(self) -> None:
        install(self.root)
        install(self.root)
        self.assertEqual(list(self.root.rglob("*.new")), [])

    def test_edits_survive_and_the_new_ones_lie_beside(self) -> None:
        install(self.root)
        for name in ("modgate/policy.toml", "pam.d/modgate"):
            with self.subTest(name):
                shipped = self.conf(name).read_text(encoding="utf-8")
                self.conf(name).write_text("# mine\n", encoding="utf-8")
                self.conf(name).chmod(0o600)
                install(self.root)
                self.assertEqual(self.conf(name).read_text(encoding="utf-8"), "# mine\n")
                self.assertEqual(mode(self.conf(name)), 0o600)
                self.assertEqual(self.conf(name + ".new").read_text(encoding="utf-8"), shipped)
                self.assertEqual(mode(self.conf(name + ".new")), 0o644)

    def test_links_and_directories_of_the_administrator_stay(self) -> None:
        install(self.root)
        elsewhere = self.root / "elsewhere"
        elsewhere.write_text("# mine\n", encoding="utf-8")
        policy = self.conf("modgate/policy.toml")
        for target in (elsewhere, self.root / "nowhere"):
            policy.unlink()
            policy.symlink_to(target)
            beside = self.conf("modgate/policy.toml.new")
            beside.unlink(missing_ok=True)
            beside.symlink_to(elsewhere)
            install(self.root)
            self.assertEqual(os.readlink(policy), str(target))
            self.assertFalse(beside.is_symlink(), "written through a link")
            self.assertEqual(elsewhere.read_text(encoding="utf-8"), "# mine\n")
        self.assertFalse((self.root / "nowhere").exists())
        self.conf("modgate/policy.d/10.toml").write_text("", encoding="utf-8")
        self.conf("modgate/policy.d").chmod(0o700)
        install(self.root)
        self.assertTrue(self.conf("modgate/policy.d/10.toml").exists())
        self.assertEqual(mode(self.conf("modgate/policy.d")), 0o700)

    def test_the_service_starts_what_was_installed(self) -> None:
        install(self.root)
        unit = self.at(f"{OPTIONS.prefix}/lib/systemd/system/modgate.service").read_text(encoding="utf-8")
        start = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
        self.assertEqual(len(start), 1)
        words = start[0].removeprefix("ExecStart=").split()
        self.assertEqual(words[0], f"{OPTIONS.sbindir}/modgated")
        if OPTIONS.sysconfdir == "/etc":
            self.assertEqual(len(words), 1)
        else:
            self.assertIn(f"{OPTIONS.sysconfdir}/modgate/policy.toml", words)
        self.assertNotIn("@", start[0])

    def test_witness_and_courier_start_what_was_installed_once_someone_wants_them(self) -> None:
        install(self.root)
        units = self.at(f"{OPTIONS.prefix}/lib/systemd/system")
        for name, program in (("witness", f"{OPTIONS.bindir}/modgate-witness"),
                              ("courier", f"{OPTIONS.libexecdir}/modgate-courier")):
            unit = (units / f"modgate-{name}.service").read_text(encoding="utf-8")
            start = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
            self.assertEqual([line.removeprefix("ExecStart=").split()[0] for line in start], [program])
            self.assertNotIn("@CMAKE", unit)
            self.assertNotIn("@MODGATE", unit)
            self.assertEqual(list(units.glob(f"*.wants/modgate-{name}.service")), [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    for option in ("cmake", "prefix", "sysconfdir", "bindir", "sbindir", "libexecdir", "docdir", "mandir"):
        parser.add_argument(f"--{option}", required=True)
    parser.parse_args(namespace=OPTIONS)
    unittest.main(argv=sys.argv[:1])
