"""What is expensive to make is made once and kept outside the source tree."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

UNUSED_SECONDS = 14 * 24 * 3600


def folder() -> Path:
    """The cache of this user; MODGATE_CACHE overrides it."""
    chosen = os.environ.get("MODGATE_CACHE")
    if not chosen:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        chosen = Path(base) / "modgate"
    path = Path(chosen).absolute()
    path.mkdir(parents=True, exist_ok=True)
    return path


def key(*inputs) -> str:
    """A short digest of texts and of the contents of files."""
    digest = hashlib.sha256()
    for item in inputs:
        data = item.read_bytes() if isinstance(item, Path) else str(item).encode()
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def lock(path: Path):
    """One at a time, whoever else runs on this machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def forget_unused(folder: Path, pattern: str) -> None:
    """Removes what nobody has used for two weeks, and drafts that nobody finished."""
    for path in folder.glob(pattern):
        if time.time() - path.stat().st_mtime > UNUSED_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def made(path: Path, make) -> Path:
    """The folder `path`, filled by make(folder) if it does not exist yet: whole or not at all."""
    if path.exists():
        os.utime(path)
        return path
    with lock(path.with_name(path.name + ".lock")):
        if path.exists():
            return path
        draft = Path(tempfile.mkdtemp(prefix=path.name + ".", suffix=".part", dir=path.parent))
        try:
            make(draft)
            draft.chmod(0o755)
            draft.rename(path)
        finally:
            if draft.exists():
                shutil.rmtree(draft, ignore_errors=True)
    return path
