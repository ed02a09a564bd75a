// What a configuration says of clients, held against this machine: its interfaces, leases and hosts files.
#pragma once

#include <vector>

#include "config/config.h"
#include "config/diagnostic.h"
#include "load/name_files.h"

namespace weir::load {

/// Warns of names that groups and rules use and nobody bears, or that devices gave themselves, and of groups that IPv6
/// escapes.  Where no frame bears the hardware addresses that are used it is an error.
void check_clients(const config::Config& config, const std::vector<NameSource>& sources,
                   const clients::Directory& directory, config::Diagnostics& diagnostics);

}  // namespace weir::load
