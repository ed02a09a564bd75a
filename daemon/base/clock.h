// Time as values.  Sans-I/O rooms take these as parameters; only io/, run/ and account/ read the clocks.
#pragma once

#include <chrono>

namespace weir {

using Monotonic = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

}  // namespace weir
