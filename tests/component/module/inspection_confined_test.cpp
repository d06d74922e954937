// SPDX-License-Identifier: Apache-2.0
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <lzma.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "catch.h"
#include "gate/module/image.h"
#include "gate/module/inspect.h"
#include "unit/module/images.h"
#include "unit/module/module_file.h"
#include "unit/module/signing.h"

using namespace modgate;

namespace {

/// What an inspector may ask of the kernel: reading, writing, memory, chance, its end.
bool confine() {
  std::vector<sock_filter> program;
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (const long call : {SYS_read, SYS_pread64, SYS_write, SYS_lseek, SYS_fstat, SYS_newfstatat,
                          SYS_getpid, SYS_getrandom, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise,
                          SYS_brk, SYS_futex, SYS_exit, SYS_exit_group, SYS_rt_sigreturn}) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/// The exit status of `body` in a confined child; 1000 and more: killed by that signal.
int confined(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(confine() ? body() : 99);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1;
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a module is inspected with nothing but reading and memory") {
  prepare_digests();
  const Fd image = test::sealed_image_of(test::ModuleFile().bytes());
  InspectOrder order;
  order.name = "gate_test";
  order.parameters = {"mode"};
  order.symbols = {"printk"};
  CHECK(confined([&] {
          const InspectAnswer answer = inspect(image.get(), order);
          return answer.sound == 1 && answer.declared == 1 && answer.imports[0] == 1 ? 0 : 1;
        }) == 0);
  // The filter is one that would have killed it.
  CHECK(confined([] { return ::getppid() > 0 ? 0 : 1; }) == 1000 + SIGSYS);
}

TEST_CASE("a signature is verified with nothing but reading and memory") {
  prepare_verification();
  for (const test::Key& key : {test::rsa_key(2048), test::ec_key("P-256"), test::ec_key("P-384")}) {
    for (const EVP_MD* digest : {EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
      const Certificate made = test::make_certificate(key.get());
      TrustedCertificates trusted;
      // As it is read from a file: nothing of it has been used yet.
      trusted.push_back({"lab", *parse_certificate(test::bytes_of(test::der_of(made)))});
      const std::string bytes =
          test::signed_by(test::ModuleFile().bytes(), {key.get(), made.get(), digest});
      const Fd image = test::sealed_image_of(bytes);
      std::string changed = bytes;
      changed[100] = static_cast<char>(changed[100] ^ 1);
      const Fd forged = test::sealed_image_of(changed);
      InspectOrder order;
      order.name = "gate_test";
      order.trusted = &trusted;
      CHECK(confined([&] { return inspect(image.get(), order).signers == 1 ? 0 : 1; }) == 0);
      CHECK(confined([&] { return inspect(forged.get(), order).signers == 0 ? 0 : 1; }) == 0);
    }
  }
}

TEST_CASE("a module is unpacked with nothing but reading, writing and memory") {
  const std::string bytes = test::ModuleFile().bytes();
  std::string packed(lzma_stream_buffer_bound(bytes.size()), '\0');
  std::size_t size = 0;
  REQUIRE(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC32, nullptr,
                                  reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                  reinterpret_cast<std::uint8_t*>(packed.data()), &size,
                                  packed.size()) == LZMA_OK);
  packed.resize(size);
  const Fd file = test::file_of(packed);
  const Fd image = test::file_of("");
  CHECK(confined([&] {
          return unpack_into_image(file.get(), Compression::xz, image.get(), 1000000) ? 0 : 1;
        }) == 0);
  CHECK(test::content_of(image.get()) == bytes);
}
