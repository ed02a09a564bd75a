// What a connection is called everywhere: its four addresses, and one number from kernel verdict to log line.
#pragma once

#include <cstdint>

#include "base/addr.h"

namespace weir {

using FlowId = std::uint64_t;

struct Flow {
  Endpoint client;
  Endpoint origin;  ///< the destination that the client dialled

  auto operator<=>(const Flow&) const = default;
};

}  // namespace weir
