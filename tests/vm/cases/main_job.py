# SPDX-License-Identifier: Apache-2.0
"""The main job: load, unload, plan, list, status, log, as people do it."""

import hashlib

from gate import case
from policies import ALICE, TRUSTING, WITH_PASSWORD, events, own


def test_load_with_the_right_password(gate):
    gate.policy(WITH_PASSWORD)
    before = len(gate.log())
    done = gate.run("alice", "modgate load dummy numdummies=2", answers=ALICE)
    assert done.status == 0, done
    assert "dummy" in gate.modules()
    assert "alice-pw" not in done.text, "the password shows"
    intent, outcome = [e for e in events(gate, before) if e["class_uid"] == 1002]
    assert intent["status_id"] == 0 and outcome["status_id"] == 1
    assert intent["metadata"]["correlation_uid"] == outcome["metadata"]["correlation_uid"]
    assert own(outcome)["outcome"] == "done", outcome
    assert intent["actor"]["user"]["name"] == "alice" and intent["actor"]["user"]["uid"] == "1000"
    assert intent["driver"]["file"]["internal_name"] == "dummy"
    digest = hashlib.sha256(gate.module_bytes("dummy")).hexdigest()
    assert own(outcome)["modules"][0]["sha256"] == digest
    # systemd's own modprobe.d line says numdummies=0; the caller's word comes behind it and wins.
    assert own(outcome)["modules"][0]["params"].split()[-1] == "numdummies=2", own(outcome)["modules"]
    assert own(intent)["rule"] == "/etc/modgate/policy.toml:8", own(intent)
    links = gate.root("ip -o link").stdout
    assert "dummy0" in links and "dummy1" in links, links


def test_dependencies_come_along_and_json_names_them(gate):
    gate.policy(TRUSTING)
    done = gate.run("alice", "modgate --json load vxlan")
    assert done.status == 0, done
    (answer,) = done.json()
    shown = gate.root("modprobe --show-depends vxlan").stdout.split("\n")
    order = [line.split("/")[-1].split(".ko")[0].replace("-", "_") for line in shown if line.startswith("insmod")]
    assert answer["loaded"] == order, (answer, shown)
    assert answer["action"] == "load" and answer["asked"] == "vxlan" and answer["status"] == 0
    assert set(order) <= gate.modules()


def test_a_ticket_serves_the_same_login_and_no_other(gate):
    """CVE-2013-1775, CVE-2013-1776, CVE-2013-2776, CVE-2013-2777."""
    gate.policy(WITH_PASSWORD)
    login = gate.login("alice")
    assert login.run("modgate load dummy", answers=ALICE).status == 0
    assert login.run("modgate -n unload dummy").status == 0
    assert gate.run("alice", "modgate -n load dummy").status == 4
    assert login.run("modgate -n load dummy").status == 0
    # A change of the policy forgets all tickets.
    gate.policy(WITH_PASSWORD + "\n# changed\n")
    assert login.run("modgate -n unload dummy").status == 4


def test_no_ticket_where_the_policy_wants_none(gate):
    gate.policy('[defaults]\nticket = "0"\n' + WITH_PASSWORD)
    login = gate.login("alice")
    assert login.run("modgate load dummy", answers=ALICE).status == 0
    assert login.run("modgate -n unload dummy").status == 4


def test_denied_by_role_and_by_everyones_deny(gate):
    gate.policy(TRUSTING)
    before = len(gate.log())
    for user, module, what in [("alice", "nf_tables", "platform team"), ("alice", "nf-tables", "platform team"),
                               ("alice", "bonding", ""), ("bob", "dummy", "")]:
        done = gate.run(user, ["modgate", "load", module])
        assert done.status == 3, (user, module, done)
        assert what in done.stderr, done
    assert not {"nf_tables", "bonding", "dummy"} & gate.modules()
    refused = events(gate, before)
    assert [own(e)["outcome"] for e in refused] == ["denied"] * 4, refused
    assert all(e["action_id"] == 2 for e in refused)


def test_group_members_by_nss(gate):
    gate.policy(TRUSTING)
    assert gate.run("carol", "modgate load dummy").status == 0
    assert gate.run("bob", "modgate unload dummy").status == 3


def test_a_deny_holds_for_a_dependency(gate):
    gate.policy(TRUSTING + '\n[[role.dev.deny]]\nmodules = ["udp_tunnel"]\n')
    done = gate.run("alice", "modgate load vxlan")
    assert done.status == 3 and "udp_tunnel" in done.stderr, done
    assert "vxlan" not in gate.modules()
    # What is loaded already is neither asked for nor denied.
    gate.root("modprobe udp_tunnel")
    done = gate.run("alice", "modgate load vxlan")
    assert done.status == 0, done


def test_names_aliases_and_dashes(gate):
    gate.policy(TRUSTING)
    (answer,) = gate.run("alice", "modgate --json load rtnl-link-dummy").json()
    assert answer["loaded"] == ["dummy"], answer
    gate.unload("dummy")
    assert gate.run("alice", "modgate load gate-ok").status == 0
    assert gate.run("alice", "modgate unload gate-ok").status == 0
    assert gate.run("alice", "modgate load gate-ok-alias").status == 0
    assert "gate_ok" in gate.modules()


def test_already_loaded_and_built_in_need_no_password(gate):
    gate.root("modprobe dummy")
    release = gate.root("uname -r").stdout.strip()
    with open(f"/lib/modules/{release}/modules.builtin", encoding="utf-8") as lines:
        builtin = next(lines).split("/")[-1].split(".ko")[0].replace("-", "_")
    gate.policy(WITH_PASSWORD.replace('"dummy"', f'"dummy", "{builtin}"', 1))
    for name in ("dummy", builtin):
        done = gate.run("alice", ["modgate", "-n", "load", name])
        assert done.status == 0, (name, done)
    assert gate.run("bob", "modgate -n load dummy").status == 3


def test_unknown_module(gate):
    gate.policy(TRUSTING)
    done = gate.run("alice", "modgate load no_such_thing")
    assert done.status == 1 and "no such module" in done.stderr, done


def test_parameters_need_a_rule(gate):
    gate.policy(TRUSTING)
    for words in ("dummy numdummies=9", "dummy numdummies=x", "dummy other=1", "veth a=1", "gate_ok count=1",
                  "dummy async_probe=1", "dummy dyndbg=+p"):
        done = gate.run("alice", "modgate load " + words)
        assert done.status == 3, (words, done)
    for value in ("1;id", "$(id)", "`id`", "1 2", "1\n2", '"1"'):
        done = gate.run("alice", ["modgate", "load", "dummy", "numdummies=" + value])
        assert done.status == 3, (value, done)
    assert gate.run("alice", "modgate load dummy numdummies").status == 2
    assert not {"dummy", "veth", "gate_ok"} & gate.modules()


def test_unload(gate):
    gate.policy(TRUSTING)
    gate.root("modprobe gate_needs")
    done = gate.run("alice", "modgate unload gate_ok")
    assert done.status == 1 and "gate_needs" in done.stderr, done
    assert gate.modules() >= {"gate_ok", "gate_needs"}
    (answer,) = gate.run("alice", "modgate --json unload gate_ok gate_needs").json()
    assert answer["unloaded"] == ["gate_needs", "gate_ok"], answer
    assert not {"gate_ok", "gate_needs"} & gate.modules()
    assert gate.run("alice", "modgate unload gate_ok").status == 1
    assert gate.run("bob", "modgate unload gate_ok").status == 3


def test_in_use_is_never_forced(gate):
    gate.policy(TRUSTING)
    gate.root("modprobe gate_busy hold=1")
    done = gate.run("alice", "modgate unload gate_busy")
    assert done.status == 1 and "in use" in done.stderr, done
    assert "gate_busy" in gate.modules()
    gate.root(["sh", "-c", "echo N > /sys/module/gate_busy/parameters/hold"])
    assert gate.run("alice", "modgate unload gate_busy").status == 0


def test_unload_own(gate):
    gate.policy(TRUSTING.replace('"load", "unload"', '"load", "unload-own"'))
    assert gate.run("alice", "modgate load gate_ok").status == 0
    assert gate.run("carol", "modgate unload gate_ok").status == 3
    # The helper's memory is the log: a restart changes nothing.
    gate.restart()
    assert gate.run("alice", "modgate unload gate_ok").status == 0
    gate.root("modprobe gate_ok")
    assert gate.run("alice", "modgate unload gate_ok").status == 3


def test_what_the_kernel_refuses(gate):
    gate.policy(TRUSTING)
    before = len(gate.log())
    done = gate.run("alice", "modgate load gate_fail_init")
    assert done.status == 1 and "EIO" in done.stderr, done
    done = gate.run("alice", "modgate load gate_vermagic")
    assert done.status == 1 and "ENOEXEC" in done.stderr, done
    assert gate.root("uname -r").stdout.strip() in done.stderr, "both sides are named"
    outcomes = [e for e in events(gate, before) if e["status_id"] == 2]
    assert [e["status_code"] for e in outcomes] == ["EIO", "ENOEXEC"], outcomes
    assert all(e["action_id"] == 1 and e["disposition_id"] == 27 for e in outcomes)


def test_what_a_failed_plan_loaded_is_unloaded_again(gate):
    gate.policy(TRUSTING)
    before = len(gate.log())
    done = gate.run("alice", "modgate load gate_reqdep")
    assert done.status == 1, done
    assert "gate_ok" not in gate.modules()
    outcome = events(gate, before)[-1]
    steps = {m["name"]: m["step"] for m in own(outcome)["modules"]}
    assert steps == {"gate_ok": "undone", "gate_reqdep": "failed"}, outcome
    # A dependency that was there before is left alone.
    gate.root("modprobe gate_ok")
    assert gate.run("alice", "modgate load gate_reqdep").status == 1
    assert "gate_ok" in gate.modules()


@case(timeout=60)
def test_a_module_whose_init_asks_for_another(gate):
    gate.policy(TRUSTING)
    before = len(gate.log())
    done = gate.run("alice", "modgate load gate_nested")
    assert done.status == 0, done
    assert "dummy" in gate.modules()
    assert own(events(gate, before)[-1])["appeared"] == ["dummy"]


def test_plan_changes_nothing(gate):
    gate.policy(WITH_PASSWORD)
    before = len(gate.log())
    done = gate.run("alice", "modgate --json plan load vxlan")
    assert done.status == 0, done
    plan = done.json()[0]["plan"]
    assert plan["decision"] == "allow" and plan["asks"] == ["authenticate"], plan
    assert plan["role"] == "dev" and plan["rule"] == "/etc/modgate/policy.toml:8"
    last = plan["modules"][-1]
    assert last["name"] == "vxlan" and last["state"] == "new" and len(last["sha256"]) == 64
    denied = gate.run("bob", "modgate --json plan load dummy")
    assert denied.status == 3 and denied.json()[0]["plan"]["decision"] == "deny", denied
    assert gate.run("alice", "modgate plan unload dummy").status == 0
    assert "vxlan" not in gate.modules()
    assert not events(gate, before), "a plan leaves no record"


def test_list_and_status(gate):
    gate.policy(WITH_PASSWORD)
    listing = gate.run("alice", "modgate --json list").json()[0]["list"]
    assert listing["user"] == "alice" and listing["roles"] == ["dev"], listing
    assert any("dummy" in rule["modules"] and rule["asks"] == ["authenticate"] for rule in listing["rules"])
    assert gate.run("bob", "modgate --json list").json()[0]["list"]["roles"] == []
    narrow = gate.run("alice", "modgate --json list rtnl-link-dummy").json()[0]["list"]["rules"]
    assert [rule["effect"] for rule in narrow] == ["allow"], narrow
    assert [rule["effect"] for rule in gate.run("alice", "modgate --json list nf_tables").json()[0]["list"]["rules"]] == ["deny"]
    assert gate.run("alice", "modgate list no_such_thing").status == 1
    login = gate.login("alice")
    assert login.run("modgate load dummy", answers=ALICE).status == 0
    gate.root("modprobe veth")
    (mine,) = login.run("modgate --json status dummy").json()
    assert mine["module"]["gate"] and mine["module"]["user"] == "alice" and mine["module"]["record"], mine
    (seen,) = gate.run("bob", "modgate --json status dummy").json()
    assert seen["module"]["user"] == "alice" and "record" not in seen["module"] and "rule" not in seen["module"]
    (other,) = gate.run("bob", "modgate --json status veth").json()
    assert other["module"]["gate"] is False
    assert gate.run("olivia", "modgate --json status dummy").json()[0]["module"]["rule"]
    assert gate.run("bob", "modgate status no_such_thing").status == 1


def test_log_shows_all_to_the_auditor_and_their_own_to_others(gate):
    gate.policy(TRUSTING)
    gate.run("alice", "modgate load dummy")
    gate.run("bob", "modgate load dummy")
    mine = gate.run("bob", "modgate --json log")
    assert mine.status == 0, mine
    assert {e["actor"]["user"]["uid"] for e in mine.json()} == {"1001"}, mine
    seen = gate.run("olivia", "modgate --json log --module dummy -n 3").json()
    assert len(seen) == 3 and seen[-1]["actor"]["user"]["name"] == "bob", seen
    denied = gate.run("olivia", "modgate --json log --outcome denied --user bob -n 1").json()
    assert own(denied[0])["outcome"] == "denied"
    text = gate.run("olivia", "modgate log -n 2")
    assert "bob" in text.stdout and "denied" in text.stdout, text


def test_a_reason_is_asked_for_and_must_match(gate):
    gate.policy(TRUSTING.replace('actions = ["load", "unload"]', 'actions = ["load", "unload"]\nreason = "[A-Z]+-[0-9]+"'))
    assert gate.run("alice", "modgate load dummy").status == 3
    assert gate.run("alice", "modgate load dummy -r because").status == 3
    asked = gate.run("alice", "modgate load dummy", answers=[("eason", "NET-7")])
    assert asked.status == 0, asked
    assert gate.run("alice", "modgate unload dummy --reason NET-8").status == 0


def test_usage_errors(gate):
    gate.policy(TRUSTING)
    for words in ("", "lod dummy", "load", "load a b", "load " + "a" * 1025, "load dummy a", "load 'x y'",
                  "--no-such load dummy", "watch", "doctor"):
        done = gate.run("alice", "modgate " + words)
        assert done.status == 2, (words, done)
    assert gate.run("alice", "modgate --help").status == 0
    assert gate.run("alice", "modgate load --help").status == 0


def test_policy_test_for_others_is_the_reviewers(gate):
    """CVE-1999-1496, CVE-2025-46717, CVE-2025-46718."""
    gate.policy(WITH_PASSWORD)
    before = len(gate.log())
    for tester, words, status in [("olivia", "--user alice load vxlan", 0), ("olivia", "--user bob load vxlan", 3),
                                  ("olivia", "--user alice load nf_tables", 3), ("alice", "load vxlan", 0),
                                  ("alice", "--user alice unload dummy", 0), ("alice", "--user carol load dummy", 3),
                                  ("bob", "--user alice load dummy", 3), ("olivia", "--user nobody-there load dummy", 3)]:
        done = gate.run(tester, f"modgate --json policy test {words}")
        assert done.status == status, (tester, words, done)
        if "plan" in done.json()[0]:
            assert done.json()[0]["plan"]["decision"] == ("allow" if status == 0 else "deny"), done
    told = gate.run("bob", "modgate --json policy test --user alice load dummy").json()
    assert "plan" not in told[0] and "alice" not in str(told), "nothing is told of others' rules"
    assert "vxlan" not in gate.modules()
    assert not [e for e in events(gate, before) if e["status_id"] != 2], "a test loads nothing"


def test_a_callers_environment_changes_no_decision(gate):
    """CVE-2025-32463, CVE-2014-9680, CVE-2010-3853, CVE-2019-3842."""
    hour = int(gate.root("date +%H").stdout)
    poison = {"TZ": "UTC-12", "HOSTNAME": "lab-1", "USER": "root", "LOGNAME": "root", "MODPROBE_OPTIONS": "-C /tmp",
              "KMOD_LOG": "7", "LD_PRELOAD": "/tmp/none.so", "GCONV_PATH": "/tmp", "XDG_SEAT": "seat0"}
    for shift, status in ((12, 3), (0, 0)):
        window = f"{(hour + shift - 1) % 24:02}:00-{(hour + shift + 2) % 24:02}:00"
        gate.policy(TRUSTING.replace('actions = ["load", "unload"]',
                                     f'actions = ["load", "unload"]\nhours = ["{window}"]'))
        for env in ({}, poison):
            done = gate.run("alice", "modgate load dummy", env=env, cwd="/tmp")
            assert done.status == status, (window, env, done)
            gate.unload("dummy")
