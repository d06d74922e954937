// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <cstdio>
#include <ctime>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "gate/witness/cosigner.h"
#include "gate/witness/options.h"

namespace modgate {
namespace {

/// Descriptors for the connections being served, those that wait, and the files.
constexpr rlim_t kMostDescriptors = 256;

/// One call a line, so that the lines of threads do not mix; control characters escaped.
void journal(const std::string& text) {
  std::string line = "modgate-witness: ";
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (byte == '\n') {
      line += "\\n";
    } else if (code < 0x20 || code == 0x7f) {
      line += '?';
    } else {
      line += byte;
    }
  }
  line += '\n';
  // Nobody is left to tell where standard error is gone.
  static_cast<void>(std::fputs(line.c_str(), stderr));
}

Status make_key(const WitnessOptions& options) {
  // A folder that is missing is made; one that cannot be made shows at the file.
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(options.key).parent_path(), ignored);
  auto made = make_witness_key(*options.new_key, options.key, options.vkey);
  if (!made) return made.error();
  if (std::printf("%s\n", made->verifier.text().c_str()) < 0 || std::fflush(stdout) != 0) {
    return Error{Outcome::failed, "cannot print the verifier key; it is in " + options.vkey};
  }
  return Done{};
}

Error serve(const WitnessOptions& options) {
  const rlimit descriptors = {kMostDescriptors, kMostDescriptors};
  if (::setrlimit(RLIMIT_NOFILE, &descriptors) != 0) {
    return {Outcome::unavailable, "cannot limit the open files"};
  }
  auto key = read_witness_key(options.key, options.vkey);
  if (!key) return key.error();
  auto logs = read_witnessed_logs(options.logs);
  if (!logs) return logs.error();
  const std::size_t served = logs->size();
  auto state = StateDirectory::open(options.state);
  if (!state) return state.error();
  const std::string name = key->verifier.text();
  auto cosigner = Cosigner::open(std::move(*key), std::move(*logs), std::move(*state), journal);
  if (!cosigner) return cosigner.error();
  auto server = HttpServer::bind(
      options.host, options.port, options.path, [&cosigner](const std::string& body) {
        return cosigner->add_checkpoint(body, static_cast<std::uint64_t>(std::time(nullptr)));
      });
  if (!server) return server.error();
  journal(name + " serves " + std::to_string(served) + " logs on " + options.host + " port " +
          std::to_string(server->port()) + options.path);
  // Nothing tells it to end but a signal, which may come at any time: what it has answered is on
  // disk, and what it has not is asked again.
  return server->serve();
}

int run(int argc, char** argv) {
  auto command = parse_witness_options(argc, argv);
  if (!command) {
    journal(command.error().message);
    return 2;
  }
  if (!command->run) return std::fputs(command->text.c_str(), stdout) < 0 ? 1 : 0;
  if (command->run->new_key) {
    auto made = make_key(*command->run);
    if (!made) journal(made.error().message);
    return made ? 0 : (made.error().outcome == Outcome::usage ? 2 : 1);
  }
  journal(serve(*command->run).message);
  return 1;
}

}  // namespace
}  // namespace modgate

int main(int argc, char** argv) {
  try {
    return modgate::run(argc, argv);
  } catch (const std::exception& failure) {
    modgate::journal(failure.what());
  } catch (...) {
    modgate::journal("an unknown error");
  }
  return 1;
}
