# SPDX-License-Identifier: Apache-2.0
"""Witnesses: who keeps, elsewhere, what the audit log was. Here elsewhere is another account."""

import http.client
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from compartments import JOURNAL, NULL, service_without_rights
from gate import case
from policies import events, own

CONF = Path("/etc/modgate-witness")
STATE = Path("/var/lib/private/modgate-witness")
NAME = "audit.example.org/w1"
PORT = 7327
LOG_VKEY = Path("/etc/modgate/log.vkey")
# What the recorder keeps; a case that harms it puts it back.
LOG_FOLDERS = ("/var/log/modgate", "/var/lib/modgate")

POLICY = """
[defaults]
authenticate = false
anchor = "{anchor}"

[[witness]]
name = "{name}"
url = "http://127.0.0.1:{port}"
key = "{vkey}"

[role.dev]
members = ["alice"]
[[role.dev.allow]]
modules = ["dummy", "gate_*"]
actions = ["load", "unload"]
"""


class Witness:
    """modgate-witness as its unit runs it, with a new key and nothing in its memory."""

    def __init__(self, gate, logs):
        self.gate = gate
        self.vkey = gate.root(["modgate-witness", "--make-key", NAME]).stdout.strip()
        (CONF / "logs").mkdir()
        (CONF / "logs/log.vkey").write_text(logs + "\n", encoding="utf-8")

    def start(self):
        self.gate.root("systemctl start modgate-witness")
        self.gate.wait_until(self.answers, what="the witness's answer")

    def stop(self):
        self.gate.root("systemctl stop modgate-witness")

    def ask(self, body, path="/add-checkpoint"):
        """Status, content type and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
        try:
            connection.request("POST", path, body)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
        finally:
            connection.close()

    def answers(self):
        try:
            return self.ask("")[0]
        except OSError:
            return None

    def kept(self):
        """The one checkpoint that it keeps: its file and its size; (None, 0) before the first."""
        files = list(STATE.glob("*.checkpoint"))
        if not files:
            return None, 0
        assert len(files) == 1, files
        return files[0], int(files[0].read_text(encoding="utf-8").splitlines()[1])

    def policy(self, anchor="async"):
        return POLICY.format(anchor=anchor, name=NAME, port=PORT, vkey=self.vkey)

    def close(self):
        self.gate.root("systemctl stop modgate-witness", check=False)
        self.gate.root("systemctl reset-failed modgate-witness", check=False)
        shutil.rmtree(CONF, ignore_errors=True)
        shutil.rmtree(STATE, ignore_errors=True)


SOME_LOG = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


@case(timeout=60)
def test_a_witness_serves_with_no_rights(gate):
    witness = Witness(gate, SOME_LOG)
    try:
        witness.start()
        assert witness.ask("x")[0] == 400
        assert witness.ask("x", "/elsewhere")[0] == 404
        hash_ = "A" * 43 + "="
        signature = "\u2014 PeterNeumann " + "A" * 100 + "\n"
        note = f"\n\n5\n{hash_}\n\n{signature}"
        assert witness.ask(("old 0\n" + note.replace("\n\n5", "\nPeterNeumann\n5", 1)).encode())[0] == 403
        assert witness.ask(("old 0\n" + note.replace("\n\n5", "\nsomebody\n5", 1)).encode())[0] == 404
        service_without_rights(gate, "modgate-witness",
                               [NULL, JOURNAL, JOURNAL, str(STATE), f"listening at port {PORT}"])
        # Nobody but root and the service itself reads the key and the state.
        assert gate.run("bob", ["cat", str(CONF / "key.pem")]).status != 0
        assert gate.run("bob", ["ls", str(STATE)]).status != 0
        assert witness.kept() == (None, 0)
    finally:
        witness.close()


class Witnessed:
    """A gate whose log has a witness, and a courier between them."""

    def __init__(self, gate, anchor="async"):
        self.gate = gate
        if not LOG_VKEY.exists():
            gate.restart()  # makes the log's key
        self.witness = Witness(gate, LOG_VKEY.read_text(encoding="utf-8").strip())
        try:
            gate.policy(self.witness.policy(anchor))
            self.witness.start()
            self.begin()
        except BaseException:
            self.close()
            raise

    def begin(self):
        """The helper and the courier, from the start."""
        self.gate.restart()
        self.gate.root("systemctl start modgate-courier")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def load(self, module="dummy"):
        return self.gate.run("alice", ["modgate", "load", module])

    def unload(self, module="dummy"):
        assert self.gate.run("alice", ["modgate", "unload", module]).status == 0

    def close(self):
        self.gate.root("systemctl stop modgate-courier", check=False)
        self.witness.close()


class Backup:
    """The log as it is now, to be put back."""

    def __init__(self, gate):
        self.gate = gate
        self.folder = Path(tempfile.mkdtemp(prefix="log-backup-"))
        gate.root(["cp", "-a", "--parents", *LOG_FOLDERS, str(self.folder)])

    def put_back(self):
        self.gate.root("systemctl stop modgate.service")
        for folder in LOG_FOLDERS:
            self.gate.root(["find", folder, "-mindepth", "1", "-delete"])
            self.gate.root(["cp", "-a", f"{self.folder}{folder}/.", folder])

    def remove(self):
        shutil.rmtree(self.folder)


def is_refused_for_the_witness(gate, done, before, module="dummy"):
    assert done.status == 6, done
    assert module not in gate.modules()
    assert "no witness has acknowledged" in done.stderr and "modgate-courier.service" in done.stderr, done
    assert own(events(gate, before)[-1])["outcome"] == "unavailable", events(gate, before)


@case(timeout=90)
def test_what_was_logged_is_cosigned_soon(gate):
    with Witnessed(gate) as scene:
        assert scene.load().status == 0
        records = len(gate.log())
        kept, _ = gate.wait_until(lambda: scene.witness.kept()[1] >= records and scene.witness.kept(),
                                  what="a cosignature of the load")
        verified = gate.root(["modgate", "log", "verify", "--checkpoint", str(kept), "--witness", scene.witness.vkey])
        anchored = [line for line in verified.stdout.splitlines() if line.startswith("anchored up to record #")]
        assert anchored and f"witness {NAME}" in anchored[0], verified
        # The recorder has the cosignature, so that an auditor needs nobody else.
        ask = ["modgate", "log", "verify", "--witness", scene.witness.vkey]
        gate.wait_until(lambda: f"witness {NAME}" in gate.root(ask).stdout, what="the cosignature beside the log")
        service_without_rights(gate, "modgate-courier",
                               [NULL, JOURNAL, JOURNAL, "seqpacket to /run/modgate/courier.sock"],
                               at_times=[f"tcp to port {PORT}"])
        # Once it is enabled, the courier comes and goes with the helper.
        gate.root("systemctl enable --runtime modgate-courier")
        try:
            gate.restart()
            gate.wait_until(lambda: gate.root("systemctl is-active modgate-courier", check=False).status == 0,
                            what="the courier")
        finally:
            gate.root("systemctl disable --runtime modgate-courier")
        gate.root("systemctl stop modgate.service")
        assert gate.root("systemctl is-active modgate-courier", check=False).status != 0
        # Another witness of the same name has cosigned nothing.
        stranger = gate.root(["modgate-witness", "--make-key", NAME, "--key", str(CONF / "other.pem"), "--vkey",
                              str(CONF / "other")]).stdout.strip()
        verified = gate.root(["modgate", "log", "verify", "--checkpoint", str(kept), "--witness", stranger], check=False)
        assert f"witness {NAME}" not in verified.stdout, verified


@case(timeout=90)
def test_no_cosignature_no_load(gate):
    with Witnessed(gate, "before-load") as scene:
        before = len(gate.log())
        assert scene.load().status == 0
        (intent,) = [e for e in events(gate, before) if e["status_id"] == 0]
        assert scene.witness.kept()[1] >= intent["metadata"]["sequence"]
        scene.unload()

        scene.witness.stop()
        before = len(gate.log())
        is_refused_for_the_witness(gate, scene.load(), before)

        scene.witness.start()
        assert scene.load().status == 0
        assert "dummy" in gate.modules()


@case(timeout=90)
def test_a_log_that_was_taken_back_gets_no_cosignature(gate):
    with Witnessed(gate, "before-load") as scene:
        backup = Backup(gate)
        try:
            # More than the next start will have to say for itself.
            for _ in range(4):
                assert scene.load().status == 0
                scene.unload()
            kept, size = scene.witness.kept()
            backup.put_back()
            taken_back = len(gate.log())
            scene.begin()
            # The rest of the story is another one.
            before = len(gate.log())
            assert before < size
            is_refused_for_the_witness(gate, scene.load(), before)
            assert scene.witness.kept()[1] == size
            # The witness may have said so as soon as the helper had started.
            assert any("is said to have seen record" in event.get("message", "") for event in gate.log()[taken_back:])
            # With what the witness has, anyone sees it.
            verified = gate.root(["modgate", "log", "verify", "--checkpoint", str(kept), "--witness",
                                  scene.witness.vkey], check=False)
            assert verified.status == 1 and ("rolled back" in verified.stdout or "shorter than" in verified.stdout
                                             or "forked" in verified.stdout), verified
        finally:
            backup.remove()


class LyingCourier:
    """Takes the courier's place at the recorder's socket, with nothing but the courier's own rights."""

    SCRIPT = r'''
import json, os, socket, sys
lies = json.loads(sys.stdin.readline())
recorder = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
recorder.connect("/run/modgate/courier.sock")
def fields(message):
    return dict(field.split("=", 1) for field in message.decode().split("\0") if field)
def say(**what):
    recorder.send("".join(f"{key}={value}\0" for key, value in what.items()).encode())
told = 0
while True:
    message = recorder.recv(65536)
    if not message:
        break
    heard = fields(message)
    print(json.dumps(heard), flush=True)
    if heard["what"] == "submit":
        lie = lies[told % len(lies)]
        told += 1
        if lie == "raw":
            recorder.send(b"nonsense")
            break
        say(what="cosigned", witness=heard["witness"], size=heard["size"], signatures=lie)
    say(what="next", witness=sys.argv[1], accepted="0")
'''

    def __init__(self, lies):
        self.process = subprocess.Popen(["python3", "-c", self.SCRIPT, NAME], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, user="modgate-courier",
                                        group="modgate-courier", extra_groups=[], cwd="/")
        self.process.stdin.write(json.dumps(lies) + "\n")
        self.process.stdin.flush()

    def close(self):
        """What it was told."""
        self.process.kill()
        heard = [json.loads(line) for line in self.process.stdout.read().splitlines()]
        self.process.wait()
        return heard


@case(timeout=90)
def test_a_courier_that_lies_changes_nothing(gate):
    with Witnessed(gate, "before-load") as scene:
        assert scene.load().status == 0
        scene.unload()
        # A true cosignature of this witness, of an earlier checkpoint.
        earlier = scene.witness.kept()[0].read_text(encoding="utf-8").splitlines()[-1] + "\n"
        assert earlier.startswith(f"\u2014 {NAME} "), earlier
        gate.root("systemctl stop modgate-courier")
        _, known = scene.witness.kept()
        name, key = NAME, earlier.split()[2]
        lies = ["", "nonsense\n", earlier, earlier * 20, f"\u2014 {name} {'A' * 100}\n",
                earlier.replace(NAME, "audit.example.org/w2"), earlier.replace(key, key[::-1])]
        liar = LyingCourier(lies)
        try:
            before = len(gate.log())
            done = scene.load()
        finally:
            heard = liar.close()
        is_refused_for_the_witness(gate, done, before)
        submitted = [message for message in heard if message["what"] == "submit"]
        assert len(submitted) >= len(lies), heard
        # It was given nothing but what anybody may see.
        assert {key for message in heard for key in message} <= {
            "what", "witnesses", "witness", "url", "old_size", "size", "proof", "checkpoint"}, heard
        assert scene.witness.kept()[1] == known
        # One that breaks the form is hung up on, and the true one takes its place.
        liar = LyingCourier(["raw"])
        gate.wait_until(lambda: liar.process.poll() is not None, what="the end of the liar")
        liar.close()
        gate.root("systemctl start modgate-courier")
        assert scene.load().status == 0


@case(timeout=90)
def test_a_module_that_wipes_the_log_cannot_remove_its_intent(gate):
    with Witnessed(gate, "before-load") as scene:
        backup = Backup(gate)
        try:
            before = len(gate.log())
            done = scene.load("gate_wipes")
            assert "gate_wipes" in gate.modules(), done
            assert not list(Path("/var/log/modgate").glob("*.jsonl")), "it wiped the log"
            gate.root("systemctl stop modgate.service")
            # All that is left is elsewhere: the log had at least the record of this intent.
            kept, size = scene.witness.kept()
            assert size > before, (size, before)
            ask = ["modgate", "log", "verify", "--checkpoint", str(kept), "--witness", scene.witness.vkey]
            wiped = gate.root(ask, check=False)
            assert wiped.status == 1 and "shorter than a checkpoint" in wiped.text, wiped
            # A log from before, as a backup has it, does not hide it either.
            backup.put_back()
            older = gate.root(ask, check=False)
            assert older.status == 1 and "rolled back" in older.text, older
        finally:
            backup.put_back()
            backup.remove()
