// SPDX-License-Identifier: Apache-2.0
#include "pam/authenticate.h"

#include <security/pam_appl.h>

#include "catch.h"
#include "component/pam/wrapped_pam.h"

using modgate::sample::Answered;
using modgate::sample::authenticate_wrapped;
using modgate::sample::skipped_without_wrapper;
using modgate::sample::Try;

namespace {

const std::string kMatrix =
    "auth required MODULES/pam_matrix.so\n"
    "account required MODULES/pam_matrix.so\n";
const std::string kDebian =
    "auth [success=1 default=ignore] MODULES/pam_matrix.so\n"
    "auth requisite pam_deny.so\nauth required pam_permit.so\n"
    "account required MODULES/pam_matrix.so\n";

Try with(std::string stack) {
  Try what;
  what.stack = std::move(stack);
  return what;
}

using Heard = std::vector<std::string>;

}  // namespace

TEST_CASE("The right password authenticates, a wrong one does not") {
  if (skipped_without_wrapper()) return;
  for (const std::string& stack : {kMatrix, kDebian}) {
    Try what = with(stack);
    const Answered right = authenticate_wrapped(what);
    CHECK(right.code == PAM_SUCCESS);
    CHECK(right.heard == Heard{"ask Password: ", "try"});
    for (const char* wrong : {"wrong", "Right", "righ", "right ", "other"}) {
      what.answer = wrong;
      const Answered answered = authenticate_wrapped(what);
      CHECK(answered.code == PAM_AUTH_ERR);
      CHECK_FALSE(answered.message.empty());
      CHECK(answered.heard == Heard{"ask Password: ", "try"});
    }
  }
}

TEST_CASE("Answers of every short length are tried and wrong", "[CVE-2022-43995]") {
  if (skipped_without_wrapper()) return;
  Try what = with(kMatrix);
  for (std::size_t size = 0; size <= 8; ++size) {
    what.answer = std::string(size, 'p');
    const Answered answered = authenticate_wrapped(what);
    CAPTURE(size, answered.message);
    CHECK(answered.code > 0);
    CHECK(answered.heard == Heard{"ask Password: ", "try"});
  }
}

TEST_CASE("An answer that is too long never reaches PAM", "[CVE-2015-3238]") {
  if (skipped_without_wrapper()) return;
  Try what = with(kDebian);
  what.answer = std::string(512, 'p');
  const Answered answered = authenticate_wrapped(what);
  CHECK(answered.code == PAM_CONV_ERR);
  CHECK(answered.heard == Heard{"ask Password: "});
  what.answer = std::string(511, 'p');
  CHECK(authenticate_wrapped(what).heard == Heard{"ask Password: ", "try"});
}

TEST_CASE("An unknown user is refused like any other", "[CVE-2020-27780]") {
  if (skipped_without_wrapper()) return;
  Try what = with(kMatrix);
  what.user = "mallory";
  CHECK(authenticate_wrapped(what).code > 0);
  what.user = "bob";
  CHECK(authenticate_wrapped(what).code == PAM_AUTH_ERR);
  what.answer = "other";
  CHECK(authenticate_wrapped(what).code == PAM_SUCCESS);
  what.user = "";
  CHECK(authenticate_wrapped(what).code == PAM_SYSTEM_ERR);
}

TEST_CASE("The account has its say after the password") {
  if (skipped_without_wrapper()) return;
  Try what = with(kMatrix);
  what.user = "carol";  // whose password is right, for another service
  CHECK(authenticate_wrapped(what).code > 0);
  what.user = "alice";
  const std::string auth =
      "auth required MODULES/pam_matrix.so\naccount required pam_debug.so acct=";
  what.stack = auth + "success\n";
  CHECK(authenticate_wrapped(what).code == PAM_SUCCESS);
  for (const auto& [word, code] :
       std::vector<std::pair<std::string, int>>{{"acct_expired", PAM_ACCT_EXPIRED},
                                                {"new_authtok_reqd", PAM_NEW_AUTHTOK_REQD},
                                                {"perm_denied", PAM_PERM_DENIED},
                                                {"user_unknown", PAM_USER_UNKNOWN}}) {
    what.stack = auth + word + '\n';
    const Answered answered = authenticate_wrapped(what);
    CAPTURE(word);
    CHECK(answered.code == code);
    CHECK_FALSE(answered.message.empty());
  }
}

TEST_CASE("A caller that hangs up is not authenticated, whatever the stack makes of it") {
  if (skipped_without_wrapper()) return;
  for (const std::string& stack :
       {kMatrix, kDebian,
        // A stack that shrugs it off.
        std::string("auth optional MODULES/pam_matrix.so\nauth required pam_permit.so\n"
                    "account required pam_permit.so\n")}) {
    for (const char* trouble : {"ask", "try", "throw"}) {
      CAPTURE(stack, trouble);
      Try what = with(stack);
      what.trouble = trouble;
      const Answered answered = authenticate_wrapped(what);
      CHECK(answered.code == PAM_CONV_ERR);
      CHECK(answered.message ==
            (what.trouble == "throw" ? "the conversation was cut short" : "the caller hung up"));
    }
  }
  Try what = with(
      "auth optional MODULES/pam_matrix.so\nauth required pam_permit.so\n"
      "account required pam_permit.so\n");
  CHECK(authenticate_wrapped(what).code == PAM_SUCCESS);
}

TEST_CASE("Texts reach the person, with no place for an answer") {
  if (skipped_without_wrapper()) return;
  // pam_matrix passes NULL for the answers to its texts.
  Try what = with("auth required MODULES/pam_matrix.so verbose\naccount required pam_permit.so\n");
  Answered answered = authenticate_wrapped(what);
  CHECK(answered.code == PAM_SUCCESS);
  CHECK(answered.heard == Heard{"ask Password: ", "try", "show Authentication succeeded"});
  what.answer = "wrong";
  answered = authenticate_wrapped(what);
  CHECK(answered.code == PAM_AUTH_ERR);
  CHECK(answered.heard == Heard{"ask Password: ", "try", "show Authentication failed"});

  what = with("auth required MODULES/pam_chatty.so num_lines=16 info error\n" + kMatrix);
  answered = authenticate_wrapped(what);
  CHECK(answered.code == PAM_SUCCESS);
  CHECK(answered.heard.size() == 34);
  what.trouble = "show";
  CHECK(authenticate_wrapped(what).code == PAM_CONV_ERR);
}

TEST_CASE("A module that changes the user authenticates nobody",
          "[GHSA-c978-wq47-pvvw][CVE-2025-64517]") {
  if (skipped_without_wrapper()) return;
  Try what = with(
      "auth required pam_permit.so\nauth required MODULES/pam_set_items.so\n"
      "account required pam_permit.so\n");
  what.environment = {"PAM_USER=alice"};
  CHECK(authenticate_wrapped(what).code == PAM_SUCCESS);
  for (const char* other : {"PAM_USER=root", "PAM_USER=alice2", "PAM_USER=Alice", "PAM_USER="}) {
    CAPTURE(other);
    what.environment = {other};
    const Answered answered = authenticate_wrapped(what);
    CHECK(answered.code == PAM_PERM_DENIED);
    CHECK(answered.message == "PAM authenticated somebody else");
  }
  // In the account step, too.
  what.stack = "auth required pam_permit.so\naccount required MODULES/pam_set_items.so\n";
  what.environment = {"PAM_USER=root"};
  CHECK(authenticate_wrapped(what).code == PAM_PERM_DENIED);
}

TEST_CASE("A service that is missing is served by nobody else") {
  if (skipped_without_wrapper()) return;
  Try what = with("");
  what.exists = false;
  const Answered answered = authenticate_wrapped(what);
  CHECK(answered.code > 0);
  CHECK(answered.heard.empty());
}

TEST_CASE("PAM is told the terminal and the user, and no host", "[CVE-2024-10963]") {
  if (skipped_without_wrapper()) return;
  // pam_get_items puts what it finds into PAM's environment; pam_succeed_if asks here.
  const std::string account = "account required pam_permit.so\n";
  const auto asked = [&account](const std::string& condition, const std::string& terminal) {
    Try what = with("auth required pam_succeed_if.so quiet " + condition + '\n' + account);
    what.user = "root";  // pam_succeed_if wants an account that exists
    what.terminal = terminal;
    return authenticate_wrapped(what).code;
  };
  CHECK(asked("tty = pts/3", "pts/3") == PAM_SUCCESS);
  CHECK(asked("tty = pts/3", "pts/4") != PAM_SUCCESS);
  CHECK(asked("tty = gate", "") == PAM_SUCCESS);
  CHECK(asked("ruser = root", "pts/3") == PAM_SUCCESS);
  CHECK(asked("service = gate", "pts/3") == PAM_SUCCESS);
  CHECK(asked("rhost = localhost", "pts/3") != PAM_SUCCESS);
}
