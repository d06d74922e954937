// SPDX-License-Identifier: Apache-2.0
#include "gate/cli/admin/editor.h"

#include "unit/admin/text_directory.h"

using namespace modgate;
using sample::TextDirectory;

namespace {

using Words = std::vector<std::string>;

Words words(const char* visual, const char* editor) {
  const auto found = editor_words(visual, editor);
  return found ? *found : Words{"refused: " + found.error().message};
}

}  // namespace

TEST_CASE("the editor is VISUAL, else EDITOR, else Debian's") {
  CHECK(words("vim", "nano") == Words{"vim"});
  CHECK(words(nullptr, "nano") == Words{"nano"});
  CHECK(words("", "nano") == Words{"nano"});
  CHECK(words(" \t", "nano") == Words{"nano"});
  CHECK(words(nullptr, nullptr) == Words{"/usr/bin/editor"});
  CHECK(words(nullptr, " ") == Words{"/usr/bin/editor"});
}

TEST_CASE("the editor's arguments are kept, and nothing is read as a shell would") {
  CHECK(words("emacs  -nw\t--no-init-file", nullptr) == Words{"emacs", "-nw", "--no-init-file"});
  CHECK(words("vi; rm -r $HOME", nullptr) == Words{"vi;", "rm", "-r", "$HOME"});
  CHECK(words("'my editor'", nullptr) == Words{"'my", "editor'"});
}

TEST_CASE("an editor with a -- among its words is refused", "[CVE-2023-22809]") {
  for (const char* text : {"vi --", "vi -- /etc/shadow", "-- vi", "--"}) {
    CAPTURE(text);
    const auto found = editor_words(text, "nano");
    REQUIRE_FALSE(found);
    CHECK(found.error().outcome == Outcome::usage);
    CHECK_FALSE(editor_words(nullptr, text));
  }
  CHECK(words("vi --cmd", nullptr) == Words{"vi", "--cmd"});
}

TEST_CASE("the editor gets its arguments and then the file, and its end counts") {
  const TextDirectory directory;
  CHECK(run_editor({"/usr/bin/touch", "-d", "2001-02-03"}, directory.at("a file")));
  CHECK(std::filesystem::exists(directory.at("a file")));
  const auto failed = run_editor({"/bin/false"}, "x");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "the editor '/bin/false' ended with an error");
  const auto none = run_editor({"/nonexistent", "-x"}, "x");
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "the editor '/nonexistent' cannot be started; set EDITOR");
  CHECK_FALSE(run_editor({"/bin/sh", "-c", "kill -9 $$"}, "x"));
}
