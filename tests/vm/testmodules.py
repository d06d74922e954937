"""Kernel modules written for the tests, built for the machine's kernel."""

import shutil
import subprocess
from pathlib import Path

import cache
import kernel as kernels
from image import Image

SOURCES = Path(__file__).resolve().parent / "modules"


def overlay(image: Image, build: Path, say) -> Path:
    """A tree to lay over the machine's root: the modules in extra/ and the tree's indexes made anew."""
    kernel = image.kernel
    sources = sorted(path for path in SOURCES.iterdir() if path.is_file())
    key = cache.key(kernel.release, kernel.version, Path(__file__), *[s.name for s in sources], *sources)

    def make(folder: Path) -> None:
        say("building the test modules")
        work = folder / "work"
        work.mkdir()
        for source in sources:
            shutil.copy(source, work)
        compile_all(image, work)
        merge(image, work, folder)
        shutil.rmtree(work)

    build.mkdir(parents=True, exist_ok=True)
    return cache.made(build / f"modules-{key}", make)


def compile_all(image: Image, work: Path) -> None:
    release = image.kernel.release
    make = ["make", "-j2", "-C", f"/lib/modules/{release}/build", f"M={work}", "modules"]
    done = subprocess.run(image.workshop.command(make, work),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SystemExit("vm: the test modules do not build:\n" + done.stdout)
    # same length, so that nothing in the file moves; with modversions the kernel skips the first word
    stranger = work / "gate_vermagic.ko"
    own = f"vermagic={release} SMP".encode()
    other = own.replace(b"=6.", b"=5.").replace(b" SMP", b" UMP")
    stranger.write_bytes(stranger.read_bytes().replace(own, other))


def merge(image: Image, work: Path, folder: Path) -> None:
    """Runs depmod over the kernel's modules and ours, and keeps what is new."""
    release = image.kernel.release
    everything = work / "modules" / release
    everything.mkdir(parents=True)
    shutil.copytree(image.modules, everything, dirs_exist_ok=True, copy_function=link_or_copy)
    for index in everything.glob("modules.*"):
        # hard links into the image: depmod must write its own
        content = index.read_bytes()
        index.unlink()
        index.write_bytes(content)
    (everything / "extra").mkdir()
    for module in work.glob("*.ko"):
        shutil.copy(module, everything / "extra")
    kernels.depmod(work / "modules", release)
    new = folder / "usr/lib/modules" / release
    new.mkdir(parents=True)
    shutil.copytree(everything / "extra", new / "extra")
    for index in everything.glob("modules.*"):
        shutil.copy(index, new)


def link_or_copy(source: str, target: str) -> None:
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy(source, target)
