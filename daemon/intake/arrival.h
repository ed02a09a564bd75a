// A connection as it reaches the daemon: accepted at its SYN or taken over from the wire, the spine sees one type.
#pragma once

#include <optional>

#include "base/flow.h"
#include "io/tcp.h"
#include "weir/wire.h"

namespace weir::intake {

struct Arrival {
  io::Tcp client;
  Flow flow;  ///< `origin` is what the client dialled: the accepted socket's own address; `mac` as seen at the SYN
  std::optional<weir_held>
      taken;  ///< a live connection that was taken off the wire: its origin half waits for adoption
};

}  // namespace weir::intake
