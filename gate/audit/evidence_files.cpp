// SPDX-License-Identifier: Apache-2.0
#include "gate/audit/evidence_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "gate/audit/log_directory.h"

namespace modgate {
namespace {

using Directory = CHandle<DIR, ::closedir>;

constexpr std::string_view kCosigned = "cosigned.";
constexpr std::string_view kSegmentEnding = ".checkpoint";
constexpr std::size_t kIdDigits = 8;

bool is_all_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

bool is_checkpoint_name(std::string_view name) {
  if (name == kCheckpointName) return true;
  if (name.starts_with(kCosigned)) {
    name.remove_prefix(kCosigned.size());
    return name.size() == kIdDigits && is_all_of(name, "0123456789abcdef");
  }
  if (!name.ends_with(kSegmentEnding)) return false;
  name.remove_suffix(kSegmentEnding.size());
  return name.size() == segment_name(1).find('.') && is_all_of(name, "0123456789");
}

}  // namespace

std::string cosigned_name(std::uint32_t key_id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name(kCosigned);
  for (unsigned shift = 32; shift > 0;) {
    shift -= 4;
    name += kDigits[(key_id >> shift) & 0xfU];
  }
  return name;
}

std::string segment_checkpoint_name(std::uint64_t first_sequence) {
  const std::string segment = segment_name(first_sequence);
  return segment.substr(0, segment.find('.')) + std::string(kSegmentEnding);
}

Result<std::vector<std::string>> list_checkpoints(int directory) {
  Fd again(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!again) return log_error("its directory", errno);
  const Directory stream(::fdopendir(again.get()));
  if (!stream) return log_error("its directory", errno);
  // From here on the stream owns the descriptor (fdopendir(3)).
  static_cast<void>(again.release());
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) break;
    if (is_checkpoint_name(entry->d_name)) names.emplace_back(entry->d_name);
  }
  if (errno != 0) return log_error("its directory", errno);
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::optional<SignedCheckpoint>> read_checkpoint(int directory, const std::string& name) {
  auto file = open_segment(directory, name, O_RDONLY);
  if (!file && file.error().code == ENOENT) return std::optional<SignedCheckpoint>();
  if (!file) return file.error();
  // One byte more than a note may have, so that a longer file shows.
  std::string bytes(kNoteBytes + 1, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(file->get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return log_error(name, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  auto checkpoint = parse_signed_checkpoint(bytes);
  if (!checkpoint) return Error{Outcome::failed, name + ": " + checkpoint.error().message};
  return std::optional<SignedCheckpoint>(std::move(*checkpoint));
}

Status replace_file(int directory, const std::string& name, std::string_view bytes,
                    Durable durable) {
  const std::string fresh = name + ".new";
  const Fd file(::openat(directory, fresh.c_str(),
                         O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640));
  if (!file) return log_error(fresh, errno);
  if (auto written = write_all(file.get(), bytes, fresh); !written) return written;
  if (durable == Durable::yes && ::fdatasync(file.get()) != 0) return log_error(fresh, errno);
  if (::renameat(directory, fresh.c_str(), directory, name.c_str()) != 0) {
    return log_error(name, errno);
  }
  if (durable == Durable::yes && ::fsync(directory) != 0) return log_error("its directory", errno);
  return Done{};
}

}  // namespace modgate
