#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What went wrong elsewhere has a test here: tests/THREATS.md held against the tests.

Exits 1 and names every test of the table that is not there, every one that does not bear the id of its row, every id
that a test bears and the table does not know or does not list it for, and every row with neither a test nor a reason.
A test bears an id by its name or a tag (Catch2), in its docstring (a case of the machine) or in a comment (a fuzzer).
`--self-test` shows that each of these is found.
"""
import ast
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = "tests/THREATS.md"

ID = re.compile(r"\b(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3}|RUSTSEC-\d{4}-\d{4}|USBGuard#\d+|OCPBUGS-\d+"
                r"|KMOD-[A-Z]+(?:-[A-Z]+)*|CAPS-REGAINED|NVIDIA-MODPROBE)(?![\w-])")
CASE = re.compile(r'\b(?:TEST_CASE|SCENARIO)\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)(?:,\s*((?:"(?:[^"\\]|\\.)*"\s*)+))?\)')
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
COMMENT = re.compile(r"^\s*///?(.*)$", re.M)


def ids_in(text: str) -> set[str]:
    return set(ID.findall(text))


def joined(literals: str) -> str:
    return "".join(LITERAL.findall(literals or ""))


def cases_of(tier: str, room: str, source: str) -> dict[str, set[str]]:
    """The Catch2 tests in a source, named as ctest names them, and the ids that each bears."""
    return {f"{tier}.{room}: {joined(name)}": ids_in(joined(name) + " " + joined(tags))
            for name, tags in CASE.findall(source)}


def machine_cases_of(file: str, source: str) -> dict[str, set[str]]:
    return {f"vm: {file}.{node.name}": ids_in(ast.get_docstring(node) or "")
            for node in ast.parse(source, file).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def tests_there() -> dict[str, set[str]]:
    tests: dict[str, set[str]] = {}
    for tier in ("unit", "component"):
        for path in sorted((ROOT / "tests" / tier).glob("*/*.cpp")):
            tests.update(cases_of(tier, path.parent.name, path.read_text()))
    for path in sorted((ROOT / "tests/vm/cases").glob("*.py")):
        tests.update(machine_cases_of(path.stem, path.read_text()))
    for path in sorted((ROOT / "tests/fuzz").glob("*.cpp")):
        tests[f"fuzz: {path.stem}"] = ids_in(" ".join(COMMENT.findall(path.read_text())))
    return tests


def rows_of(table: str) -> list[tuple[int, list[str], str, set[str]]]:
    """Of each row its line, its ids, what stands in its last column, and the tests that are named there."""
    rows = []
    for number, line in enumerate(table.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells[0] == "Id" or set(cells[0]) <= set("-: "):
            continue
        rows.append((number, sorted(ids_in(cells[0])), cells[-1], set(re.findall(r"`([^`]+)`", cells[-1]))))
    return rows


def problems_of(table: str, tests: dict[str, set[str]]) -> list[str]:
    found = []
    listed: dict[str, set[str]] = {}
    for number, ids, last, named in rows_of(table):
        at = f"{TABLE}:{number}"
        if not ids:
            found.append(f"{at}: no id")
        if not named and not last.startswith("Cannot apply: "):
            found.append(f"{at}: neither a test nor why there is none")
        for one in ids:
            if one in listed:
                found.append(f"{at}: {one} stands twice")
            listed[one] = named
        for test in sorted(named):
            if test not in tests:
                found.append(f"{at}: there is no test `{test}`")
            elif not tests[test] & set(ids):
                found.append(f"{at}: `{test}` bears none of {', '.join(ids)}")
    if not listed:
        found.append(f"{TABLE}: no rows")
    for test, ids in sorted(tests.items()):
        for one in sorted(ids):
            if one not in listed:
                found.append(f"`{test}` bears {one}, which {TABLE} does not know")
            elif test not in listed[one]:
                found.append(f"`{test}` bears {one}, and {TABLE} does not name it there")
    return found


def self_test() -> int:
    head = "| Id | What went wrong | Tests |\n|---|---|---|\n"
    sound = (head + "| CVE-2001-0001, KMOD-X | a | `unit.a: one`<br>`vm: b.test_c` |\n"
             + "| USBGuard#1 | b | Cannot apply: so |\n")
    tests = cases_of("unit", "a", 'TEST_CASE("o"\n  "ne", "[CVE-2001-0001]") {}\nTEST_CASE("two") {}')
    tests |= machine_cases_of("b", 'def test_c(gate):\n    """KMOD-X: c."""\n')
    wrong = {
        "a sound table": (sound, tests, 0),
        "a test that is not there": (sound.replace("test_c", "test_d"), tests, 2),
        "a test without the id": (sound.replace("unit.a: one", "unit.a: two"), tests, 2),
        "an id that nobody knows": (sound, tests | {"unit.a: two": {"CVE-2001-0009"}}, 1),
        "a test that is not listed": (sound, tests | {"unit.a: two": {"KMOD-X"}}, 1),
        "a row with nothing": (sound.replace("Cannot apply: so", ""), tests, 1),
        "an id that stands twice": (sound.replace("USBGuard#1", "USBGuard#1, KMOD-X"), tests, 2),
        "no rows": (head, {}, 1),
    }
    failed = 0
    for what, (table, there, count) in wrong.items():
        found = problems_of(table, there)
        if len(found) != count:
            failed += 1
            print(f"{what}: {count} problems wanted, found {found}")
    return 1 if failed else 0


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = problems_of((ROOT / TABLE).read_text(), tests_there())
    print("\n".join(found + [f"{len(found)} problems"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
