// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "modgate/result.h"

namespace modgate {

/// The words of the editor that the environment names (VISUAL, then EDITOR, split at blanks), or
/// Debian's `editor`. Refuses a "--" among them: behind it an editor takes words for files to open.
Result<std::vector<std::string>> editor_words(const char* visual, const char* editor);

/// Runs the editor on one file, without a shell, at the caller's terminal, and waits for its end.
/// Outcome::failed unless it ends with status 0.
Status run_editor(const std::vector<std::string>& words, const std::string& file);

}  // namespace modgate
