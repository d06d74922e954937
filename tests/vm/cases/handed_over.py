# SPDX-License-Identifier: Apache-2.0
"""Modules that a caller built and hands over: what is checked is what is loaded."""

import array
import hashlib
import itertools
import lzma
import multiprocessing
import os
import shutil
import socket

from gate import case
from policies import events, own

HOME = "/tmp/alice"


def pinned(*digests, actions='["load", "unload"]', modules='["gate_*"]', extra=""):
    return f"""
[defaults]
authenticate = false
[role.dev]
members = ["alice"]
[[role.dev.allow]]
source = "file"
modules = {modules}
actions = {actions}
sha256 = [{", ".join(f'"{digest}"' for digest in digests)}]
{extra}
[[role.dev.allow]]
modules = ["gate_*"]
actions = ["unload"]
"""


def digest(bytes_):
    return hashlib.sha256(bytes_).hexdigest()


def module(gate, name):
    return gate.module_bytes(name)


def place(bytes_, name):
    """A file of alice's."""
    os.makedirs(HOME, exist_ok=True)
    path = f"{HOME}/{name}"
    with open(path, "wb") as file:
        file.write(bytes_)
    shutil.chown(HOME, "alice", "alice")
    shutil.chown(path, "alice", "alice")
    return path


def load(gate, path, *words, user="alice"):
    return gate.run(user, ["modgate", "--json", "load", path, *words])


def test_the_digest_that_a_rule_names_is_loaded_and_no_other(gate):
    right = module(gate, "gate_ok")
    path = place(right, "gate_ok.ko")
    gate.policy(pinned(digest(right), extra="params.gate_ok.count = { int = [0, 9] }"))
    before = len(gate.log())
    done = load(gate, path, "count=3")
    assert done.status == 0 and done.json()[0]["loaded"] == ["gate_ok"], done
    with open("/sys/module/gate_ok/parameters/count", encoding="utf-8") as count:
        assert count.read().strip() == "3"
    intent, outcome = events(gate, before)
    (recorded,) = own(outcome)["modules"]
    assert recorded["sha256"] == digest(right) and recorded["file"] == path, recorded
    assert own(intent)["asked"] == path, intent
    assert load(gate, path).status == 0, "the same bytes are loaded through the gate"
    assert gate.run("alice", "modgate unload gate_ok").status == 0
    gate.policy(pinned(digest(b"other")))
    refused = load(gate, path)
    assert refused.status == 5 and refused.json()[0]["error"]["kind"] == "rejected", refused
    assert "gate_ok" not in gate.modules()


def test_who_may_load_no_file_has_none_looked_into(gate):
    gate.policy(pinned(digest(b"x")))
    path = place(b"no module at all", "gate_ok.ko")
    assert load(gate, path).status == 5
    os.chmod(HOME, 0o755)
    done = load(gate, path, user="bob")
    assert done.status == 3 and "hand over" in done.stdout, done


def test_what_is_no_module(gate):
    gate.policy(pinned(digest(b"x")))
    right = module(gate, "gate_ok")
    os.makedirs(HOME, exist_ok=True)
    for name, bytes_ in (("gate_ok.ko", b""), ("gate_ok.ko", right[:1000]), ("gate_ok.ko", b"\x7fELF" + bytes(200)),
                         ("gate_other.ko", right), ("gate_ok.txt", right), ("gate_ok", right),
                         ("gate_ok.ko.xz", b"\xfd7zXZ\x00" + bytes(100)), ("gate_ok.ko.gz", b"\x1f\x8b" + bytes(50))):
        done = load(gate, place(bytes_, name))
        assert done.status == 5, (name, len(bytes_), done)
    assert load(gate, HOME + "/missing.ko").status == 1
    secret = place(right, "gate_needs.ko")
    os.chown(secret, 0, 0)
    os.chmod(secret, 0o600)
    assert load(gate, secret).status == 1, "it is opened with the caller's own rights"
    assert "gate_ok" not in gate.modules()


def for_machine(bytes_, number, width=2, order="little"):
    """The same module with the header of another machine (ELF: e_machine, EI_CLASS, EI_DATA)."""
    ident = bytes_[:4] + bytes([width, 1 if order == "little" else 2]) + bytes_[6:18]
    return ident + number.to_bytes(2, order) + bytes_[20:]


def test_a_module_for_another_machine(gate):
    right = module(gate, "gate_ok")
    here = int.from_bytes(right[18:20], "little")
    x86, arm64 = 62, 183
    foreign = {"arm64, 64 bits": (arm64,), "x86-64, 64 bits": (x86,), "x86-64, 32 bits": (x86, 1),
               "riscv, 64 bits": (243,), "s390, 64 bits, big-endian": (22, 2, "big")}
    del foreign["x86-64, 64 bits" if here == x86 else "arm64, 64 bits"]
    ours = ("x86-64" if here == x86 else "arm64") + ", 64 bits, little-endian"
    files = {words: for_machine(right, *target) for words, target in foreign.items()}
    # Approved all the same: it is not the rule that turns them away.
    gate.policy(pinned(digest(right), *map(digest, files.values())))
    for words, bytes_ in files.items():
        before = len(gate.log())
        done = load(gate, place(bytes_, "gate_ok.ko"))
        assert done.status == 5 and f"built for another machine ({words}" in done.stdout, done
        assert f"this one is {ours}" in done.stdout, done
        (event,) = events(gate, before)
        assert own(event)["outcome"] == "rejected" and "gate_ok" not in gate.modules(), event
    assert for_machine(right, here) == right
    assert load(gate, place(right, "gate_ok.ko")).status == 0


@case(timeout=60)
def test_files_that_are_none(gate):
    gate.policy(pinned(digest(b"x")))
    place(b"", "x.ko")
    os.mkfifo(HOME + "/gate_fifo.ko")
    os.mkdir(HOME + "/gate_dir.ko")
    os.symlink("/dev/zero", HOME + "/gate_zero.ko")
    os.symlink("/proc/kallsyms", HOME + "/gate_proc.ko")
    with open(HOME + "/gate_sparse.ko", "wb") as file:
        file.truncate(1 << 42)
    try:
        for name in ("gate_fifo.ko", "gate_dir.ko", "gate_zero.ko", "gate_proc.ko", "gate_sparse.ko"):
            done = load(gate, f"{HOME}/{name}")
            assert done.status == 5, (name, done)
    finally:
        shutil.rmtree(HOME)


@case(timeout=60)
def test_compressed_files_and_bombs(gate):
    right = module(gate, "gate_ok")
    gate.policy("[defaults]\nmax_module_size = \"8M\"\n" + pinned(digest(right)).replace("[defaults]\n", ""))
    assert load(gate, place(lzma.compress(right), "gate_ok.ko.xz")).status == 0
    assert gate.run("alice", "modgate unload gate_ok").status == 0
    bomb = lzma.compress(bytes(1 << 28), preset=1)
    assert len(bomb) < 1 << 20
    done = load(gate, place(bomb, "gate_ok.ko.xz"))
    assert done.status == 5 and "large" in done.stdout, done


def test_what_a_file_needs_comes_from_the_tree(gate):
    right = module(gate, "gate_needs")
    gate.policy(pinned(digest(right)))
    path = place(right, "gate_needs.ko")
    plan = gate.run("alice", ["modgate", "--json", "plan", "load", path]).json()[0]["plan"]
    assert [m["name"] for m in plan["modules"]] == ["gate_ok", "gate_needs"], plan
    assert plan["decision"] == "allow" and plan["modules"][1]["sha256"] == digest(right), plan
    assert load(gate, path).json()[0]["loaded"] == ["gate_ok", "gate_needs"]
    gate.unload("gate_needs", "gate_ok")
    gate.policy(pinned(digest(right)) + '\n[[deny]]\nmodules = ["gate_ok"]\n')
    assert load(gate, path).status == 3
    assert "gate_ok" not in gate.modules()


def with_another_symbol(bytes_, old, new):
    """The same module that needs another symbol in place of one: in its table of names and in that of versions."""
    assert len(old) == len(new) and b"\0" + old + b"\0" in bytes_
    return bytes_.replace(b"\0" + old + b"\0", b"\0" + new + b"\0")


def symbols_of_the_tree(gate):
    """Which module exports which symbol."""
    index = gate.module_file("gate_ok").parent.parent / "modules.symbols"
    lines = [line.split() for line in index.read_text(encoding="ascii").splitlines() if line.startswith("alias symbol:")]
    return {symbol.removeprefix("symbol:"): name for _, symbol, name in lines}


@case(timeout=120)
def test_symbols_that_are_not_there_are_named(gate):
    own_symbol = "gate_ok_count"
    right = module(gate, "gate_needs")
    strange = with_another_symbol(right, own_symbol.encode(), b"gate_no_count")
    # One that a module of the tree exports, which is not loaded and which nobody says to be needed.
    other, provider = next((symbol, name) for symbol, name in sorted(symbols_of_the_tree(gate).items())
                           if len(symbol) == len(own_symbol) and name not in gate.modules() | {"gate_ok"})
    elsewhere = with_another_symbol(right, own_symbol.encode(), other.encode())
    gate.policy(pinned(*map(digest, (right, strange, elsewhere))))
    release = gate.release
    for bytes_, words in ((strange, "has gate_no_count;"), (elsewhere, f"has {other}; load {provider} first;")):
        path = place(bytes_, "gate_needs.ko")
        plan = gate.run("alice", ["modgate", "--json", "plan", "load", path])
        assert plan.status == 0, plan
        (check,) = [c for c in plan.json()[0]["plan"]["kernel"] if c["check"] == "symbols"]
        assert check["verdict"] == "refuses" and words.rstrip(";") in check["message"], check
        before = len(gate.log())
        done = load(gate, path)
        assert done.status == 1, done
        message = done.json()[-1]["error"]["message"]
        # The symbols of what came along are not among them, although it is gone again.
        assert "unknown symbol in gate_needs (ENOENT): neither the kernel" in message and words in message, message
        assert message.count(release) == 2, "both sides are named: " + message
        assert own(events(gate, before)[-1])["outcome"] == "failed" and "gate_ok" not in gate.modules()
        shown = gate.root("dmesg").stdout
        assert f"gate_needs: Unknown symbol {words.split()[1].rstrip(';')} " in shown, shown[-2000:]
    path = place(right, "gate_needs.ko")
    plan = gate.run("alice", ["modgate", "--json", "plan", "load", path]).json()[0]["plan"]
    (check,) = [c for c in plan["kernel"] if c["check"] == "symbols"]
    assert check["verdict"] == "ok", check
    assert load(gate, path).status == 0


@case(timeout=60)
def test_other_bytes_and_reload(gate):
    first = module(gate, "gate_ok")
    second = another_build(first)
    path = place(first, "gate_ok.ko")
    gate.policy(pinned(digest(first), digest(second)))
    before = len(gate.log())
    assert load(gate, path).status == 0
    assert not any("request" in own(event) for event in events(gate, before)), "a load is no reload"
    place(second, "gate_ok.ko")
    done = load(gate, path)
    assert done.status == 1 and "other bytes are loaded" in done.stdout, done
    assert loaded_build() == build_of(first)
    before = len(gate.log())
    done = gate.run("alice", ["modgate", "--json", "reload", path])
    assert done.status == 0, done
    assert [own(event)["request"] for event in events(gate, before)] == ["reload"] * 2
    assert loaded_build() == build_of(second)
    # It needs both actions, and what is in use stays.
    gate.policy(pinned(digest(first), actions='["load"]').replace('actions = ["unload"]', 'actions = ["load"]'))
    place(first, "gate_ok.ko")
    assert gate.run("alice", ["modgate", "reload", path]).status == 3
    gate.policy(pinned(digest(first)))
    gate.root("modprobe gate_needs")
    done = gate.run("alice", ["modgate", "reload", path])
    assert done.status == 1 and loaded_build() == build_of(second), done
    gate.unload("gate_needs", "gate_ok")
    # Where nothing is loaded it is a load.
    assert gate.run("alice", ["modgate", "reload", path]).status == 0
    # A tree's module of the same name is other bytes too.
    assert gate.run("alice", "modgate reload gate_ok").status == 2


NOTE = b"GNU\0"


def build_of(bytes_):
    """The build id in the ELF note, which the kernel shows of what it loaded."""
    at = bytes_.index(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0" + NOTE) + 16
    return bytes_[at:at + 20]


def another_build(bytes_):
    """The same module with another build id."""
    at = bytes_.index(build_of(bytes_))
    return bytes_[:at] + bytes(20) + bytes_[at + 20:]


def loaded_build():
    with open("/sys/module/gate_ok/notes/.note.gnu.build-id", "rb") as note:
        return build_of(note.read())


LOADS = 200


@case(timeout=400)
def test_a_file_that_changes_without_pause(gate):
    """KMOD-NO-FD, CVE-2015-8239."""
    first = module(gate, "gate_ok")
    second = another_build(first)
    builds = {digest(first): build_of(first), digest(second): build_of(second)}
    path = place(first, "gate_ok.ko")
    gate.policy(pinned(digest(first)))

    def swap():
        for turn in itertools.count():
            bytes_ = second if turn % 2 else first
            if turn % 3 == 0:
                with open(path + ".new", "wb") as file:
                    file.write(bytes_)
                os.rename(path + ".new", path)
            else:
                with open(path, "r+b") as file:
                    file.write(bytes_[:len(bytes_) // 2])
                    file.flush()
                    file.write(bytes_[len(bytes_) // 2:])

    swapper = multiprocessing.get_context("fork").Process(target=swap, daemon=True)
    swapper.start()
    loaded = refused = 0
    try:
        login = gate.login("alice")
        for _ in range(LOADS):
            before = len(gate.log())
            done = login.run(["modgate", "-n", "load", path])
            assert done.status in (0, 1, 5), done
            if done.status != 0:
                refused += 1
                continue
            loaded += 1
            (outcome,) = [e for e in events(gate, before) if own(e).get("outcome") == "done"]
            recorded = own(outcome)["modules"][0]["sha256"]
            assert recorded == digest(first), "only what the rule names"
            assert loaded_build() == builds[recorded], "what was recorded is what was loaded"
            gate.unload("gate_ok")
    finally:
        swapper.kill()
        swapper.join()
    assert loaded + refused == LOADS and loaded > 0 and refused > 0, (loaded, refused)


def ask(fields, descriptor=None, uid="alice"):
    """A request as another client than ours would send it, as alice. The helper's last word."""
    import pwd
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            account = pwd.getpwnam(uid)
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as gate_socket:
                os.setgid(account.pw_gid)
                os.setuid(account.pw_uid)
                gate_socket.connect("/run/modgate/gate.sock")
                rights = [] if descriptor is None else \
                    [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
                gate_socket.sendmsg([fields], rights)
                last = b""
                while True:
                    got = gate_socket.recv(70000)
                    if not got:
                        break
                    last = got
            theirs.sendall(last)
        finally:
            os._exit(0)
    theirs.close()
    os.waitpid(pid, 0)
    said = ours.recv(70000)
    ours.close()
    return dict(field.split(b"=", 1) for field in said.split(b"\0") if b"=" in field)


@case(timeout=60)
def test_descriptors_of_every_kind(gate):
    right = module(gate, "gate_ok")
    path = place(right, "gate_ok.ko")
    gate.policy(pinned(digest(right)))
    request = b"verb=load\0non_interactive=1\0file=./gate_ok.ko\0"
    # A descriptor without the right to read, one of a path alone, one of a socket: rejected.
    for open_one in (lambda: os.open(path, os.O_WRONLY), lambda: os.open(path, os.O_PATH),
                     lambda: socket.socketpair()[0].detach(), lambda: os.pipe()[0]):
        descriptor = open_one()
        assert ask(request, descriptor)[b"outcome"] == b"5"
        os.close(descriptor)
    # No descriptor, or one where none belongs: the request is malformed.
    assert ask(request)[b"outcome"] == b"2"
    spare = os.open(path, os.O_RDONLY)
    assert ask(b"verb=load\0non_interactive=1\0modules=7:gate_ok\0", spare)[b"outcome"] == b"2"
    os.close(spare)
    # A memfd that its owner could still write: it is copied before it is believed.
    mine = os.memfd_create("mine")
    os.write(mine, right)
    assert ask(request, mine)[b"outcome"] == b"0"
    os.pwrite(mine, b"changed", 0)
    os.close(mine)
    assert "gate_ok" in gate.modules() and loaded_build() == build_of(right)
