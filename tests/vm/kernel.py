"""Which kernel the machine runs: the one whose headers are in the workshop,
so that test modules can be built for it."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from workshop import AS_ROOT, KERNEL, Workshop


@dataclass(frozen=True)
class Kernel:
    release: str  # as `uname -r` prints it
    version: str  # of the Debian package


def installed(workshop: Workshop) -> Kernel:
    """The newest cloud kernel whose headers are in the workshop."""
    listing = subprocess.run(
        ["dpkg-query", f"--admindir={workshop.root / 'var/lib/dpkg'}", "-W",
         "-f", "${db:Status-Abbrev} ${Package} ${Version}\n", "linux-headers-*-cloud-*"],
        capture_output=True, text=True).stdout
    found = []
    for line in listing.splitlines():
        words = line.split()
        match = re.fullmatch(r"linux-headers-(\d.*-cloud-\w+)", words[1])
        if words[0] == "ii" and match:
            numbers = [int(n) for n in re.findall(r"\d+", match[1])]
            found.append((numbers, Kernel(match[1], words[2])))
    if not found:
        raise SystemExit("vm: no kernel headers are installed: apt-get install linux-headers-cloud-amd64")
    return max(found, key=lambda entry: entry[0])[1]


def unpack(kernel: Kernel, workshop: Workshop, folder: Path) -> None:
    """Leaves the kernel's `vmlinuz` and `modules/RELEASE` in the folder."""
    package = f"linux-image-{kernel.release}"
    work = folder / "kernel.part"
    work.mkdir()
    if workshop.here:
        fetch(f"{package}={kernel.version}", work)
    archive = next((work if workshop.here else workshop.root / KERNEL).glob(f"{package}_*.deb"))
    subprocess.run(["dpkg-deb", "-x", archive, work / "tree"], check=True)
    (work / "tree/boot" / f"vmlinuz-{kernel.release}").rename(folder / "vmlinuz")
    (folder / "modules").mkdir()
    modules = folder / "modules" / kernel.release
    merged = work / "tree/usr/lib/modules"  # since Debian 13
    (merged if merged.exists() else work / "tree/lib/modules").joinpath(kernel.release).rename(modules)
    depmod(folder / "modules", kernel.release)
    subprocess.run(["rm", "-rf", work], check=True)


def fetch(package: str, folder: Path) -> None:
    """Downloads one package; apt's lists may be missing or old."""
    command = ["apt-get", "-q", "download", package]
    for attempt in range(2):
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode == 0:
            return
        if attempt == 0:
            subprocess.run([*AS_ROOT, "apt-get", "-q", "update"], stdout=subprocess.DEVNULL)
    raise SystemExit(f"vm: {package} cannot be fetched; are the installed kernel headers up to date?\n{done.stdout}")


def depmod(modules: Path, release: str) -> None:
    """Runs depmod over modules/RELEASE; it wants to see the folder as lib/modules below a root."""
    base = modules.parent / (modules.name + ".root")
    (base / "lib").mkdir(parents=True)
    (base / "lib/modules").symlink_to(modules.absolute())
    try:
        subprocess.run(["depmod", "-b", base, release], check=True)
    finally:
        (base / "lib/modules").unlink()
        (base / "lib").rmdir()
        base.rmdir()


def load_order(modules: Path, wanted: list[str]) -> list[Path]:
    """Files to insert, dependencies first, for modules of the tree; what is built in is left out."""
    needs = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        file, _, dependencies = line.partition(":")
        needs[file] = dependencies.split()
    by_name = {Path(file).name.split(".")[0].replace("-", "_"): file for file in needs}
    builtin = {Path(file).name.split(".")[0].replace("-", "_")
               for file in (modules / "modules.builtin").read_text().split()}
    order: list[str] = []
    for name in wanted:
        if name in builtin:
            continue
        # modules.dep lists the nearest first: the farthest has to go first
        for file in [*reversed(needs[by_name[name]]), by_name[name]]:
            if file not in order:
                order.append(file)
    return [modules / file for file in order]
