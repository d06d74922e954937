// SPDX-License-Identifier: Apache-2.0
#include "component/module/fixture_tree.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "modgate/handle.h"

namespace modgate::test {

namespace fs = std::filesystem;

ProgramRun run_program(const std::vector<std::string>& arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  const Fd reader(ends[0]);
  Fd writer(ends[1]);
  posix_spawn_file_actions_t actions;
  if (::posix_spawn_file_actions_init(&actions) != 0) return {};
  bool ready = ::posix_spawn_file_actions_adddup2(&actions, writer.get(), STDOUT_FILENO) == 0;
  ready = ready && ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                                      O_WRONLY, 0) == 0;
  std::vector<std::string> copy = arguments;
  std::vector<char*> argv;
  for (std::string& argument : copy) argv.push_back(argument.data());
  argv.push_back(nullptr);
  char* no_environment[] = {nullptr};
  pid_t child = -1;
  ready =
      ready && ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), no_environment) == 0;
  static_cast<void>(::posix_spawn_file_actions_destroy(&actions));
  writer.reset();
  ProgramRun run;
  if (!ready) return run;
  std::array<char, 4096> block;
  for (ssize_t got = 0; (got = ::read(reader.get(), block.data(), block.size())) > 0;) {
    run.output.append(block.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  if (::waitpid(child, &status, 0) == child && WIFEXITED(status)) run.status = WEXITSTATUS(status);
  return run;
}

FixtureTree::FixtureTree() : root_(fs::temp_directory_path() / "modgate-tree-XXXXXX") {
  if (::mkdtemp(root_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  fs::create_directories(tree());
  fs::create_directories(config());
}

FixtureTree::~FixtureTree() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

void FixtureTree::add(const std::string& place, const std::string& bytes) const {
  const fs::path path = fs::path(tree()) / place;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

void FixtureTree::configure(const std::string& name, const std::string& text) const {
  std::ofstream(fs::path(config()) / name) << text;
}

bool FixtureTree::index() const {
  return run_program({"/sbin/depmod", "-b", root_, "0.0-test"}).status == 0;
}

ProgramRun FixtureTree::show_depends(const std::string& asked) const {
  return run_program(
      {"/sbin/modprobe", "-C", config(), "-d", root_, "-S", "0.0-test", "--show-depends", asked});
}

}  // namespace modgate::test
