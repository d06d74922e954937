"""Shows the installed project at work in the throwaway machine."""

import argparse
import os
import sys

import builds
from steps import BUILD, PROJECT, nothing_typed

VM = PROJECT / "tests/vm/vm"


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/demo", description=__doc__)
    parser.add_argument("--shell", action="store_true", help="log in and try it yourself")
    options = parser.parse_args()
    nothing_typed()
    installed = builds.installed_release()
    if not installed:
        return 1
    common = ["--install", str(installed), "--build", str(BUILD / "vm")]
    if options.shell:
        os.execv(VM, [str(VM), "shell", *common])
    os.execv(VM, [str(VM), "run", *common, "--demo-policy", str(PROJECT / "tests/vm/demo/transcript")])


sys.exit(main())
