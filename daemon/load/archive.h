// The configurations that have run, kept below control.state: a change that locks its author out goes back by itself,
// and what it went back to outlives a crash or a boot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "load/load.h"
#include "load/texts.h"

namespace weir::load {

/// A configuration and when it came into force, in seconds since 1970.
struct Edition {
  Texts texts;
  std::int64_t since = 0;
};

struct Archive {
  Edition confirmed;        ///< what a start comes up with, unless the file was changed since
  Edition before;           ///< what ran before it
  std::string passed_over;  ///< print of a text that was taken back or waits to be confirmed; "" = there is none
  std::int64_t until = 0;   ///< until when it waits; 0 = it does not
};

/// Empty when there is none, or none that can be read.
Archive read_archive(const std::string& folder);
/// Errors: system.
Result<void> write_archive(const std::string& folder, const Archive& archive);

/// Whether a start at `now` takes the confirmed text instead of `on_disk`: always while another waits to be confirmed,
/// and later as long as the file is still the one that was not.
bool passes_over(const Archive& archive, const Texts& on_disk, std::int64_t now);

/// The confirmed text, if a start has to pass over what lies at `path`.
std::optional<Texts> kept_instead(const std::string& path, WallTime now);

/// What a start comes up with: the files at `path`, or the confirmed text, and then a warning says so.
Loaded load_to_start(const std::string& path, WallTime now);

}  // namespace weir::load
