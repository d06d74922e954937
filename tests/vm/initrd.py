"""What one boot adds to the image: the installed project, test modules, the runner and its cases."""

import shutil
from pathlib import Path

from cpio import Archive
from image import HERE, Image

RIG = "usr/local/lib/modgate-vm"
# the auditor among the accounts; systemd-sysusers reads it together with the project's own
AUDITOR = "m olivia modgate-audit\n"
WANTS = "etc/systemd/system/sockets.target.wants/modgate.socket"


def write(path: Path, image: Image, trees: list[Path], files: dict[str, str], scripts: list[Path]) -> Path:
    """Writes image's initramfs with an overlay of `trees`, single `files` (place: text),
    and `scripts`, which the guest finds beside its cases."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as out:
        with open(image.initramfs, "rb") as base:
            shutil.copyfileobj(base, out)
        archive = Archive(out)
        archive.folder("overlay")
        for tree in trees:
            archive.tree(tree, "overlay/")
        for source in sorted((HERE / "guest").iterdir()):
            if source.suffix == ".py":
                archive.path(source, f"overlay/{RIG}/{source.name}")
            elif source.suffix == ".service":
                archive.path(source, f"overlay/etc/systemd/system/{source.name}")
        for source in [*sorted((HERE / "cases").iterdir()), *scripts]:
            if source.is_file():
                archive.path(source, f"overlay/{RIG}/cases/{source.name}")
        archive.text("overlay/usr/lib/sysusers.d/zz-modgate-vm.conf", AUDITOR)
        for place, text in files.items():
            archive.text(f"overlay/{place}", text)
        if any((tree / "usr/lib/systemd/system/modgate.socket").exists() for tree in trees):
            archive.link(f"overlay/{WANTS}", "/usr/lib/systemd/system/modgate.socket")
        archive.close()
    return path
