// The life of one connection in the daemon, from its arrival to its one reason.
#pragma once

#include "intake/arrival.h"
#include "run/worker.h"

namespace weir::run {

io::Task<void> session(Worker& worker, intake::Arrival arrival);

/// The end of a connection for which there is no room.
void turn_away(Worker& worker, intake::Arrival arrival);

}  // namespace weir::run
