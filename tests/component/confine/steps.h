// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

namespace modgate::sample {

/// What becomes of one step of a child on its way into its compartment. steps.cpp stands between
/// the room and the C library (--wrap); each call that the child makes there is a step.
enum class Trick {
  none,
  fails,    ///< the call says that it failed, and nothing is done
  pretends  ///< the call says that it succeeded, and nothing is done
};

/// Lies in memory that parent and child share.
struct Steps {
  int spoiled = 0;  ///< which step, counted from 1
  Trick trick = Trick::none;
  int taken = 0;                ///< how many there were
  std::array<char, 32> name{};  ///< the call of the one that was spoiled
  long argument = 0;            ///< its first argument where that is a number
  int quiet_from = 0;           ///< the step that turned the standard error away; 0: none
  bool root_came_back = false;  ///< the last try to be root again; it must fail, and so is no step
  bool reached_the_body = false;
};

/// The steps of every child that this program forks from here on.
Steps& steps_of_next_child();

}  // namespace modgate::sample
