// Whole files.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::load {

/// Sets `text` to the whole of a regular file.  Never waits: a FIFO is refused, not opened for a writer that may not
/// come.  What has more than `largest` bytes is refused unread.
Result<void> read_file(const std::string& path, std::size_t largest, std::string& text);

/// Written beside, flushed and renamed: a crash leaves the old file or the new one.  Errors: system.
Result<void> write_file(const std::string& path, std::string_view text);

/// Of one file of a configuration.
inline constexpr std::size_t largest_config = 16 << 20;

}  // namespace weir::load
