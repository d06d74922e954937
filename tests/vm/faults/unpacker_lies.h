// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "modgate/result.h"

/// What an unpacker that somebody else drives makes of the image that it unpacked, if what it
/// unpacked says so after `modgate-test-unpacker=`; else `done`.
modgate::Status lie_about_unpacked(int image, const modgate::Status& done);
