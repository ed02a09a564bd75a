// What can only be judged when everything has been read: names against references, rules against each other.
#pragma once

#include <map>
#include <string>

#include "config/config.h"
#include "config/diagnostic.h"

namespace weir::config {

/// Errors.  `places`: where each key of the sections that stand once was given, by path.
void check(const Config& config, const std::map<std::string, Where>& places, Diagnostics& diagnostics);

/// Warnings, for a configuration without errors: half-read rules would raise false ones.
void review(const Config& config, const std::map<std::string, Where>& places, Diagnostics& diagnostics);

/// The names of devices that groups and rules use, with where each stands first.
std::map<std::string, Where> devices_of(const Config& config);

}  // namespace weir::config
