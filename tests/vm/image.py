"""The throwaway machine's disk: a small Debian with systemd, made once and cached."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import cache
import kernel as kernels
import workshop as workshops
from cpio import Archive
from workshop import AS_ROOT, HERE

RECIPE = [HERE / "recipe" / "customize", HERE / "recipe" / "init"]
# what the machine needs before it has its disk
BOOT_MODULES = ["virtio_pci", "virtio_blk", "ext4", "crc32c_generic"]
BUSYBOX = Path("/bin/busybox")


@dataclass(frozen=True)
class Image:
    folder: Path
    kernel: kernels.Kernel
    workshop: workshops.Workshop

    @property
    def disk(self) -> Path:
        return self.folder / "root.ext4"

    @property
    def vmlinuz(self) -> Path:
        return self.folder / "vmlinuz"

    @property
    def initramfs(self) -> Path:
        return self.folder / "initramfs.cpio"

    @property
    def modules(self) -> Path:
        """/lib/modules/RELEASE, as in the machine."""
        return self.folder / "modules" / self.kernel.release


def image(suite: str, say) -> Image:
    """The image of this Debian release, from the cache or freshly made."""
    workshop = workshops.workshop(suite, say)
    kernel = kernels.installed(workshop)
    packages = workshops.listed("guest", f"guest.{suite}")
    key = cache.key(suite, kernel.release, kernel.version, *packages, *RECIPE,
                    HERE / "image.py", HERE / "kernel.py", HERE / "cpio.py")

    def make(folder: Path) -> None:
        cache.forget_unused(cache.folder(), "image-*")
        say(f"making the {suite} image with kernel {kernel.release} (once, about a minute)")
        kernels.unpack(kernel, workshop, folder)
        make_initramfs(folder, kernel.release)
        make_disk(folder, kernel.release, suite, packages)

    folder = cache.made(cache.folder() / f"image-{suite}-{key}", make)
    return Image(folder, kernel, workshop)


def make_initramfs(folder: Path, release: str) -> None:
    order = kernels.load_order(folder / "modules" / release, BOOT_MODULES)
    with open(folder / "initramfs.cpio", "wb") as file:
        archive = Archive(file)
        archive.folder("dev")
        archive.path(BUSYBOX, "bin/busybox")
        archive.path(HERE / "recipe" / "init", "init")
        for path in order:
            archive.path(path, f"modules/{path.name}")
        archive.text("modules/order", "".join(path.name + "\n" for path in order))
        archive.close()


def make_disk(folder: Path, release: str, suite: str, packages: list[str]) -> None:
    root = folder / "root.part"
    workshops.bootstrap(suite, root, packages, folder / "mmdebstrap.log",
                        f"{HERE / 'recipe' / 'customize'} \"$1\"")
    as_root("cp", "-rT", folder / "modules", root / "usr/lib/modules")
    # where Debian keeps it: the gate looks for the kernel's own keys in it
    as_root("install", "-m", "0644", folder / "vmlinuz", root / f"boot/vmlinuz-{release}")
    # without a stamp systemd takes the system for freshly updated and runs sysusers at every boot
    as_root("rm", "-f", root / "etc/.updated", root / "var/.updated")
    as_root("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-E", "lazy_itable_init=1",
            "-d", root, folder / "root.ext4", "3G")
    as_root("chown", str(os.getuid()), folder / "root.ext4")
    as_root("rm", "-rf", root)


def as_root(*command) -> None:
    """The files of the root file system belong to its own users."""
    subprocess.run([*AS_ROOT, *command], check=True, stdout=subprocess.DEVNULL)
