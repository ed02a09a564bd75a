// The first bytes of a connection on a TLS port, looked at without consuming one: the verdict may still be "splice".
#pragma once

#include <cstdint>

#include "inspect/look.h"
#include "io/tcp.h"
#include "io/wheel.h"

namespace weir::run {

struct Looked {
  enum class End : std::uint8_t {
    found,   ///< `finding` holds
    silent,  ///< the client said nothing for as long as it was given: the server may speak first
    slow,    ///< the client began and did not finish in time
    closed,  ///< FIN before there was anything to judge
    failed,  ///< the connection broke: `error`
  };
  End end = End::found;
  inspect::Finding finding = {};
  Error error{Errc::closed};
};

/// Waits `patience` for the first byte (zero: as long as for the whole) and `whole` for a complete hello.
io::Task<Looked> look(io::Tcp& client, io::Wheel& wheel, Duration patience, Duration whole);

}  // namespace weir::run
