#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who includes whom: the arrows between the rooms, held against the sources.

Exits 1 and names every include that goes against the arrows, every file that lacks its licence line,
and every macro. `--self-test` shows that a wrong arrow is found.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A room may include itself, include/modgate, and these.
ALLOWED = {
    "gate/evidence": set(),
    "gate/wire": set(),
    "gate/policy": {"gate/evidence"},
    "gate/config": set(),
    "gate/identity": set(),
    "gate/module": set(),
    "gate/confine": set(),
    "gate/audit": {"gate/evidence"},
    "gate/review": {"gate/audit"},
    # Programs of their own, which know nothing of the helper and which it does not trust.
    "gate/witness": {"gate/evidence"},
    "gate/courier": {"gate/evidence", "gate/wire"},
    "pam": {"gate/config"},
    "gate/client": {"gate/wire"},
    "gate/cli": {"gate/client", "gate/wire"},
    "gate/cli/admin": {"gate/cli", "gate/client", "gate/wire", "gate/policy", "gate/audit",
                       "gate/evidence", "gate/review", "gate/config", "gate/module", "pam"},
    # The pipeline joins the rooms that tell it facts; it knows no process and no socket.
    "gate": {"gate/policy", "gate/module"},
    "gate/daemon": {"gate", "gate/wire", "gate/policy", "gate/config", "gate/identity",
                    "gate/module", "gate/confine", "gate/audit", "gate/evidence", "pam"},
}
# Deciding and proving code touches no OS.
OS_HEADER = re.compile(r"#include <(sys/|fcntl|unistd|poll|netinet|linux/|filesystem|fstream|thread|mutex)")
PURE = {"gate/policy": OS_HEADER, "gate/evidence": OS_HEADER}
INCLUDE = re.compile(r'#include "((?:gate|pam)/[^"]+)"')
MACRO = re.compile(r"^\s*#\s*define\s+(\w+)", re.M)
ALLOWED_MACROS = {"TOML_EXCEPTIONS", "TOML_HEADER_ONLY", "TOML_IMPLEMENTATION", "TOML_ENABLE_FORMATTERS",
                  "TOML_ENABLE_UNRELEASED_FEATURES"}


def room_of(path: str) -> str:
    return path.rsplit("/", 1)[0]


def problems_in(path: str, text: str) -> list[str]:
    found = []
    room = room_of(path)
    if not text.startswith("// SPDX-License-Identifier: Apache-2.0\n"):
        found.append(f"{path}:1: the licence line is missing")
    for macro in MACRO.findall(text):
        if macro not in ALLOWED_MACROS:
            found.append(f"{path}: macro {macro}")
    for number, line in enumerate(text.splitlines(), 1):
        if room in PURE and PURE[room].match(line):
            found.append(f"{path}:{number}: {room} is pure and may not include {line[9:]}")
        include = INCLUDE.match(line)
        if not include:
            continue
        target = room_of(include.group(1))
        if target != room and target not in ALLOWED.get(room, set()):
            found.append(f"{path}:{number}: {room} may not include {include.group(1)}")
    return found


def main() -> int:
    if "--self-test" in sys.argv:
        wrong = '// SPDX-License-Identifier: Apache-2.0\n#include "gate/daemon/listener.h"\n'
        right = '// SPDX-License-Identifier: Apache-2.0\n#include "gate/policy/policy.h"\n'
        ok = (problems_in("gate/policy/x.cpp", wrong) and not problems_in("gate/policy/x.cpp", right)
              and problems_in("gate/wire/x.h", right) and problems_in("gate/wire/x.h", ""))
        return 0 if ok else 1
    found, count = [], 0
    for top in ("gate", "pam", "include"):
        for file in sorted((ROOT / top).rglob("*")):
            if file.suffix not in (".h", ".cpp"):
                continue
            count += 1
            found += problems_in(str(file.relative_to(ROOT)), file.read_text(encoding="utf-8"))
    for line in found:
        print(line)
    print(f"{count} files looked at, {len(found)} problems")
    return 1 if found or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
