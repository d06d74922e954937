"""Archives that the kernel unpacks as its first root file system ("newc").
Everything in them belongs to root, whoever owns it here."""

import os
import stat
from pathlib import Path

# Debian 12 and later: these are links into /usr, a folder laid over them would break the system
MERGED = ("bin", "sbin", "lib", "lib64")


def installed(path: Path) -> str:
    return "usr/" + str(path) if path.parts[0] in MERGED else str(path)


class Archive:
    def __init__(self, file):
        self.file = file
        self.inode = 0
        self.folders = set()

    def tree(self, source: Path, prefix: str = "") -> None:
        """Adds what is below the folder `source`, as it would be installed at `/`."""
        for place, folders, files in os.walk(source):
            folders.sort()
            if Path(place) != source:
                self.folder(prefix + installed(Path(place).relative_to(source)),
                            stat.S_IMODE(os.stat(place).st_mode))
            links = [name for name in folders if os.path.islink(os.path.join(place, name))]
            for name in sorted(files + links):
                path = Path(place) / name
                self.path(path, prefix + installed(path.relative_to(source)))

    def path(self, source: Path, name: str) -> None:
        """Adds one file or link under another name."""
        info = source.lstat()
        if stat.S_ISLNK(info.st_mode):
            self.entry(name, stat.S_IFLNK | 0o777, os.readlink(source).encode())
        elif stat.S_ISREG(info.st_mode):
            self.entry(name, stat.S_IFREG | stat.S_IMODE(info.st_mode), source.read_bytes())

    def text(self, name: str, content: str, mode: int = 0o644) -> None:
        self.entry(name, stat.S_IFREG | mode, content.encode())

    def link(self, name: str, target: str) -> None:
        self.entry(name, stat.S_IFLNK | 0o777, target.encode())

    def folder(self, name: str, mode: int = 0o755) -> None:
        if name and name not in self.folders:
            self.folders.add(name)
            self.folder(os.path.dirname(name))
            self.raw(name, stat.S_IFDIR | mode, b"")

    def entry(self, name: str, mode: int, data: bytes) -> None:
        self.folder(os.path.dirname(name))
        self.raw(name, mode, data)

    def raw(self, name: str, mode: int, data: bytes) -> None:
        self.inode += 1
        encoded = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
        header = b"070701" + "".join(f"{field:08X}" for field in fields).encode() + encoded
        self.file.write(header + bytes(-len(header) % 4) + data + bytes(-len(data) % 4))

    def close(self) -> None:
        self.raw("TRAILER!!!", 0, b"")
        self.file.write(bytes(-self.file.tell() % 512))
