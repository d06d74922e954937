// SPDX-License-Identifier: Apache-2.0
// How many durable records a second the recorder takes, beside the plainest way to write durable
// lines: one write(2) and one fdatasync(2) each. Both on the same disk, in turns.
//
// record_rate DIRECTORY SECONDS ROUNDS
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "gate/audit/uuid.h"
#include "gate/daemon/record_codec.h"
#include "gate/daemon/recorder.h"
#include "gate/daemon/recorder_link.h"
#include "gate/evidence/signing_key.h"
#include "unit/audit/sample.h"

using namespace modgate;
using Clock = std::chrono::steady_clock;

namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "record_rate: %s\n", why.c_str());
  std::exit(1);
}

Deadline soon() { return BootClock::now() + std::chrono::seconds(60); }

/// The log's key, as the installation makes one.
LogKey make_key(const std::filesystem::path& file) {
  auto key = SigningKey::generate();
  if (!key) give_up(key.error().message);
  const Status written = key->to_pem([&](std::string_view pem) -> Status {
    std::ofstream(file) << pem;
    return Done{};
  });
  if (!written) give_up(written.error().message);
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  return {file.string(), {"bench/modgate/00000000", SignatureType::ed25519, key->public_key()}};
}

/// The recorder's real process on a new log, each group with its signed checkpoint.
class Recorder {
 public:
  explicit Recorder(const std::filesystem::path& directory) : control_(start(directory)) {
    if (auto ready = control_.await_ready(soon()); !ready) give_up(ready.error().message);
  }
  ~Recorder() {
    control_ = RecorderControl(Channel());
    int status = 0;
    static_cast<void>(::waitpid(child_, &status, 0));
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  Channel connect() {
    auto channel = control_.open_connection(sample::alice(), new_uuid());
    if (!channel) give_up(channel.error().message);
    return std::move(*channel);
  }

 private:
  Channel start(const std::filesystem::path& directory) {
    auto ends = Channel::pair();
    if (!ends) give_up(ends.error().message);
    child_ = ::fork();
    if (child_ == 0) {
      ends->first.close();
      RecorderSettings settings;
      settings.directory = directory.string();
      settings.key = make_key(directory.parent_path() / (directory.filename().string() + ".key"));
      ::_exit(run_recorder(std::move(ends->second), settings));
    }
    return std::move(ends->first);
  }
  pid_t child_ = -1;
  RecorderControl control_;
};

/// What a session does: an intent, its outcome, and then it is gone.
class Writer {
 public:
  explicit Writer(Recorder& recorder) : recorder_(recorder) { begin(); }

  [[nodiscard]] int descriptor() const { return channel_.get(); }

  /// A receipt has come: one record more is on disk.
  void go_on() {
    auto message = channel_.receive(kReceiptBytes, 0, soon());
    if (!message || !*message) give_up("the recorder hung up");
    if (auto receipt = decode_receipt((*message)->bytes); !receipt) {
      give_up(receipt.error().message);
    }
    if (!open_) return begin();
    open_ = false;
    say(sample::outcome());
  }

 private:
  void begin() {
    channel_ = recorder_.connect();
    open_ = true;
    say(sample::record(RecordKind::intent));
  }
  void say(const Record& record) {
    auto bytes = encode_record(record);
    if (!bytes || !channel_.send(*bytes, soon())) give_up("the recorder does not listen");
  }
  Recorder& recorder_;
  Channel channel_;
  bool open_ = false;
};

/// Processor time of children that have ended.
double children_seconds() {
  rusage used = {};
  if (::getrusage(RUSAGE_CHILDREN, &used) != 0) give_up("getrusage");
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct Rate {
  double records_a_second = 0;
  double processor_us = 0;  ///< of the recorder, for one record
};

Rate records_a_second(const std::filesystem::path& directory, int writers, double seconds) {
  const double used_before = children_seconds();
  std::optional<Recorder> started(std::in_place, directory);
  Recorder& recorder = *started;
  std::vector<Writer> all;
  all.reserve(static_cast<std::size_t>(writers));
  for (int at = 0; at < writers; ++at) all.emplace_back(recorder);
  long records = 0;
  const auto began = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
  while (passed() < seconds) {
    std::vector<pollfd> ready;
    for (const Writer& writer : all) ready.push_back({writer.descriptor(), POLLIN, 0});
    if (::poll(ready.data(), ready.size(), 10'000) <= 0) give_up("the recorder does not answer");
    for (std::size_t at = 0; at < all.size(); ++at) {
      if (ready[at].revents == 0) continue;
      all[at].go_on();
      ++records;
    }
  }
  const double rate = static_cast<double>(records) / passed();
  started.reset();
  return {rate, (children_seconds() - used_before) * 1e6 / static_cast<double>(records)};
}

/// The lines of such a log, one at a time.
double lines_a_second(const std::filesystem::path& directory, const std::string& line,
                      double seconds) {
  const Fd file(
      ::open((directory / "lines").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  long lines = 0;
  const auto began = Clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
  while (passed() < seconds) {
    if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
        ::fdatasync(file.get()) != 0) {
      give_up("cannot write the lines");
    }
    ++lines;
  }
  return static_cast<double>(lines) / passed();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) give_up("usage: record_rate DIRECTORY SECONDS ROUNDS");
  const std::filesystem::path base = argv[1];
  const double seconds = std::atof(argv[2]);
  const int rounds = std::atoi(argv[3]);
  std::vector<double> plain;
  std::vector<double> alone;
  std::vector<double> many;
  std::vector<double> processor;
  for (int round = 0; round < rounds; ++round) {
    const auto directory = base / std::to_string(round);
    const auto fresh = [&](const char* name) {
      std::filesystem::create_directories(directory / name);
      return directory / name;
    };
    const Rate rate = records_a_second(fresh("many"), 64, seconds);
    many.push_back(rate.records_a_second);
    processor.push_back(rate.processor_us);
    alone.push_back(records_a_second(fresh("alone"), 1, seconds).records_a_second);
    std::string line;
    std::getline(std::ifstream(directory / "many" / "000000000000000001.jsonl"), line);
    plain.push_back(lines_a_second(fresh("plain"), line + '\n', seconds));
    std::filesystem::remove_all(directory);
  }
  std::printf("durable records a second, medians of %d rounds of %.1f s\n", rounds, seconds);
  std::printf("64 writers            %8.0f   %5.1f times the plain lines\n", median(many),
              median(many) / median(plain));
  std::printf("  the recorder's processor time for one record: %.1f us\n", median(processor));
  std::printf("1 writer              %8.0f   %5.2f times the plain lines\n", median(alone),
              median(alone) / median(plain));
  std::printf("plain lines, one by one %6.0f\n", median(plain));
  return 0;
}
