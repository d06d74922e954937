# SPDX-License-Identifier: Apache-2.0
"""Rules that name who signed a module or what its digest is, against what people hand over instead."""

import hashlib
import lzma
import os
import shutil
import struct
from pathlib import Path

from gate import case
from handed_over import load, module, place
from policies import TRUSTING, events, own
from signatures import MARKER, SIGNERS

SIGNED_BY_LAB = """
[defaults]
authenticate = false
[role.dev]
members = ["alice"]
[[role.dev.allow]]
source = "file"
modules = ["gate_*"]
signer = ["lab-key"]
[role.other]
members = ["carol"]
[[role.other.allow]]
source = "file"
modules = ["gate_*"]
signer = ["other-key"]
"""


class Keys:
    """Keys and what they sign, in a folder of root's."""

    def __init__(self, gate, *names):
        self.gate = gate
        self.folder = Path("/root/keys")
        self.folder.mkdir()
        SIGNERS.mkdir(exist_ok=True)
        for name in names:
            self.make(name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)
        for file in SIGNERS.iterdir():
            file.unlink()

    def make(self, name, kind="rsa:2048", trusted=True):
        key = ["-newkey", kind] if kind.startswith("rsa") else ["-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{kind}"]
        self.gate.root(["openssl", "req", "-x509", *key, "-nodes", "-days", "2", "-subj", "/CN=lab", "-set_serial",
                        "7", "-keyout", f"{self.folder}/{name}.key", "-out", f"{self.folder}/{name}.pem"])
        if trusted:
            shutil.copy(self.folder / f"{name}.pem", SIGNERS / f"{name}.pem")
            os.chmod(SIGNERS / f"{name}.pem", 0o644)

    def message(self, name, body, *options, digest="sha256"):
        (self.folder / "body").write_bytes(body)
        options = options or ("-nocerts", "-noattr")
        self.gate.root(["openssl", "cms", "-sign", "-binary", "-md", digest, "-outform", "DER", *options, "-in",
                        f"{self.folder}/body", "-signer", f"{self.folder}/{name}.pem", "-inkey",
                        f"{self.folder}/{name}.key", "-out", f"{self.folder}/message"])
        return (self.folder / "message").read_bytes()

    def sign(self, name, body, *options, digest="sha256"):
        return with_message(body, self.message(name, body, *options, digest=digest))


def with_message(body, message):
    return body + message + bytes([0, 0, 2, 0, 0, 0, 0, 0]) + struct.pack(">I", len(message)) + MARKER


def accepted(gate, bytes_, user="alice"):
    """Whether the file is loaded; it is unloaded again. What is not has to be rejected (5)."""
    path = place(bytes_, "gate_ok.ko")
    os.chmod(path, 0o644)
    done = load(gate, path, user=user)
    if done.status == 0:
        gate.unload("gate_ok")
        return True
    assert done.status == 5 and "gate_ok" not in gate.modules(), done
    return False


@case(timeout=120)
def test_who_signed_it_counts_and_nothing_else_does(gate):
    body = module(gate, "gate_ok")
    gate.policy(SIGNED_BY_LAB)
    with Keys(gate, "lab-key", "other-key") as keys:
        keys.make("forger", trusted=False)
        good = keys.sign("lab-key", body)
        before = len(gate.log())
        assert accepted(gate, good)
        assert own(events(gate, before)[-1])["modules"][0]["signer"] == "lab-key"
        assert accepted(gate, keys.sign("lab-key", body, "-nocerts", "-noattr", "-keyid")), "by the key's own name"
        assert accepted(gate, keys.sign("lab-key", body, digest="sha512"))
        other = keys.sign("other-key", body)
        message = keys.message("lab-key", body)
        code = bytearray(good)
        code[len(body) // 2] ^= 1
        signature = bytearray(good)
        signature[-60] ^= 1
        trailer = bytearray(good)
        trailer[-len(MARKER) - 10] ^= 1
        for what, bytes_ in {
                "unsigned": body, "cut off": good[:-len(MARKER)], "truncated": good[:len(body) - 100] + good[len(body):],
                "another role's key": other, "unknown key": keys.sign("forger", body), "code changed": bytes(code),
                "signature changed": bytes(signature), "trailer changed": bytes(trailer),
                "two signatures, the last unknown": keys.sign("forger", good),
                "signed attributes": keys.sign("lab-key", body, "-nocerts"),
                "embedded certificate": keys.sign("forger", body, "-noattr"),
                "SHA-1": keys.sign("lab-key", body, digest="sha1"),
                "garbage behind the message": with_message(body, message + b"\0"),
                "of other bytes": with_message(body, keys.message("lab-key", body + b"x"))}.items():
            assert not accepted(gate, bytes_), what
        # A role sees its own key and no other's.
        assert accepted(gate, other, user="carol")
        assert not accepted(gate, good, user="carol")
        # The certificate gone, its signature is worth nothing at once.
        (SIGNERS / "lab-key.pem").unlink()
        assert not accepted(gate, good)


@case(timeout=60)
def test_keys_that_may_vouch(gate):
    body = module(gate, "gate_ok")
    gate.policy(SIGNED_BY_LAB)
    with Keys(gate) as keys:
        for kind, well in (("P-256", True), ("P-384", True), ("rsa:1024", False), ("rsa:3072", True)):
            keys.make("lab-key", kind=kind)
            assert accepted(gate, keys.sign("lab-key", body)) == well, kind


@case(timeout=60)
def test_the_kernels_own_key_as_a_pin(gate):
    gate.policy(TRUSTING.replace('actions = ["load", "unload"]', 'actions = ["load", "unload"]\nsigner = ["kernel"]'))
    assert gate.run("alice", "modgate load dummy").status == 0
    done = gate.run("alice", "modgate --json load gate_ok")
    assert done.status == 5 and "kernel" in done.stdout, done


@case(timeout=60)
def test_a_list_of_digests_approves_without_a_rule(gate):
    body = module(gate, "gate_ok")
    line = f"{hashlib.sha256(body).hexdigest()}  gate_ok.ko\n"
    policy = SIGNED_BY_LAB.replace('signer = ["lab-key"]', 'sha256_file = "lab.sha256"')
    gate.policy("# none yet\n" + line.replace(line[0], "0" if line[0] != "0" else "1"), file="lab.sha256")
    gate.policy(policy)
    assert not accepted(gate, body)
    gate.policy(line, file="lab.sha256")
    assert accepted(gate, body), "a change of the list takes effect at once"
    # A list that is unsafe or malformed is an error of the policy: the last good one stays.
    gate.policy("not a digest\n", file="lab.sha256")
    assert accepted(gate, body)
    assert gate.root("modgate policy check", check=False).status == 1
    gate.restart()
    assert load(gate, place(body, "gate_ok.ko")).status == 6


@case(timeout=60)
def test_the_checked_file_itself_may_be_loaded(gate):
    gate.policy(TRUSTING.replace("[defaults]", '[defaults]\nload_source = "file"'))
    before = len(gate.log())
    assert gate.run("alice", "modgate load gate_needs").status == 0
    modules = own(events(gate, before)[-1])["modules"]
    assert [m["sha256"] for m in modules] == [hashlib.sha256(module(gate, m["name"])).hexdigest() for m in modules]
    gate.unload("gate_needs", "gate_ok")
    # A file that others may write is not root's alone.
    file = gate.module_file("gate_ok")
    file.chmod(0o666)
    try:
        assert gate.run("alice", "modgate load gate_ok").status == 5
    finally:
        file.chmod(0o644)


@case(timeout=60)
def test_a_compressed_file_is_loaded_from_memory_alone(gate):
    """KMOD-COMPRESSED-FALLBACK: by its first bytes, whatever its name: no index of the tree needs to be made anew."""
    file = gate.module_file("gate_ok")
    right = file.read_bytes()
    file.write_bytes(lzma.compress(right, check=lzma.CHECK_CRC32))
    try:
        gate.policy(TRUSTING.replace("[defaults]", '[defaults]\nload_source = "file"'))
        for words in ("plan load", "load"):
            done = gate.run("alice", f"modgate {words} gate_ok")
            assert done.status == 1, done
            for hint in ("is compressed", "unxz", "depmod -a", 'load_source = "memory"'):
                assert hint in done.stderr, done
        assert "gate_ok" not in gate.modules()
        # The same file from memory: what was unpacked is what is recorded and loaded.
        gate.policy(TRUSTING)
        before = len(gate.log())
        assert gate.run("alice", "modgate load gate_ok").status == 0
        assert own(events(gate, before)[-1])["modules"][0]["sha256"] == hashlib.sha256(right).hexdigest()
    finally:
        file.write_bytes(right)


@case(timeout=60)
def test_pin_prints_a_rule_that_works(gate):
    body = module(gate, "gate_ok")
    path = place(body, "gate_ok.ko")
    rule = gate.run("alice", ["modgate", "pin", path])
    assert rule.status == 0, rule
    gate.policy("[defaults]\nauthenticate = false\n[role.NAME]\nmembers = [\"alice\"]\n" + rule.stdout)
    assert gate.root("modgate policy check").status == 0
    assert accepted(gate, body)
    assert not accepted(gate, body + b"\0")
    assert gate.run("alice", "modgate pin /etc/passwd").status == 5
    assert gate.run("alice", "modgate pin /tmp/not-there.ko").status == 1


@case(timeout=90)
def test_an_examiner_that_dies_vouches_for_nothing(gate):
    # Its memory is limited: a file of zeros as large as it may be takes a while, long enough to be killed in.
    gate.policy(TRUSTING + '\n[[role.dev.allow]]\nsource = "file"\nmodules = ["gate_big"]\nunpinned = true\n')
    place(b"", "gate_big.ko")
    with open("/tmp/alice/gate_big.ko", "wb") as big:
        big.truncate(200 << 20)
    running = gate.login("alice").start(["modgate", "load", "/tmp/alice/gate_big.ko"])
    killed = gate.wait_until(lambda: gate.root("pkill -9 modgate-unpacke", check=False).status == 0, what="an examiner")
    done = running.finish(60)
    os.unlink("/tmp/alice/gate_big.ko")
    assert killed and done.status == 5, done
    assert gate.run("carol", "modgate load dummy").status == 0, "others are not disturbed"
    assert gate.run("alice", "modgate load gate_ok").status == 0
