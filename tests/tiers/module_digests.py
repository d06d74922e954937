"""Every module of a kernel's tree: what the inspector says of it, against the machine's own tools."""

import subprocess
from pathlib import Path

SUMS_AT_ONCE = 200
UNPACKERS = {".xz": ["xz", "-dc"], ".zst": ["zstd", "-dcq"], ".gz": ["gzip", "-dc"]}


def modules_below(tree: Path) -> list[Path]:
    endings = ("", *UNPACKERS)
    return sorted(path for ending in endings for path in tree.resolve().rglob("*.ko" + ending) if path.is_file())


def sums_of(lines: str) -> dict[str, str]:
    """Path and digest of the lines of sha256sum(1)."""
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines.splitlines())}


def sum_of_unpacked(path: Path) -> str:
    unpacker = subprocess.Popen([*UNPACKERS[path.suffix], path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    digest = subprocess.run(["sha256sum"], stdin=unpacker.stdout, capture_output=True, text=True, check=True).stdout
    unpacker.stdout.close()
    if unpacker.wait() != 0:
        raise RuntimeError(f"{path} cannot be unpacked")
    return digest.split()[0]


def real_sums(modules: list[Path]) -> dict[str, str]:
    """By sha256sum, of the unpacked files."""
    plain = [path for path in modules if path.suffix == ".ko"]
    sums = {str(path): sum_of_unpacked(path) for path in modules if path.suffix != ".ko"}
    for at in range(0, len(plain), SUMS_AT_ONCE):
        done = subprocess.run(["sha256sum", "--", *plain[at:at + SUMS_AT_ONCE]], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=True)
        sums.update(sums_of(done.stdout))
    return sums


def compare(program: list, tree: Path) -> tuple[int, int]:
    """How many of the modules are right, and how many there are. Says which are not. `program` is the inspector's
    command line."""
    modules = modules_below(tree)
    real = real_sums(modules)
    done = subprocess.run([*program, tree.resolve()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    told = sums_of(done.stdout)
    for path in sorted(told.keys() ^ real.keys()):
        print(f"only {'the inspector' if path in told else 'the tree'} has {path}")
    right = {path for path, digest in real.items() if told.get(path) == digest}
    for path in sorted((told.keys() & real.keys()) - right):
        print(f"{path}: the inspector says {told[path]}, sha256sum {real[path]}")
    all_of_them = told.keys() | real.keys()
    if done.returncode != 0 and len(right) == len(all_of_them):
        raise RuntimeError(f"{program[0]} ended with status {done.returncode}")
    return len(right), len(all_of_them)
