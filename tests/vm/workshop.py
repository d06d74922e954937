"""Where a Debian release's own compiler, libraries and kernel headers are: on this computer for the
release that it runs, for another one in a tree that is made once and entered with bubblewrap."""

import os
import platform
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import cache

HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parent / "packages"
PROJECT = HERE.parent.parent
FETCH_KERNEL = HERE / "recipe" / "fetch-kernel"
# what holds a tree's kernel package, as recipe/fetch-kernel leaves it
KERNEL = Path("var/lib/modgate-kernel")
AS_ROOT = [] if os.geteuid() == 0 else ["sudo"]


@dataclass(frozen=True)
class Workshop:
    suite: str
    root: Path

    @property
    def here(self) -> bool:
        """Whether it is this computer itself."""
        return self.root == Path("/")

    def command(self, words: list, *folders: Path) -> list:
        """`words` as a command that runs in the workshop. The project and `folders` are at their places there;
        only the folders can be written to."""
        if self.here:
            return [str(word) for word in words]
        binds = []
        for place in ("bin", "etc", "lib", "lib64", "sbin", "usr", "var"):
            own = self.root / place
            # links stay links: what is linked to from within would be elsewhere otherwise
            binds += ["--symlink", os.readlink(own), f"/{place}"] if own.is_symlink() else ["--ro-bind-try", own, f"/{place}"]
        binds += ["--ro-bind", PROJECT, PROJECT]
        for folder in folders:
            binds += ["--bind", folder, folder]
        return [str(word) for word in
                ["bwrap", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--tmpfs", "/run", *binds,
                 "--unshare-net", "--die-with-parent", "--cap-add", "ALL", "--chdir", PROJECT, *words]]


def own_suite() -> str:
    """The release that this computer runs."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def listed(*names: str) -> list[str]:
    """The packages of these lists."""
    lines = (line.partition("#")[0].strip() for name in names for line in (PACKAGES / name).read_text().splitlines())
    return [line for line in lines if line]


def workshop(suite: str, say) -> Workshop:
    """This computer, or the tree of another release, from the cache or freshly made."""
    if suite == own_suite():
        return Workshop(suite, Path("/"))
    packages = listed("build", "workshop")
    key = cache.key(suite, platform.machine(), *packages, FETCH_KERNEL, Path(__file__))

    def make(folder: Path) -> None:
        cache.forget_unused(cache.folder(), "workshop-*")
        say(f"making a workshop of {suite} (once, about two minutes)")
        bootstrap(suite, folder / "root", packages, folder / "mmdebstrap.log",
                  f"{shlex.quote(str(FETCH_KERNEL))} \"$1\"", "--aptopt=APT::Install-Recommends false")

    return Workshop(suite, cache.made(cache.folder() / f"workshop-{suite}-{key}", make) / "root")


def bootstrap(suite: str, root: Path, packages: list[str], log: Path, hook: str, *options: str) -> None:
    """A file tree of this release with these packages, and what `hook` does to it."""
    command = [*AS_ROOT, "mmdebstrap", "--quiet", "--variant=minbase", "--format=directory",
               "--include=" + ",".join(packages),
               "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
               "--dpkgopt=path-exclude=/usr/share/locale/*", "--aptopt=Acquire::Languages none",
               f"--customize-hook={hook}", *options, suite, str(root)]
    if os.environ.get("MODGATE_MIRROR"):
        command.append(os.environ["MODGATE_MIRROR"])
    with open(log, "wb") as output:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output).returncode
    if status != 0:
        raise SystemExit("vm: mmdebstrap failed:\n" + log.read_text(errors="replace")[-4000:])
