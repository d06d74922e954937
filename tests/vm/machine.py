"""QEMU: one boot of the throwaway machine, from a disk that forgets."""

import ctypes
import os
import platform
import signal
import subprocess
import tempfile
from pathlib import Path

import cache
from image import Image

KVM_PROBE_SECONDS = 8


def accelerator(image: Image) -> str:
    """KVM where it really works, else emulation. The answer holds until this computer starts anew."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg,thread=multi"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    note = cache.folder() / f"accelerator-{boot}"
    if not note.exists():
        with cache.lock(cache.folder() / "accelerator.lock"):
            if not note.exists():
                answer = "kvm" if kvm_works(image) else "tcg,thread=multi"
                draft = note.with_suffix(f".{os.getpid()}")
                draft.write_text(answer)
                draft.rename(note)
    return note.read_text()


def kvm_works(image: Image) -> bool:
    """Whether a kernel started with KVM gets as far as printing. /dev/kvm may exist and hang."""
    command = [binary(), "-accel", "kvm", "-cpu", "max", "-m", "256M", "-no-reboot", "-net", "none",
               "-display", "none", "-monitor", "none", "-serial", "stdio",
               "-kernel", str(image.vmlinuz), "-append", "console=ttyS0 panic=-1"]
    with tempfile.TemporaryFile() as output:
        probe = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
        try:
            probe.wait(KVM_PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            stop(probe)
        output.seek(0)
        return b"Linux version" in output.read()


def binary() -> str:
    return "qemu-system-" + {"arm64": "aarch64"}.get(platform.machine(), platform.machine())


def command(image: Image, overlay: Path, append: list[str], serial: list[str], disks: list[str] = ()) -> list[str]:
    # audit records are held until a case starts auditd, so that ausearch finds the earlier ones too
    words = ["console=ttyS0", "quiet", "panic=-1", "oops=panic", "audit=1", "audit_backlog_limit=65536",
             # a busy host makes the emulated clock jump; the kernel would patch itself then, which emulated
             # processors do not always survive
             "tsc=reliable",
             "net.ifnames=0", "systemd.show_status=false", *append]
    return [binary(), "-accel", accelerator(image), "-cpu", "max", "-smp", "2", "-m", "2G",
            "-no-reboot", "-net", "none", "-display", "none", *serial,
            "-drive", f"file={image.disk},format=raw,if=virtio,snapshot=on",
            # these remember: /dev/vdb and so on
            *[word for disk in disks for word in ("-drive", f"file={disk},format=raw,if=virtio")],
            "-kernel", str(image.vmlinuz), "-initrd", str(overlay), "-append", " ".join(words)]


def start(image: Image, overlay: Path, append: list[str], console: Path, disks: list[str] = ()) -> subprocess.Popen:
    """Boots with the console going to a file; what the machine reports on its second line is our stdout."""
    serial = ["-monitor", "none", "-serial", f"file:{console}", "-serial", "stdio"]
    console.write_bytes(b"")
    return subprocess.Popen(command(image, overlay, append, serial, disks), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, start_new_session=True, preexec_fn=die_with_parent)


def die_with_parent() -> None:
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def attend(image: Image, overlay: Path, append: list[str]) -> int:
    """Boots with the console on this terminal and waits until the machine is off."""
    serial = ["-serial", "mon:stdio"]
    return subprocess.run(command(image, overlay, append, serial)).returncode


def stop(process: subprocess.Popen) -> None:
    """Kills QEMU with all of its threads; one that hangs in the kernel is left behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(2)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        pass
