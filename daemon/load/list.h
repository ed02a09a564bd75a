// Host lists as people publish them, into names.  Bytes in, values out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace weir::load {

struct ListContent {
  policy::NameList names;                  ///< normalised, in the order of the file; doubles are kept
  std::size_t unreadable = 0;              ///< lines that are neither names, comments nor blank
  std::vector<std::uint32_t> first_lines;  ///< where the first few of them stand, from 1
};

/// Each line is recognised by its own content, as published lists mix both forms:
///   plain   "exact.example", ".subtree.example", "*.subtree.example"
///   hosts   "0.0.0.0 name [name...]"; the host's own names (localhost and the like) are skipped
/// '#' begins a comment.  Costs one string a name and nothing else a line: a million names take about a second.
ListContent read_list(std::string_view text);

}  // namespace weir::load
