// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/inspection.h"

#include <sys/stat.h>

#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gate/confine/compartment.h"
#include "gate/daemon/waiting.h"
#include "gate/module/image.h"
#include "gate/module/inspect.h"
#include "gate/module/needed_symbols.h"

namespace modgate {
namespace {

/// The one message of a compartment that touched untrusted bytes; it must be exactly `bytes` long.
Result<std::string> await_answer(Compartment& compartment, std::size_t bytes,
                                 const InspectionMeans& means, const std::string& what) {
  Channel channel(compartment.release_channel());
  auto message = channel.receive(bytes, 0, means.deadline);
  if (!message || !*message || (*message)->bytes.size() != bytes) {
    means.crashed();
    return Error{Outcome::rejected, what + " could not be examined: its examiner died"};
  }
  return std::move((*message)->bytes);
}

struct UnpackAnswer {
  std::uint32_t done = 0;
  char message[124] = {};
};

/// Reads a file that may be anything. Only here is it looked at what it is.
Status read_into_image(int file, int image, std::uint64_t max_bytes) {
  if (!is_regular_and_readable(file)) {
    return Error{Outcome::rejected, "it is no regular file that can be read"};
  }
  auto compression = compression_of(file);
  if (!compression) return compression.error();
  return *compression == Compression::none
             ? copy_into_image(file, image, max_bytes)
             : unpack_into_image(file, *compression, image, max_bytes);
}

int run_unpacker(const Inside& inside, std::uint64_t max_bytes) {
  const Status done = read_into_image(inside.given.at(0), inside.given.at(1), max_bytes);
  UnpackAnswer answer;
  answer.done = done ? 1 : 0;
  if (!done) {
    std::strncpy(answer.message, done.error().message.c_str(), sizeof answer.message - 1);
  }
  Channel parent{Fd(inside.parent)};
  return parent.send({reinterpret_cast<const char*>(&answer), sizeof answer},
                     BootClock::now() + std::chrono::seconds(10))
             ? 0
             : 1;
}

/// In a compartment: reads or unpacks the file into the image.
Status unpack(const PlannedModule& module, int file, int image, const InspectionMeans& means) {
  auto unpacker = Compartment::start(
      unpacker_profile(means.accounts), means.filters, {file, image},
      [&](const Inside& inside) { return run_unpacker(inside, means.max_module_bytes); });
  if (!unpacker) return unpacker.error();
  auto bytes = await_answer(*unpacker, sizeof(UnpackAnswer), means, module.name);
  if (!bytes) return bytes.error();
  means.retire(std::move(*unpacker));
  UnpackAnswer answer;
  std::memcpy(&answer, bytes->data(), sizeof answer);
  answer.message[sizeof answer.message - 1] = '\0';
  if (answer.done != 1) {
    return Error{Outcome::rejected, module.name + ": " + std::string(answer.message)};
  }
  return Done{};
}

/// Counts the image against what may be held, and seals it.
Result<Fd> keep_image(Fd image, const InspectionMeans& means) {
  struct stat state = {};
  if (::fstat(image.get(), &state) != 0) {
    return Error{Outcome::unavailable, "fstat of an image failed", errno};
  }
  if (auto kept = means.reserve(static_cast<std::uint64_t>(state.st_size)); !kept) {
    return kept.error();
  }
  if (auto sealed = seal_image(image.get()); !sealed) return sealed.error();
  return image;
}

const char* unpacking_program(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return "gunzip";
    case Compression::zstd:
      return "unzstd";
    default:
      return "unxz";
  }
}

/// The file itself in place of an image of it. What is inspected, hashed and loaded is this
/// descriptor; nobody but root can change what is behind it. Never a compressed one: what the
/// kernel's own unpacker would make of it (MODULE_INIT_COMPRESSED_FILE) nobody has inspected.
Result<Fd> take_file(const PlannedModule& module, Fd file, const InspectionMeans& means) {
  auto compression = compression_of(file.get());
  if (!compression) return compression.error();
  if (*compression != Compression::none) {
    return Error{Outcome::failed,
                 module.path +
                     " is compressed, and load_source = \"file\" loads plain files alone: "
                     "unpack the kernel's module tree (" +
                     unpacking_program(*compression) +
                     ", then depmod -a; signatures stay valid), or set load_source = \"memory\""};
  }
  struct stat state = {};
  if (::fstat(file.get(), &state) != 0 || !is_roots_own(file.get())) {
    return Error{Outcome::rejected, module.path + " is not a file that only root can change"};
  }
  const auto bytes = static_cast<std::uint64_t>(state.st_size);
  if (bytes > means.max_module_bytes) {
    return Error{Outcome::rejected, module.path + " is larger than a module may be"};
  }
  if (auto kept = means.reserve(bytes); !kept) return kept.error();
  return file;
}

/// Reads a module of the tree once, into an image that nobody can change any more.
Result<Fd> make_image(PlannedModule& module, const InspectionMeans& means) {
  auto file = means.tree.open_module(module.path);
  if (!file) return file.error();
  module.from_file = means.from_file;
  if (module.from_file) return take_file(module, std::move(*file), means);
  auto image = new_image(module.name);
  if (!image) return image.error();
  auto compression = compression_of(file->get());
  if (!compression) return compression.error();
  const Status filled = *compression == Compression::none
                            ? copy_into_image(file->get(), image->get(), means.max_module_bytes)
                            : unpack(module, file->get(), image->get(), means);
  if (!filled) return filled.error();
  return keep_image(std::move(*image), means);
}

InspectOrder order_for(const PlannedModule& module, const InspectionMeans& means) {
  InspectOrder order;
  order.name = module.name;
  for (const Parameter& parameter : module.parameters) order.parameters.push_back(parameter.name);
  order.symbols = means.symbols;
  order.trusted = &means.trusted;
  return order;
}

template <class Answer>
std::string_view bytes_of(const Answer& answer) {
  static_assert(std::is_trivially_copyable_v<Answer>);
  return {reinterpret_cast<const char*>(&answer), sizeof answer};
}

/// The answer about each image; and, of one that was handed over, what it needs.
int run_inspector(const Inside& inside, const std::vector<InspectOrder>& orders, bool handed_over) {
  std::string answers;
  for (std::size_t at = 0; at < orders.size(); ++at) {
    answers += bytes_of(inspect(inside.given.at(at), orders[at]));
  }
  if (handed_over) answers += bytes_of(needs_of(inside.given.at(0)));
  Channel parent{Fd(inside.parent)};
  return parent.send(answers, BootClock::now() + std::chrono::seconds(10)) ? 0 : 1;
}

/// Has images inspected by one process, and fills in the facts. One that was handed over never
/// shares it with another.
Status inspect_together(const std::vector<PlannedModule*>& modules, const std::vector<int>& images,
                        const InspectionMeans& means) {
  if (modules.empty()) return Done{};
  std::vector<InspectOrder> orders;
  orders.reserve(modules.size());
  for (const PlannedModule* module : modules) orders.push_back(order_for(*module, means));
  const bool handed_over = modules.front()->handed_over;
  auto inspector = Compartment::start(
      inspector_profile(means.accounts), means.filters, images,
      [&](const Inside& inside) { return run_inspector(inside, orders, handed_over); });
  if (!inspector) return inspector.error();
  const std::size_t facts_bytes = orders.size() * sizeof(InspectAnswer);
  auto bytes =
      await_answer(*inspector, facts_bytes + (handed_over ? sizeof(NeedsAnswer) : 0), means,
                   modules.size() == 1 ? modules.front()->name : "what was planned");
  if (!bytes) return bytes.error();
  means.retire(std::move(*inspector));
  for (std::size_t at = 0; at < orders.size(); ++at) {
    InspectAnswer answer;
    std::memcpy(&answer, bytes->data() + at * sizeof answer, sizeof answer);
    auto facts = facts_from(answer, orders[at]);
    if (!facts) return facts.error();
    modules[at]->facts = std::move(*facts);
    modules[at]->inspected = true;
  }
  if (!handed_over) return Done{};
  NeedsAnswer needs;
  std::memcpy(&needs, bytes->data() + facts_bytes, sizeof needs);
  return add_needs(needs, modules.front()->facts);
}

}  // namespace

Result<Fd> inspect_handed_over(const Fd& file, PlannedModule& module,
                               const InspectionMeans& means) {
  auto empty = new_image(module.name);
  if (!empty) return empty.error();
  if (auto filled = unpack(module, file.get(), empty->get(), means); !filled) return filled.error();
  auto image = keep_image(std::move(*empty), means);
  if (!image) return image;
  if (auto done = inspect_together({&module}, {image->get()}, means); !done) return done.error();
  return image;
}

Result<std::vector<Fd>> inspect_plan(Plan& plan, const InspectionMeans& means, Fd handed_over) {
  std::vector<PlannedModule*> modules;
  std::vector<Fd> images;
  std::vector<int> given;
  for (PlannedModule& module : plan.modules) {
    if (module.state != ModuleState::fresh) continue;
    if (module.handed_over) {
      images.push_back(std::exchange(handed_over, Fd()));
      continue;
    }
    auto image = make_image(module, means);
    if (!image) return image.error();
    modules.push_back(&module);
    given.push_back(image->get());
    images.push_back(std::move(*image));
  }
  if (auto done = inspect_together(modules, given, means); !done) return done.error();
  return images;
}

}  // namespace modgate
