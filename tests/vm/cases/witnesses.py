# SPDX-License-Identifier: Apache-2.0
"""Witnesses: who keeps, elsewhere, what the audit log was. Here elsewhere is another account."""

import http.client
import shutil
from pathlib import Path

from gate import case

CONF = Path("/etc/modgate-witness")
STATE = Path("/var/lib/private/modgate-witness")
NAME = "audit.example.org/w1"
PORT = 7327


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
        pid = gate.root("systemctl show -P MainPID modgate-witness").stdout.strip()
        status = dict(line.split(":\t", 1) for line in
                      Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines() if ":\t" in line)
        assert "0" not in status["Uid"].split(), status["Uid"]
        for sets in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(status[sets], 16) == 0, (sets, status[sets])
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", status
        # Nobody but root and the service itself reads the key and the state.
        assert gate.run("bob", ["cat", str(CONF / "key.pem")]).status != 0
        assert gate.run("bob", ["ls", str(STATE)]).status != 0
        assert witness.kept() == (None, 0)
    finally:
        witness.close()
