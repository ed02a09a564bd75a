// The origin's half of a connection that the kernel took off the wire.
#pragma once

#include "base/fd.h"
#include "base/flow.h"
#include "base/result.h"
#include "weir/wire.h"

namespace weir::steer {

/// A connected, non-blocking socket that goes on where the client stopped: local address the client's, peer the origin,
/// sequence numbers those of the segment at which the connection changed hands.  No packet is sent.  An old socket on
/// the same addresses and ports is destroyed first.  Needs CAP_NET_ADMIN.
/// Errors: system, with the errno of the step that failed.
Result<Fd> adopt_origin(const Flow& flow, const weir_held& held);

}  // namespace weir::steer
