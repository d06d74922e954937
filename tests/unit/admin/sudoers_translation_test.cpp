// SPDX-License-Identifier: Apache-2.0
#include "unit/admin/sudoers.h"

using namespace modgate;
using namespace modgate::sample;

namespace {

const Plan kLoad = load_of({fresh("dummy")});
const Plan kUnload = unload_of({fresh("dummy")});

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("sudoers: the text of a translation") {
  SudoersSpec wild;
  wild.users = user("bob");
  wild.commands = command("/sbin/modprobe v*");
  SudoersSpec plain;
  plain.users = R"({"username": "alice"}, {"usergroup": "netdev"}, {"netgroup": "lab"})";
  plain.commands = command("/sbin/modprobe dummy") + "," + command("/sbin/rmmod dummy") + "," +
                   command("/sbin/modprobe veth");
  plain.hosts = R"({"hostname": "lab-*"})";
  plain.options = R"({"authenticate": false})";
  CHECK(translated(json_of({wild, plain}, R"({"env_reset": true})")) ==
        "# What /etc/sudoers allows with modprobe and rmmod, as a policy of Modgate.\n"
        "# Read it, and take the lines out of sudoers that it stands for.\n"
        "# Not translated: bob: /sbin/modprobe v*\n"
        "#   wildcards match white space too, and with it any option\n"
        "# Narrower than the line: %netdev, alice, +lab: /sbin/modprobe dummy\n"
        "#   not for +lab, whom a role cannot name\n"
        "# Narrower than the line: %netdev, alice, +lab: /sbin/rmmod dummy\n"
        "#   not for +lab, whom a role cannot name\n"
        "# Narrower than the line: %netdev, alice, +lab: /sbin/modprobe veth\n"
        "#   not for +lab, whom a role cannot name\n"
        "# Not translated: Defaults. For the times and ways of authentication see "
        "modgate.toml(5).\n"
        "\n"
        "[role.sudoers-6880ad90acc64836]\n"
        "members = [\"%netdev\", \"alice\"]\n"
        "\n"
        "[[role.sudoers-6880ad90acc64836.allow]]\n"
        "modules = [\"veth\"]\n"
        "actions = [\"load\"]\n"
        "authenticate = false\n"
        "hosts = [\"lab-*\"]\n"
        "\n"
        "[[role.sudoers-6880ad90acc64836.allow]]\n"
        "modules = [\"dummy\"]\n"
        "actions = [\"load\", \"unload\"]\n"
        "authenticate = false\n"
        "hosts = [\"lab-*\"]\n");
  CHECK(translated("") ==
        "# What /etc/sudoers allows with modprobe and rmmod, as a policy of Modgate.\n"
        "# Read it, and take the lines out of sudoers that it stands for.\n"
        "# No line allows what a rule can say.\n");
}

TEST_CASE("sudoers: what a line allows its translation allows, and its twin not") {
  const std::string policy = translated(
      json_of({{user("alice"), command("/sbin/modprobe dummy") + "," + command("/sbin/rmmod veth")},
               {user("bob"), command("/sbin/modprobe -r dummy")}}));
  CHECK(may(policy, "alice", kLoad));
  CHECK_FALSE(may(policy, "alice", kUnload));
  CHECK_FALSE(may(policy, "alice", load_of({fresh("dummy2")})));
  CHECK(may(policy, "alice", unload_of({fresh("veth")})));
  CHECK_FALSE(may(policy, "alice", load_of({fresh("veth")})));
  CHECK_FALSE(may(policy, "alice", load_of({with_parameter(fresh("dummy"), "numdummies", "3")})));
  CHECK_FALSE(may(policy, "alice", load_of({handed_over("dummy")})));
  CHECK(may(policy, "bob", kUnload));
  CHECK_FALSE(may(policy, "bob", kLoad));
  CHECK_FALSE(may(policy, "carol", kLoad));
}

TEST_CASE("sudoers: users") {
  struct Row {
    const char* users;
    const char* who;
    bool allowed;
  };
  const Row rows[] = {
      {R"({"username": "alice"})", "alice", true},
      {R"({"username": "alice"})", "Alice", false},
      {R"({"usergroup": "netdev"})", "alice", true},
      {R"({"usergroup": "wheel"})", "alice", false},
      {R"({"username": "netdev"})", "alice", false},
      {R"({"userid": 4000})", "alice", true},
      {R"({"userid": 4001})", "alice", false},
      {R"({"userid": -1})", "alice", false},
      {R"({"userid": 4294967295})", "alice", false},
      {R"({"username": "ALL"})", "alice", false},
      {R"({"netgroup": "net"})", "alice", false},
      {R"({"usergid": 4000})", "alice", false},
      {R"({"nonunixgroup": "netdev"})", "alice", false},
      {R"({"useralias": "DEVS"})", "alice", false},
      {R"({"username": "alice", "usergroup": "netdev"})", "alice", false},
      {R"({"username": "alice"}, {"username": "ALL"})", "alice", true},
      {R"({"username": "bob"}, {"username": "ALL"})", "alice", false},
      {R"({"username": "alice", "negated": true})", "alice", false},
      {R"({"username": "alice", "negated": "no"})", "alice", false},
      {R"({"username": "alice", "negated": false})", "alice", true},
      {R"({"usergroup": "netdev"}, {"username": "bob", "negated": true})", "alice", false},
      {R"({"username": "%netdev"})", "alice", false},
      {R"({"username": "#4000"})", "alice", false},
      {R"("alice")", "alice", false},
      {"", "alice", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.users, row.who);
    const std::string policy = translated(json_of({{row.users}}));
    CHECK(is_allowed(decision(policy, row.who, {"netdev"}, kLoad).verdict) == row.allowed);
  }
}

TEST_CASE("sudoers: hosts") {
  struct Row {
    const char* hosts;
    const char* host;
    bool allowed;
  };
  const Row rows[] = {
      {R"({"hostname": "ALL"})", "lab-1", true},
      {R"({"hostname": "lab-1"})", "lab-1", true},
      {R"({"hostname": "lab-1"})", "lab-2", false},
      {R"({"hostname": "lab-*"})", "lab-1", true},
      {R"({"hostname": "*.example.org"})", "lab-1.example.org", true},
      {R"({"hostname": "*.example.org"})", "lab-1.example.com", false},
      // Of sudo's it is the name before the first dot that must match.
      {R"({"hostname": "*-1"})", "lab.x-1", false},
      {R"({"hostname": "lab?x"})", "lab.x", false},
      {R"({"hostname": "lab-[12]"})", "lab-1", false},
      {R"({"networkaddr": "10.0.0.0/8"})", "lab-1", false},
      {R"({"netgroup": "labs"})", "lab-1", false},
      {R"({"netgroup": "labs"}, {"hostname": "lab-1"})", "lab-1", true},
      {R"({"netgroup": "labs"}, {"hostname": "lab-1"})", "lab-2", false},
      {R"({"hostname": "ALL"}, {"hostname": "lab-2", "negated": true})", "lab-1", false},
      {R"({"hostname": "lab-1\n", "x": 1})", "lab-1", false},
      {"", "lab-1", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.hosts, row.host);
    const std::string policy =
        translated(json_of({{user("alice"), command("/sbin/modprobe dummy"), row.hosts}}));
    CHECK(may(policy, "alice", kLoad, row.host) == row.allowed);
  }
}

TEST_CASE("sudoers: whom a command runs as") {
  struct Row {
    const char* runas;
    bool allowed;
  };
  const Row rows[] = {
      {"", true},
      {R"("runasusers": [{"username": "root"}],)", true},
      {R"("runasusers": [{"username": "ALL"}],)", true},
      {R"("runasusers": [{"userid": 0}],)", true},
      {R"("runasusers": [{"username": "operator"}, {"username": "root"}],)", true},
      {R"("runasusers": [{"username": "root"}], "runasgroups": [{"usergroup": "adm"}],)", true},
      {R"("runasusers": [{"username": "operator"}],)", false},
      {R"("runasusers": [{"userid": 1}],)", false},
      {R"("runasusers": [{"usergroup": "root"}],)", false},
      {R"("runasusers": [{"username": "ALL"}, {"username": "root", "negated": true}],)", false},
      {R"("runasusers": [{"username": "root", "negated": true}],)", false},
      {R"("runasgroups": [{"usergroup": "root"}],)", false},
      {R"("runasusers": [],)", false},
      {R"("runasusers": "root",)", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.runas);
    SudoersSpec spec;
    spec.runas = row.runas;
    CHECK(may(translated(json_of({spec})), "alice", kLoad) == row.allowed);
  }
  SudoersSpec none;
  none.runas = "";
  CHECK_FALSE(may(translated(json_of({none}, R"({"runas_default": "operator"})")), "alice", kLoad));
  CHECK(may(translated(json_of({none}, R"({"runas_default": "root"})")), "alice", kLoad));
}

TEST_CASE("sudoers: options of a line") {
  struct Row {
    const char* options;
    bool allowed;
    bool asks;
  };
  const Row rows[] = {
      {"", true, true},
      {R"({"authenticate": false})", true, false},
      {R"({"authenticate": true})", true, true},
      {R"({"setenv": true}, {"noexec": true}, {"command_timeout": 30})", true, true},
      {R"({"notbefore": "20261202110000Z"})", true, true},
      {R"({"notbefore": "20261202110001Z"})", false, true},
      {R"({"notafter": "20261202110001Z"})", true, true},
      {R"({"notafter": "20261202105959Z"})", false, true},
      {R"({"notafter": "20261302105959Z"})", false, true},
      {R"({"notafter": "2027"})", false, true},
      {R"({"notafter": 2027})", false, true},
      {R"({"runchroot": "/x"})", false, true},
      {R"({"role": "r"})", false, true},
      {R"({"authenticate": "no"})", false, true},
      {R"("noexec")", false, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.options);
    SudoersSpec spec;
    spec.options = row.options;
    const std::string policy = translated(json_of({spec}));
    REQUIRE(may(policy, "alice", kLoad) == row.allowed);
    if (row.allowed) CHECK(asks_password(policy, "alice", kLoad) == row.asks);
  }
}

TEST_CASE("sudoers: another's password is not the caller's") {
  SudoersSpec with;
  SudoersSpec without;
  without.options = R"({"authenticate": false})";
  for (const char* key : {"targetpw", "rootpw", "runaspw"}) {
    const std::string set = "{\"" + std::string(key) + "\": true}";
    CHECK_FALSE(may(translated(json_of({with}, set)), "alice", kLoad));
    CHECK(may(translated(json_of({without}, set)), "alice", kLoad));
    CHECK_FALSE(may(translated(json_of({without, with}, set)), "alice", kLoad));
    const std::string unset = "{\"" + std::string(key) + "\": false}";
    CHECK(may(translated(json_of({with}, unset)), "alice", kLoad));
  }
}

TEST_CASE("sudoers: of all lines that match the last one counts") {
  struct Row {
    std::string earlier;
    SudoersSpec later;
    bool allowed;
    bool asks;
  };
  const std::string dummy = command("/sbin/modprobe dummy");
  const Row rows[] = {
      {dummy, {user("alice"), negated("/sbin/modprobe dummy")}, false, false},
      {dummy, {user("alice"), negated("/usr/sbin/modprobe -q dummy")}, false, false},
      {dummy, {user("alice"), negated("/sbin/modprobe")}, false, false},
      {dummy, {user("alice"), negated("/sbin/")}, false, false},
      {dummy, {user("alice"), negated("ALL")}, false, false},
      {dummy, {user("ALL"), negated("ALL")}, false, false},
      {dummy, {R"({"usergroup": "x"})", negated("ALL")}, false, false},
      {dummy, {R"({"userid": 7})", negated("ALL")}, false, false},
      {dummy, {user("ALICE"), negated("ALL")}, false, false},
      {dummy, {user("bob"), R"({"cmndalias": "X", "negated": true})"}, true, false},
      {dummy, {user("alice"), R"({"cmndalias": "X", "negated": true})"}, false, false},
      {dummy, {user("bob"), negated("ALL")}, true, false},
      {dummy, {user("alice"), negated("/sbin/modprobe veth")}, true, false},
      {dummy, {user("alice"), negated("/usr/bin/apt")}, true, false},
      {dummy, {user("alice"), command("ALL")}, true, true},
      {dummy, {R"({"usergroup": "sudo"})", command("ALL")}, true, true},
      {dummy, {user("bob"), command("ALL")}, true, false},
      {dummy, {user("alice"), command("/usr/bin/apt")}, true, false},
      {dummy, {user("alice"), dummy}, true, true},
      {dummy + "," + negated("/sbin/modprobe dummy"), {user("bob")}, false, false},
      {negated("/sbin/modprobe dummy") + "," + dummy, {user("bob")}, true, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.earlier, row.later.users, row.later.commands);
    SudoersSpec earlier;
    earlier.commands = row.earlier;
    earlier.options = R"({"authenticate": false})";
    const std::string policy = translated(json_of({earlier, row.later}));
    REQUIRE(may(policy, "alice", kLoad) == row.allowed);
    // The later line may be a rule of its own, which asks: what counts is that none asks less.
    if (row.allowed) CHECK(asks_password(policy, "alice", kLoad) == row.asks);
  }
}

TEST_CASE("sudoers: parameters are allowed only where the load without them is") {
  const Plan with = load_of({with_parameter(fresh("dummy"), "numdummies", "3")});
  const Plan other = load_of({with_parameter(fresh("dummy"), "numdummies", "4")});
  const std::string parameter = command("/sbin/modprobe dummy numdummies=3");
  SudoersSpec spec;
  spec.commands = parameter;
  const std::string alone = translated(json_of({spec}));
  CHECK_FALSE(may(alone, "alice", with));
  CHECK_FALSE(may(alone, "alice", kLoad));
  CHECK(has(alone, "# params.dummy = { numdummies = { enum = [\"3\"] } }\n"));

  spec.commands = parameter + "," + command("/sbin/modprobe dummy");
  const std::string both = translated(json_of({spec}));
  CHECK(may(both, "alice", with));
  CHECK(may(both, "alice", kLoad));
  CHECK_FALSE(may(both, "alice", other));

  spec.commands = command("/sbin/modprobe dummy a=1 b=2") + "," + command("/sbin/modprobe dummy");
  const std::string two = translated(json_of({spec}));
  CHECK_FALSE(may(two, "alice", load_of({with_parameter(fresh("dummy"), "a", "1")})));
  CHECK(may(two, "alice", kLoad));

  SudoersSpec other_user;
  other_user.users = user("bob");
  spec.commands = parameter;
  CHECK_FALSE(may(translated(json_of({spec, other_user})), "alice", kLoad));
}

TEST_CASE("sudoers: a role's name tells its members, whatever file it is from") {
  const auto role_of = [](const std::string& users) {
    SudoersSpec spec;
    spec.users = users;
    return policy_of(translated(json_of({spec}))).roles().at(0).name;
  };
  CHECK(role_of(user("alice")) == "sudoers-user-alice");
  CHECK(role_of(R"({"usergroup": "alice"})") == "sudoers-group-alice");
  CHECK(role_of(R"({"userid": 12})") == "sudoers-uid-12");
  CHECK(role_of(user("alice") + "," + user("bob")) == role_of(user("bob") + "," + user("alice")));
  CHECK(role_of(user("alice") + "," + user("bob")) != role_of(user("alice") + "," + user("bo")));
  CHECK(role_of(user("a.b")) != role_of(user("a-b")));
  CHECK(role_of(user("-")) != role_of(user("_")));
}

TEST_CASE(
    "sudoers: names from the file are quoted, or left out where they do not read as they are") {
  struct Row {
    const char* json;
    const char* name;  ///< "": left out
  };
  const Row rows[] = {
      {R"(jane\"x)", "jane\"x"},
      {R"(LAB\\jane)", "LAB\\jane"},
      {R"(j\u00e4ne)", "j\u00e4ne"},
      {R"(x\"]\n[[deny]]\nmodules = [\"*)", ""},
      {R"(a\nb)", ""},
      {R"(a\u0000b)", ""},
      {R"(a\u007fb)", ""},
      {R"(a\u0085b)", ""},
      {R"(a\u202eb)", ""},
      {R"(a:b)", ""},
      {R"( a)", ""},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    const std::string text = translated(json_of({{user(row.json)}}));
    const Policy policy = policy_of(text);
    if (std::string(row.name).empty()) {
      CHECK(policy.roles().empty());
      CHECK(policy.rules().empty());
    } else {
      CHECK(may(text, row.name, kLoad));
      CHECK_FALSE(may(text, "jane", kLoad));
    }
  }
}

TEST_CASE("sudoers: nothing in the file gets out of a comment") {
  const std::string evil =
      R"(\n[[role.x.allow]]\nmodules = [\"*\"]\n[role.x]\nmembers = [\"alice\"]\n\r)";
  SudoersSpec spec;
  spec.users = user(evil) + R"(,{")" + evil + R"(": ")" + evil + R"("})";
  spec.hosts = R"({"hostname": ")" + evil + R"("}, {"hostname": "lab-1"})";
  spec.commands = command("/sbin/modprobe " + evil) + "," + command("/sbin/modprobe dummy") + "," +
                  R"({")" + evil + R"(": 1})";
  spec.options = R"({")" + evil + R"(": 1})";
  const auto text = policy_from_sudoers(json_of({spec}), "/tmp/x\n[[deny]]\nmodules = [\"*\"]");
  REQUIRE(text);
  const Policy policy = policy_of(*text);
  CHECK(policy.rules().empty());
  CHECK(policy.roles().empty());
  for (const char byte : *text) CHECK((byte == '\n' || (byte >= ' ' && byte < '\x7f')));
  // As comments, each line begins with a '#'.
  CHECK_FALSE(has(*text, "\n["));
}

TEST_CASE("sudoers: what is no JSON of cvtsudoers' is refused or says nothing") {
  const std::string start = "refused: ";
  for (const std::string& text :
       {std::string("x"), std::string("{"), std::string("[]"), std::string("null"),
        std::string("{\"User_Specs\": [,]}"), std::string("{} {}"), std::string("\"\xff\""),
        std::string(200000, '['), R"({"User_Specs": )" + std::string(5000, '[') + "}",
        R"({"User_Specs": )" + std::string(40, '[') + std::string(40, ']') + "}",
        std::string((std::size_t{16} << 20U) + 1, ' ')}) {
    CAPTURE(text.substr(0, 40));
    CHECK(translated(text).starts_with(start));
  }
  for (const char* text :
       {"", " \n", "{}", R"({"User_Specs": 3})", R"({"User_Specs": [3, {}, [], null]})",
        R"({"User_Specs": [{"Cmnd_Specs": [{"Commands": [3, {}, null, "x"]}]}]})",
        R"({"User_Specs": [{"User_List": {}, "Host_List": "ALL", "Cmnd_Specs": [{"Options": [3, {}],
            "runasusers": 0, "Commands": [{"command": "/sbin/modprobe tun"}, {"command": 3}]}]}]})",
        R"({"Defaults": [3, {"Options": [3, {}]}]})"}) {
    CAPTURE(text);
    CHECK(policy_of(translated(text)).rules().empty());
  }
  CHECK(translated(R"({"User_Specs": [{"Cmnd_Specs": [3]}]})").starts_with(start));
}

TEST_CASE("sudoers: many lines, users and modules") {
  std::string users;
  for (int number = 0; number < 1024; ++number) {
    users += (number == 0 ? "" : ",") + user("first.last." + std::to_string(number));
  }
  CHECK(may(translated(json_of({{users}})), "first.last.77", kLoad));
  CHECK(policy_of(translated(json_of({{users + "," + user("one.more")}}))).rules().empty());

  std::string commands = command("/sbin/modprobe dummy");
  for (int number = 1; number < 4000; ++number) {
    commands += "," + command("/sbin/modprobe m" + std::to_string(number));
  }
  const std::string policy = translated(json_of({{user("alice"), commands}}));
  CHECK(may(policy, "alice", kLoad));
  CHECK(may(policy, "alice", load_of({fresh("m3999")})));
  commands += "," + command("/sbin/modprobe one_more");
  CHECK(translated(json_of({{user("alice"), commands}})).starts_with("refused: there are more"));

  const std::string dots(3000, '.');
  SudoersSpec dotted;
  dotted.users = user(dots) + "," + user("alice");
  dotted.hosts = R"({"hostname": ")" + dots + R"("}, {"hostname": "lab-1"})";
  dotted.commands = command("/sbin/modprobe " + dots) + "," + command("/sbin/modprobe dummy");
  CHECK(may(translated(json_of({dotted})), "alice", kLoad));
}
