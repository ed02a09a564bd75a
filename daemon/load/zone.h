// The one time zone of this process, from the system's zone files through the C library.
#pragma once

#include <string>

#include "base/calendar.h"
#include "base/clock.h"
#include "policy/policy.h"

namespace weir::load {

/// Whether the system has a zone of this name ("Europe/Berlin").
bool is_zone(const std::string& name);
/// The zone that is spelled most like `name`; empty if none is near.
std::string nearest_zone(const std::string& name);

/// From now on this process lives in the zone; "" is the system's.  Before the first thread starts: it writes the
/// environment.
void enter_zone(const std::string& name);
/// The system's zone may have been changed: the next look goes by the new one.  From any thread.
void look_up_zone();

/// What the clock on the wall shows at a moment in this process's zone.
Wall wall_at(std::chrono::sys_seconds moment);

/// The moment for which rules are judged.  A clock that shows a year before Weir existed has not been set: nobody knows
/// then what time it is.
policy::Moment moment_of(WallTime now);

}  // namespace weir::load
