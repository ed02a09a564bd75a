// relay: two established connections become one; what is more than a few kilobytes is moved by splice(2) without
// entering user space.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/units.h"
#include "io/task.h"
#include "io/tcp.h"
#include "weir/reasons.h"

namespace weir::relay {

struct Options {
  Duration idle{};  ///< ends the relay when no byte moved in either direction for this long; zero: never
  Duration unwatched = std::chrono::minutes(1);  ///< after that much silence both peers are asked now and then (TCP
                                                 ///< keepalive) whether they are still there
  Bytes to_origin{};  ///< bytes of the client that were read before, sent to the origin first; must outlive the relay
  Bytes to_client{};  ///< the same the other way
  bool ask_paths = false;  ///< the kernel, what it knows of both, at their end
};

struct Outcome {
  /// done, client_reset, origin_reset, client_idle (nothing moved either way), shutdown, or internal (a system call
  /// failed, for instance no pipe to be had).
  CloseReason reason = CloseReason::done;
  std::uint64_t from_client = 0;            ///< bytes handed to the origin's socket, those of Options included
  std::uint64_t from_origin = 0;            ///< bytes handed to the client's socket
  io::Path to_client = {}, to_origin = {};  ///< as Options.ask_paths wants it
};

/// Moves bytes both ways until both sides have ended, and closes both streams.
/// Half-close is kept: FIN of one side goes to the other after the last byte, and the other direction goes on.  A reset
/// of one side becomes a reset of the other, and so does every ending that was no FIN of both.
/// Memory: per direction at most one pipe (256 KiB), or a copy of 16 KiB that the receiver did not take yet, while
/// bytes are in flight; none while idle. Lifetime: `client` and `origin` belong to the caller's frame and are closed on
/// return.
io::Task<Outcome> splice(io::Wheel& wheel, io::Tcp& client, io::Tcp& origin, Options options);

}  // namespace weir::relay
