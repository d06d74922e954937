// SPDX-License-Identifier: Apache-2.0
#include "component/pam/wrapped_pam.h"

#include <fcntl.h>
#include <link.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include "catch.h"
#include "pam/authenticate.h"

namespace modgate::sample {
namespace {

namespace fs = std::filesystem;

/// The folder that holds libpam_wrapper.so and pam_wrapper/; empty where it is not installed.
std::string wrapper_folder() {
  for (const fs::path root : {"/usr/lib", "/usr/lib64"}) {
    std::error_code none;
    if (fs::exists(root / "libpam_wrapper.so", none)) return root;
    for (const auto& entry : fs::directory_iterator(root, none)) {
      if (fs::exists(entry.path() / "libpam_wrapper.so", none)) return entry.path();
    }
  }
  return {};
}

/// The sanitizer's library, which must come before all others; empty without one.
std::string sanitizer_library() {
  std::string found;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* into) {
        const std::string_view name = info->dlpi_name;
        if (name.find("libasan") != std::string_view::npos) *static_cast<std::string*>(into) = name;
        return 0;
      },
      &found);
  return found;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void write(const fs::path& path, std::string text, const std::string& modules) {
  for (std::size_t at = text.find("MODULES"); at != std::string::npos; at = text.find("MODULES")) {
    text.replace(at, 7, modules);
  }
  std::ofstream(path) << text;
}

/// Plays the person, and writes down what it hears.
class Noted final : public Conversation {
 public:
  explicit Noted(std::ofstream& out) : out_(out) {}
  Result<Secret> ask(std::string_view prompt, bool) override {
    out_ << "ask " << prompt << std::endl;
    if (variable("PROBE_TROUBLE") == "ask") return hung_up();
    if (variable("PROBE_TROUBLE") == "throw") throw std::runtime_error("trouble");
    return Secret{std::string_view(variable("PROBE_ANSWER"))};
  }
  Status show(std::string_view text, bool) override {
    out_ << "show " << text << std::endl;
    if (variable("PROBE_TROUBLE") == "show") return hung_up();
    return Done{};
  }
  Status about_to_try() override {
    out_ << "try" << std::endl;
    if (variable("PROBE_TROUBLE") == "try") return hung_up();
    return Done{};
  }

 private:
  static Error hung_up() { return {Outcome::unavailable, "the caller hung up"}; }
  std::ofstream& out_;
};

Answered read_answer(const fs::path& path) {
  Answered answered;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("code ")) {
      answered.code = std::stoi(line.substr(5));
    } else if (line.starts_with("message ")) {
      answered.message = line.substr(8);
    } else {
      answered.heard.push_back(line);
    }
  }
  return answered;
}

[[noreturn]] void become_probe(const std::vector<std::string>& environment) {
  std::vector<char*> pointers;
  std::vector<std::string> copies = environment;
  for (std::string& one : copies) pointers.push_back(one.data());
  pointers.push_back(nullptr);
  std::string name = "probe";
  std::string test = "[pam_probe]";
  char* arguments[] = {name.data(), test.data(), nullptr};
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0 && ::dup2(null, 1) == 1) ::execve("/proc/self/exe", arguments, pointers.data());
  ::_exit(127);
}

}  // namespace

bool skipped_without_wrapper() {
  if (!wrapper_folder().empty()) return false;
  WARN("SKIPPED: libpam-wrapper is not installed");
  return true;
}

Answered authenticate_wrapped(const Try& what) {
  std::string folder = (fs::temp_directory_path() / "modgate-pam-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const fs::path place(folder);
  const std::string wrapper = wrapper_folder();
  const std::string modules = wrapper + "/pam_wrapper";
  fs::create_directory(place / "services");
  write(place / "passwords", "alice:right:gate\nbob:other:gate\ncarol:right:elsewhere\n", modules);
  if (what.exists) write(place / "services/gate", what.stack, modules);
  write(place / "services/other", "auth required pam_deny.so\naccount required pam_deny.so\n",
        modules);

  const std::string sanitizer = sanitizer_library();
  std::vector<std::string> environment = what.environment;
  for (const std::string& one :
       {"LD_PRELOAD=" + sanitizer + (sanitizer.empty() ? "" : ":") + wrapper + "/libpam_wrapper.so",
        std::string("PAM_WRAPPER=1"), "PAM_WRAPPER_SERVICE_DIR=" + folder + "/services",
        "PAM_MATRIX_PASSWD=" + folder + "/passwords", "TMPDIR=" + folder,
        "PROBE_OUT=" + folder + "/out", "PROBE_USER=" + what.user, "PROBE_ANSWER=" + what.answer,
        "PROBE_TROUBLE=" + what.trouble, "PROBE_TERMINAL=" + what.terminal,
        // What libpam's modules leave behind is not ours.
        std::string("ASAN_OPTIONS=detect_leaks=0")}) {
    environment.push_back(one);
  }
  // Where a build that counts which lines are run puts its counts.
  if (const std::string counts = variable("LLVM_PROFILE_FILE"); !counts.empty()) {
    environment.push_back("LLVM_PROFILE_FILE=" + counts);
  }
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) become_probe(environment);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  Answered answered = read_answer(place / "out");
  if (status != 0) answered.code = -1;
  std::error_code ignored;
  fs::remove_all(place, ignored);
  return answered;
}

}  // namespace modgate::sample

// Started by authenticate_wrapped() alone.
TEST_CASE("probe: one authentication", "[.][pam_probe]") {
  using namespace modgate;
  using namespace modgate::sample;
  if (variable("PROBE_OUT").empty()) return;
  std::ofstream out(variable("PROBE_OUT"));
  Noted person(out);
  const Status status =
      authenticate({"gate", variable("PROBE_USER"), variable("PROBE_TERMINAL")}, person);
  if (!status) REQUIRE(status.error().outcome == Outcome::unauthenticated);
  out << "code " << (status ? 0 : status.error().code) << "\nmessage "
      << (status ? "" : status.error().message) << std::endl;
}
