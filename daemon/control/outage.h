// Whether origins answer, in the words of weir/control.h.
#pragma once

#include <string>

#include "account/reach.h"
#include "weir/control.h"

namespace weir::control {

/// As it is now.
Outage outage_of(const account::Reach& reach);

/// "none of 31 addresses asked over IPv4 and IPv6"; of one that is.
std::string told(const Outage& outage);

}  // namespace weir::control
