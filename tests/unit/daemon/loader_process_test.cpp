// SPDX-License-Identifier: Apache-2.0
#include "gate/daemon/loader_process.h"

#include <cstring>

#include "catch.h"
#include "gate/daemon/recorder_messages.h"
#include "unit/daemon/fake_kernel.h"

using namespace modgate;

namespace {

using Steps = std::vector<Step>;

Digest digest_number(std::size_t number) {
  Digest digest;
  digest.fill(static_cast<std::uint8_t>(number + 1));
  return digest;
}

/// A loader with three modules to load, and all that it speaks with.
struct Scene {
  Scene() {
    for (const char* name : {"first", "second", "third"}) {
      const std::size_t number = order.modules.size();
      const int image = static_cast<int>(number) + 100;
      kernel.images[image] = {name, digest_number(number)};
      images.push_back(image);
      receipt.digests.push_back(digest_number(number));
      LoadOrder::Module module;
      module.name = name;
      module.image = number;
      order.modules.push_back(module);
    }
  }

  FakeKernel kernel;
  LoadOrder order;
  std::vector<int> images;
  Receipt receipt;
  FromLoader first;
  FromLoader last;

  void refuse(const std::string& wanted, int code) {
    kernel.verdict = [=](bool inserts, const std::string& name) {
      return inserts && name == wanted ? code : 0;
    };
  }

  /// Runs it with `word` of the recorder, nullptr for one that is gone.
  void run(const std::string* word) {
    auto session = Channel::pair();
    auto recorder = Channel::pair();
    REQUIRE(session);
    REQUIRE(recorder);
    const Deadline soon = BootClock::now() + std::chrono::seconds(5);
    if (word != nullptr) REQUIRE(recorder->first.send(*word, soon));
    recorder->first.close();
    REQUIRE(run_loader(kernel, order, images, std::move(session->second),
                       std::move(recorder->second)) == 0);
    for (FromLoader* part : {&first, &last}) {
      auto message = session->first.receive(sizeof *part, 0, soon);
      REQUIRE(message);
      if (!*message) return;
      REQUIRE((*message)->bytes.size() == sizeof *part);
      std::memcpy(part, (*message)->bytes.data(), sizeof *part);
    }
  }
  void run() {
    const std::string word = encode_receipt(receipt);
    run(&word);
    CHECK(first.kind == FromLoader::Kind::begun);
    CHECK(last.kind == FromLoader::Kind::finished);
  }

  [[nodiscard]] Steps steps() const {
    Steps steps;
    for (std::size_t at = 0; at < last.count; ++at) steps.push_back(last.modules.at(at).step);
    return steps;
  }
};

}  // namespace

TEST_CASE("the loader inserts in the plan's order, with the digests of the receipt") {
  Scene scene;
  scene.order.modules[1].parameters = "count=2";
  scene.run();
  CHECK(scene.steps() == Steps{Step::done, Step::done, Step::done});
  CHECK(scene.kernel.loaded == std::vector<std::string>{"first", "second", "third"});
  REQUIRE(scene.kernel.calls.size() == 3);
  CHECK(scene.kernel.calls[1] == FakeKernel::Call{true, "second", "count=2", digest_number(1), 0});
}

TEST_CASE("without a receipt that fits the plan the kernel is asked for nothing") {
  const Receipt whole = Scene().receipt;
  Receipt shorter = whole;
  shorter.digests.pop_back();
  const std::string refusal = encode_refusal({Outcome::unavailable, "the disk is full"});
  const std::string nonsense = "receipt";
  const std::string of_two = encode_receipt(shorter);
  for (const std::string* word :
       {static_cast<const std::string*>(nullptr), &refusal, &nonsense, &of_two}) {
    INFO((word == nullptr ? "hung up" : *word));
    Scene scene;
    scene.run(word);
    CHECK(scene.first.kind == FromLoader::Kind::refused);
    CHECK(scene.first.message[0] != '\0');
    CHECK(scene.kernel.calls.empty());
  }
}

TEST_CASE("an intent to load is none to unload") {
  Scene scene;
  scene.order.action = Action::unload;
  scene.kernel.loaded = {"first", "second", "third"};
  const std::string of_a_load = encode_receipt(scene.receipt);
  scene.run(&of_a_load);
  CHECK(scene.first.kind == FromLoader::Kind::refused);
  CHECK(scene.kernel.calls.empty());
}

TEST_CASE("what was inserted before a failure is removed again, newest first") {
  Scene scene;
  scene.refuse("third", ENOEXEC);
  scene.run();
  CHECK(scene.steps() == Steps{Step::undone, Step::undone, Step::failed});
  CHECK(scene.last.modules[2].code == ENOEXEC);
  CHECK(scene.kernel.loaded.empty());
  REQUIRE(scene.kernel.calls.size() == 5);
  CHECK(scene.kernel.calls[3].name == "second");
  CHECK(scene.kernel.calls[4].name == "first");
}

TEST_CASE("what will not go again is said to be there") {
  Scene scene;
  scene.kernel.verdict = [](bool inserts, const std::string& name) {
    return inserts && name == "third" ? EIO : !inserts && name == "first" ? EAGAIN : 0;
  };
  scene.run();
  CHECK(scene.steps() == Steps{Step::done, Step::undone, Step::failed});
  CHECK(scene.last.modules[0].code == EAGAIN);
  CHECK(scene.kernel.loaded == std::vector<std::string>{"first"});
}

TEST_CASE("a soft dependency may fail, and another may be faster") {
  Scene soft;
  soft.order.modules[0].may_fail = true;
  soft.refuse("first", ENODEV);
  soft.run();
  CHECK(soft.steps() == Steps{Step::failed, Step::done, Step::done});

  Scene faster;
  faster.kernel.loaded = {"second"};
  faster.run();
  CHECK(faster.steps() == Steps{Step::done, Step::skipped, Step::done});

  Scene other_bytes;
  other_bytes.order.modules[1].only_these_bytes = true;
  other_bytes.kernel.loaded = {"second"};
  other_bytes.run();
  CHECK(other_bytes.steps() == Steps{Step::undone, Step::failed, Step::none});
  CHECK(other_bytes.kernel.loaded == std::vector<std::string>{"second"});
}

TEST_CASE("what takes the place of a loaded module waits until that is gone") {
  Scene gone;
  gone.order.modules[2].replaces = true;
  gone.kernel.loaded = {"third"};
  gone.run();
  CHECK(gone.steps() == Steps{Step::done, Step::done, Step::done});

  Scene stays;
  stays.order.modules[2].replaces = true;
  stays.kernel.loaded = {"third"};
  stays.kernel.verdict = [](bool inserts, const std::string& name) {
    return !inserts && name == "third" ? EAGAIN : 0;
  };
  stays.run();
  CHECK(stays.steps() == Steps{Step::undone, Step::undone, Step::failed});
  CHECK(stays.kernel.loaded == std::vector<std::string>{"third"});
}

TEST_CASE("an unload ends at the first module that stays") {
  Scene scene;
  scene.order.action = Action::unload;
  scene.receipt.digests.clear();
  scene.kernel.loaded = {"first", "third"};
  scene.run();
  CHECK(scene.steps() == Steps{Step::done, Step::failed, Step::none});
  CHECK(scene.last.modules[1].code == ENOENT);
  CHECK(scene.kernel.loaded == std::vector<std::string>{"third"});
}
