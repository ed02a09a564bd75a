// What needs root, done before the network is up and before the daemon runs as a user of its own: kernel settings, and
// the guard of a closed gateway.  What is done here is recorded where only root can write, since root reads it again.
#pragma once

#include <expected>
#include <string>

#include "config/parse.h"
#include "steer/footprint.h"
#include "steer/kernel.h"

namespace weir::run {

/// What Weir adds to the host by this configuration, before it knows of interfaces, listeners and NAT.
steer::FootprintPlan footprint_of(const config::Config& config, const clients::Devices& devices);

/// Idempotent.  The guard of a configuration with mistakes is that of its [gateway], as far as it can be read: closed
/// for all clients is safer than open.  `record`: of the settings that are changed.
std::expected<void, steer::Obstacle> set_up(const config::Parsed& parsed, const std::string& record);

/// The guard goes too: whoever takes this down has stopped Weir.
std::expected<void, steer::Obstacle> take_down(const std::string& record);

}  // namespace weir::run
