// What a connection is called everywhere: its four addresses, the device that it
// comes from, and one number from kernel verdict to log line.
#pragma once

#include <cstdint>
#include <optional>

#include "base/addr.h"
#include "base/mac.h"

namespace weir {

using FlowId = std::uint64_t;

struct Flow {
  Endpoint client;
  Endpoint origin;              ///< the destination that the client dialled
  std::optional<Mac> mac = {};  ///< of the client's frames; empty: its link has none, or it is not known

  auto operator<=>(const Flow&) const = default;
};

}  // namespace weir
