// Which device stands behind an address, by the host's own neighbour table: for the few connections whose SYN no
// program at tc could read (its ports hid in a later fragment), or of which too many came at once.
#pragma once

#include <optional>

#include "base/addr.h"
#include "base/mac.h"

namespace weir::steer {

/// The hardware address to which the host sends what is for `address`: the device's own, or that of the router before
/// it.  Two questions to the kernel.  Empty when it has not been resolved, or where frames bear none.
std::optional<Mac> neighbour_of(const Address& address);

}  // namespace weir::steer
