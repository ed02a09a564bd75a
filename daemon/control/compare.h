// Two texts, line by line.  Pure.
#pragma once

#include <string_view>

#include "weir/control.h"

namespace weir::control {

inline constexpr std::size_t most_lines_shown = 100;

/// What makes `after` of `before`: the fewest lines, as long as not more than a few thousand lie between the first and
/// the last that differ; beyond that all between them.
FileChange compare(std::string_view before, std::string_view after);

}  // namespace weir::control
