// SPDX-License-Identifier: Apache-2.0
#pragma once

// toml++ 3.3 on Debian 12 names its only header so; 3.4 keeps the name.
#include <toml++/toml.h>
