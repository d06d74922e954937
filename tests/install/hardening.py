#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the compiler and the linker made of the installed programs, against exploits of a memory error.

hardening.py BUILD ROOT: the build folder, with compile_commands.json, and the tree that it was installed into.
"""
import json
import re
import subprocess
import sys
import unittest
from dataclasses import dataclass
from pathlib import Path

BUILD, ROOT = Path(sys.argv[1]), Path(sys.argv[2])


@dataclass
class Program:
    built: str                   # in the build folder: with its symbols, which the installed one has lost
    is_static_at_fixed_address: str = ""  # why
    fortifies_nothing: str = ""  # why


PROGRAMS = {
    "usr/bin/modgate": Program(
        "gate/cli/modgate",
        "it starts in three quarters of the time, runs with its caller's own rights and hears nobody but root"),
    "usr/bin/modgate-witness": Program("gate/witness/modgate-witness"),
    "usr/libexec/modgate-courier": Program(
        "gate/courier/modgate-courier", fortifies_nothing="the compiler knows the bound of every buffer of its calls"),
    "usr/libexec/modgate/modgate-admin": Program("gate/cli/admin/modgate-admin"),
    "usr/sbin/modgated": Program("gate/daemon/modgated"),
}
# Every call of the compiler for the product has these.
FLAGS = ("-fstack-protector-strong", "-fstack-clash-protection", "-D_FORTIFY_SOURCE=3",
         "-ftrivial-auto-var-init=zero")
IS_X86 = "x86-64" in subprocess.run(["readelf", "-h", ROOT / "usr/sbin/modgated"], text=True, check=True,
                                    capture_output=True).stdout.lower()


def readelf(*words: str | Path) -> str:
    return subprocess.run(["readelf", "--wide", *words], stdout=subprocess.PIPE, text=True, check=True,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}).stdout


def symbols(program: Path) -> set[str]:
    return set(re.findall(r" (\w+)(?:@\S*)?(?: \(\d+\))?$", readelf("-s", program), re.M))


def programs_in(root: Path) -> set[str]:
    found = set()
    for path in root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    found.add(str(path.relative_to(root)))
    return found


class Hardening(unittest.TestCase):
    def each(self, static: bool | None = None):
        for name, program in PROGRAMS.items():
            if static is None or static == bool(program.is_static_at_fixed_address):
                print(f"  {self.id().rsplit('.', 1)[1]}: {name}", flush=True)
                yield name, program

    def test_no_other_program_is_installed(self) -> None:
        self.assertEqual(programs_in(ROOT), set(PROGRAMS))

    def test_position_independent(self) -> None:
        for name, _ in self.each(static=False):
            self.assertIn("DYN (Position-Independent Executable", readelf("-h", ROOT / name))
            self.assertRegex(readelf("-d", ROOT / name), r"FLAGS_1\).*PIE")

    def test_the_static_one_has_no_loader_to_attack(self) -> None:
        for name, _ in self.each(static=True):
            self.assertIn("EXEC (Executable file)", readelf("-h", ROOT / name))
            self.assertNotIn("INTERP", readelf("-l", ROOT / name))

    def test_relocations_are_read_only_from_the_start(self) -> None:
        for name, program in self.each():
            self.assertIn("GNU_RELRO", readelf("-l", ROOT / name))
            if not program.is_static_at_fixed_address:
                self.assertRegex(readelf("-d", ROOT / name), r"FLAGS\).*BIND_NOW|FLAGS_1\).*\bNOW\b")

    def test_nothing_is_writable_and_executable(self) -> None:
        for name, _ in self.each():
            headers = readelf("-l", ROOT / name)
            self.assertRegex(headers, r"GNU_STACK .* RW +0x")
            self.assertNotRegex(headers, r"(LOAD|GNU_STACK) .* RWE ")

    def test_no_search_path_and_no_relocation_of_text(self) -> None:
        for name, _ in self.each():
            self.assertNotRegex(readelf("-d", ROOT / name), r"\((RPATH|RUNPATH|TEXTREL)\)|\bTEXTREL\b")

    def test_stack_canaries(self) -> None:
        for _, program in self.each():
            self.assertTrue("__stack_chk_fail" in symbols(BUILD / program.built))

    def test_fortified_calls(self) -> None:
        for _, program in self.each():
            fortified = [name for name in symbols(BUILD / program.built) if re.fullmatch(r"__\w+_chk", name)]
            # Another compiler may know less of that one's buffers.
            self.assertTrue(fortified or program.fortifies_nothing)

    @unittest.skipUnless(IS_X86, "control-flow enforcement is of x86-64")
    def test_control_flow_enforcement(self) -> None:
        objects = [path for room in ("gate", "pam") for path in (BUILD / room).rglob("*.o")]
        self.assertGreater(len(objects), 10)
        notes = readelf("-n", *objects)
        self.assertEqual(notes.count("x86 feature: IBT, SHSTK"), len(objects), "in each object of the product")
        # Of a program IBT cannot be said: start files and libraries of Debian are built without it, and the linker
        # says so. The shadow stack needs nothing of them.
        for name, _ in self.each():
            self.assertRegex(readelf("-n", ROOT / name), r"x86 feature: .*SHSTK")

    def test_every_call_of_the_compiler(self) -> None:
        calls = json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8"))
        product = [call for call in calls if re.search(r"/(gate|pam)/[^ ]+\.cpp$", call["file"])
                   or "/unity_" in call["file"].lower()]
        self.assertGreater(len(product), 10)
        for call in product:
            words = call["command"].split()
            for flag in FLAGS + (("-fcf-protection=full",) if IS_X86 else ()):
                self.assertIn(flag, words, call["file"])
            self.assertFalse({"-fno-stack-protector", "-fcf-protection=none", "-D_FORTIFY_SOURCE=0"} & set(words))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
