"""Between two cases the machine goes back to how it was."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from gate import ETC, write

BASELINE = Path("/run/modgate-vm/etc")
# Made by the helper at its first start; the other half, and the log that it belongs to, go on.
LOG_VKEY = ETC / "log.vkey"
UNLOAD_SECONDS = 30


def loaded() -> dict:
    """Name → state of every module."""
    return {words[0]: words[4] for words in map(str.split, open("/proc/modules"))}


class State:
    def __init__(self):
        self.modules = set(loaded())
        if ETC.exists():
            shutil.copytree(ETC, BASELINE, symlinks=True)

    def restore(self) -> list:
        """Takes away what a case left; returns complaints about what would not go."""
        complaints = self.unload()
        subprocess.run(["systemctl", "stop", "modgate.service"], capture_output=True, timeout=60)
        subprocess.run(["systemctl", "reset-failed"], capture_output=True, timeout=60)
        # written even if unchanged: a new policy forgets all tickets
        for place, _, files in os.walk(BASELINE):
            for name in files:
                source = Path(place) / name
                target = ETC / source.relative_to(BASELINE)
                if target.is_symlink() or target.read_bytes() != source.read_bytes():
                    write(target, source.read_text(), source.stat().st_mode & 0o7777)
        for place, _, files in os.walk(ETC):
            for name in files:
                path = Path(place) / name
                if path != LOG_VKEY and not (BASELINE / path.relative_to(ETC)).exists():
                    path.unlink()
        for tally in Path("/run/faillock").glob("*"):
            tally.unlink()
        return complaints

    def unload(self) -> list:
        """Removes the modules that came since the start, again and again until they are gone."""
        end = time.monotonic() + UNLOAD_SECONDS
        while True:
            extra = set(loaded()) - self.modules
            if not extra:
                return []
            for name in extra:
                hold = Path(f"/sys/module/{name}/parameters/hold")
                if hold.exists():
                    hold.write_text("N")
                last = subprocess.run(["rmmod", name], capture_output=True, text=True)
            if set(loaded()) - self.modules and time.monotonic() > end:
                return [f"left behind: {', '.join(sorted(extra))}: {last.stderr.strip()}"]
            if extra == set(loaded()) - self.modules:
                time.sleep(0.2)
