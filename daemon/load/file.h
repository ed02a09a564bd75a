// Whole files, for this room.
#pragma once

#include <string>

#include "base/result.h"

namespace weir::load {

/// Sets `text` to the whole of a regular file.  Never waits: a FIFO is refused, not opened for a writer that may not
/// come.  What has more than `largest` bytes is refused unread.
Result<void> read_file(const std::string& path, std::size_t largest, std::string& text);

}  // namespace weir::load
