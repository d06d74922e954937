// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "gate/cli/admin/commands.h"
#include "gate/cli/admin/decision_diff.h"
#include "gate/cli/admin/editor.h"
#include "gate/cli/admin/policy_draft.h"
#include "gate/cli/admin/policy_files_given.h"
#include "gate/cli/admin/policy_judgement.h"
#include "gate/cli/admin/tree_facts.h"
#include "gate/client/printable.h"
#include "gate/client/terminal.h"
#include "gate/config/policy_files.h"

namespace modgate {
namespace {

enum class Wish { install, edit, leave };

/// The whole path of the policy file that a person named.
Result<std::string> policy_path(const std::vector<std::string>& words) {
  const PolicyLocation location;
  if (words.size() > 1) return Error{Outcome::usage, "policy edit takes one file"};
  if (words.empty()) return location.policy;
  const std::string& named = words.front();
  if (named.find('/') == std::string::npos) return location.policy_dir + '/' + named;
  if (named == location.policy || named.substr(0, named.rfind('/')) == location.policy_dir) {
    return named;
  }
  return Error{Outcome::usage, named + " is no file of the policy: these are " + location.policy +
                                   " and those in " + location.policy_dir};
}

/// The installed files with one of them as it is to become.
std::vector<PolicyFile> merged_with(std::vector<PolicyFile> sources, const std::string& path,
                                    const std::string& text) {
  for (PolicyFile& source : sources) {
    if (source.path != path) continue;
    source.text = text;
    return sources;
  }
  // policy.toml comes first, the files of policy.d in the order of their names.
  auto place = sources.begin();
  while (place != sources.end() && (place == sources.begin() || place->path < path)) ++place;
  sources.insert(place, {path, text});
  return sources;
}

/// Asks until there is an answer; without a terminal nobody is asked, and `unasked` is the answer.
Wish ask(std::optional<Terminal>& terminal, const std::string& question, bool may_install,
         Wish unasked) {
  if (!terminal) return unasked;
  while (true) {
    auto signals = Signals::take();
    if (!signals) return Wish::leave;
    auto typed = terminal->ask(question, false, *signals, -1);
    if (!typed) return Wish::leave;
    if (may_install && typed->text() == "y") return Wish::install;
    if (typed->text() == "e") return Wish::edit;
    if (typed->text() == "q" || (may_install && typed->text() == "n")) return Wish::leave;
  }
}

class Edit {
 public:
  Edit(Output& output, std::optional<Terminal> terminal, std::string path)
      : output_(output), terminal_(std::move(terminal)), path_(std::move(path)) {}

  Status run(PolicyDraft draft, const std::vector<std::string>& editor) {
    auto installed = installed_policy();
    // Files that a helper would not even read are mended elsewhere; the first one may be made here.
    if (!installed && installed.error().code != ENOENT) {
      if (auto gone = draft.discard(); !gone) return gone;
      return installed.error();
    }
    const std::vector<PolicyFile> others =
        installed ? std::move(*installed) : std::vector<PolicyFile>();
    while (true) {
      if (auto edited = run_editor(editor, draft.path()); !edited) return left(draft, edited);
      auto text = draft.text();
      if (!text) return text.error();
      if (*text == draft.before()) {
        output_.remark("nothing was changed");
        return draft.discard();
      }
      JudgedPolicy judged = judge_policy(merged_with(others, path_, *text), true);
      if (auto shown = show_problems(output_, judged.problems); !shown) return left(draft, shown);
      switch (judged.is_valid() ? show_and_ask(others, judged) : ask_to_mend()) {
        case Wish::edit:
          continue;
        case Wish::leave:
          return left(draft, Error{Outcome::failed, "nothing was installed"});
        case Wish::install:
          if (auto done = draft.install(*text); !done) return left(draft, done);
          output_.remark("installed " + path_ + "; it takes effect for the next request");
          return Done{};
      }
    }
  }

 private:
  Wish ask_to_mend() {
    return ask(terminal_, "The policy has errors. Edit again (e) or leave it (q)? ", false,
               Wish::leave);
  }

  Wish show_and_ask(const std::vector<PolicyFile>& others, const JudgedPolicy& judged) {
    const ParsedPolicy before = parse_installed(others);
    const auto modules = modules_of_running_kernel();
    if (before.policy && modules) {
      const auto lines = decision_diff(*before.policy, *judged.policy, *modules, this_moment());
      if (lines.empty()) output_.remark("no decision about a module of this kernel changes");
      for (const std::string& line : lines) {
        if (!output_.line(printable(line))) return Wish::leave;
      }
    }
    return ask(terminal_, "Install it (y), edit again (e) or leave it (n)? ", true, Wish::install);
  }

  /// The way out that loses nothing of what was typed.
  Status left(const PolicyDraft& draft, const Status& why) {
    return Error{why.error().outcome,
                 why.error().message + "; what you wrote is in " + draft.path()};
  }

  Output& output_;
  std::optional<Terminal> terminal_;
  std::string path_;
};

int policy_edit(const CommandLine& line) {
  Output output(line.json);
  auto path = policy_path(line.words);
  if (!path) return output.refuse(path.error());
  auto editor = editor_words(std::getenv("VISUAL"), std::getenv("EDITOR"));
  if (!editor) return output.refuse(editor.error());
  if (::geteuid() != 0) {
    return output.refuse(Error{Outcome::failed, "only root can edit the policy"});
  }
  auto draft = PolicyDraft::open(*path);
  if (!draft) return output.refuse(draft.error());
  Edit edit(output, line.interactive ? Terminal::open() : std::nullopt, *path);
  auto done = edit.run(std::move(*draft), *editor);
  return done ? 0 : output.refuse(done.error());
}

}  // namespace

Command policy_edit_command() {
  return {
      "policy edit",
      "[FILE]",
      "Opens your editor (VISUAL, EDITOR) on a copy of policy.toml, or of a file of policy.d, "
      "checks\n"
      "the merged policy, shows who would gain and lose what, and installs it in one step. The "
      "last\n"
      "five versions are kept beside it as FILE.~1~ to FILE.~5~. What does not parse is not "
      "installed.\n"
      "With -n, or without a terminal, a policy without errors is installed without a question.\n\n"
      "  modgate policy edit\n"
      "  modgate policy edit 20-lab.toml",
      false,
      {},
      policy_edit};
}

}  // namespace modgate
