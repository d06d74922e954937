// SPDX-License-Identifier: Apache-2.0
#include "gate/module/image.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "catch.h"
#include "gate/module/loader.h"
#include "unit/module/images.h"
#include "unit/module/module_file.h"

using namespace modgate;

namespace {

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace

TEST_CASE("an image takes bytes until it is sealed, and none after", "[CVE-2015-8239]") {
  auto image = new_image("gate_test");
  REQUIRE(image);
  REQUIRE(::write(image->get(), "abc", 3) == 3);
  CHECK_FALSE(is_sealed(image->get()));
  REQUIRE(seal_image(image->get()));
  CHECK(is_sealed(image->get()));
  CHECK(::write(image->get(), "d", 1) < 0);
  CHECK(::pwrite(image->get(), "d", 1, 0) < 0);
  CHECK(::ftruncate(image->get(), 0) < 0);
  CHECK(::ftruncate(image->get(), 100) < 0);
  CHECK(::mmap(nullptr, 3, PROT_READ | PROT_WRITE, MAP_SHARED, image->get(), 0) == MAP_FAILED);
  CHECK(test::content_of(image->get()) == "abc");
}

TEST_CASE("an image that another could still write is not sealed") {
  auto image = new_image("gate_test");
  REQUIRE(image);
  REQUIRE(::ftruncate(image->get(), 4096) == 0);
  void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, image->get(), 0);
  REQUIRE(memory != MAP_FAILED);
  CHECK_FALSE(seal_image(image->get()));
  CHECK_FALSE(is_sealed(image->get()));
  REQUIRE(::munmap(memory, 4096) == 0);
  CHECK(seal_image(image->get()));
}

TEST_CASE("half a set of seals is not sealed, and no other file is") {
  for (const int seals : {0, F_SEAL_WRITE, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW,
                          F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW}) {
    const Fd file = test::file_of("abc");
    REQUIRE(::fcntl(file.get(), F_ADD_SEALS, seals) == 0);
    CHECK_FALSE(is_sealed(file.get()));
  }
  const Fd plain(::open("/dev/null", O_RDWR | O_CLOEXEC));
  CHECK_FALSE(is_sealed(plain.get()));
  CHECK_FALSE(is_sealed(-1));
  CHECK_FALSE(seal_image(plain.get()));
}

TEST_CASE("only a module's name names an image") {
  CHECK(new_image("a"));
  CHECK(new_image(std::string(55, 'a')));
  CHECK_FALSE(new_image(""));
  CHECK_FALSE(new_image("a/b"));
  CHECK_FALSE(new_image("a-b"));
  CHECK_FALSE(new_image(std::string(56, 'a')));
}

TEST_CASE("a file is copied whole up to the limit and refused above it") {
  const std::string bytes(300000, 'm');
  const Fd file = test::file_of(bytes);
  auto image = new_image("gate_test");
  REQUIRE(image);
  REQUIRE(copy_into_image(file.get(), image->get(), bytes.size()));
  CHECK(test::content_of(image->get()) == bytes);
  auto small = new_image("gate_test");
  REQUIRE(small);
  const Status refused = copy_into_image(file.get(), small->get(), bytes.size() - 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().outcome == Outcome::rejected);
}

TEST_CASE("only a regular file that can be read is copied") {
  auto image = new_image("gate_test");
  REQUIRE(image);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const Fd reader(ends[0]);
  const Fd writer(ends[1]);
  const Fd directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Fd endless(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const Fd only_path(::open("/etc/passwd", O_PATH | O_CLOEXEC));
  for (const int file : {reader.get(), directory.get(), endless.get(), only_path.get(), -1}) {
    const Status refused = copy_into_image(file, image->get(), 100);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().outcome == Outcome::rejected);
  }
  const Fd good = test::file_of("abc");
  CHECK(copy_into_image(good.get(), image->get(), 100));
}

TEST_CASE("the digest is that of all bytes") {
  prepare_digests();
  const auto of = [](const std::string& bytes) {
    const Fd file = test::file_of(bytes);
    return hex(*digest_of(file.get()));
  };
  // FIPS 180-2, appendix B.
  CHECK(of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(of(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK_FALSE(digest_of(-1));
}

TEST_CASE("the compression is seen by the first bytes") {
  using namespace std::string_literals;
  const auto of = [](const std::string& bytes) {
    const Fd file = test::file_of(bytes);
    return *compression_of(file.get());
  };
  CHECK(of("\x28\xB5\x2F\xFD rest") == Compression::zstd);
  CHECK(of("\xFD\x37\x7A\x58\x5A\x00 rest"s) == Compression::xz);
  CHECK(of("\x1F\x8B rest") == Compression::gzip);
  CHECK(of("\x7f"
           "ELF rest") == Compression::none);
  CHECK(of("\xFD\x37\x7A\x58\x5A") == Compression::none);
  CHECK(of("") == Compression::none);
  CHECK_FALSE(compression_of(-1));
  const Fd directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CHECK_FALSE(compression_of(directory.get()));
}

TEST_CASE("the loader asks the kernel only for what is sealed, an ELF file and of that digest",
          "[KMOD-NO-FD][KMOD-COMPRESSED-FALLBACK]") {
  auto kernel = KernelModules::open();
  REQUIRE(kernel);
  const std::string bytes = test::ModuleFile().bytes();
  const Fd open_image = test::file_of(bytes);
  const Digest digest = *digest_of(open_image.get());
  CHECK(kernel->insert(open_image.get(), false, digest, "") == EBADMSG);
  CHECK(kernel->insert(-1, false, digest, "") == EBADMSG);

  const Fd image = test::sealed_image_of(bytes);
  Digest wrong = digest;
  wrong[31] ^= 1;
  CHECK(kernel->insert(image.get(), false, wrong, "") == EBADMSG);
  CHECK(kernel->insert(image.get(), false, digest, std::string("a\0b", 3)) == EINVAL);

  const Fd packed = test::sealed_image_of("\x1F\x8B" + bytes);
  CHECK(kernel->insert(packed.get(), false, *digest_of(packed.get()), "") == EBADMSG);
}

TEST_CASE("in place of a sealed image only a file will do that root alone can change",
          "[KMOD-NO-FD]") {
  std::string path = "/tmp/modgate-image-XXXXXX";
  const Fd writable(::mkostemp(path.data(), O_CLOEXEC));
  REQUIRE(writable);
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const Fd path_only(::open(path.c_str(), O_PATH | O_CLOEXEC));
  REQUIRE(::unlink(path.c_str()) == 0);
  CHECK(is_roots_own(file.get()) == (::geteuid() == 0));
  CHECK_FALSE(is_roots_own(writable.get()));
  CHECK_FALSE(is_roots_own(path_only.get()));
  CHECK_FALSE(is_roots_own(-1));
  REQUIRE(::fchmod(writable.get(), 0620) == 0);
  CHECK_FALSE(is_roots_own(file.get()));
  REQUIRE(::fchmod(writable.get(), 0602) == 0);
  CHECK_FALSE(is_roots_own(file.get()));
  const Fd directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  CHECK_FALSE(is_roots_own(directory.get()));

  auto kernel = KernelModules::open();
  REQUIRE(kernel);
  const Fd image = test::file_of(test::ModuleFile().bytes());
  CHECK(kernel->insert(image.get(), true, *digest_of(image.get()), "") == EBADMSG);
}

TEST_CASE("the loader removes only what can be a module") {
  auto kernel = KernelModules::open();
  REQUIRE(kernel);
  for (const char* name : {"", "a/b", "../x", "a b", "a-b", "a.b"}) {
    CHECK(kernel->remove(name) == EINVAL);
  }
}
