#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every source is formatted as .clang-format says. 77: clang-format is not there.
set -eu
cd "$(dirname "$0")/../.."
command -v clang-format >/dev/null || { echo "clang-format is not installed"; exit 77; }
find gate pam include tests \( -name '*.h' -o -name '*.cpp' \) -print0 |
  xargs -0 clang-format --dry-run --Werror
