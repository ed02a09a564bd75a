// Where clients' connections come in: one listener a family, on loopback, reached only by what the BPF programs steer.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "intake/arrival.h"
#include "io/listener.h"
#include "io/loop.h"
#include "steer/kernel.h"

namespace weir::intake {

/// One worker's listeners.
class Door {
 public:
  /// Opens both listeners on ports of the kernel's choice: IP_TRANSPARENT, without SO_REUSEPORT (bpf_sk_assign refuses
  /// it before 6.6).  A host without IPv6 has no second one.  Errors: system (EPERM without CAP_NET_ADMIN).
  static Result<Door> open(io::Loop& loop);

  int v4() const { return v4_.fd(); }
  int v6() const { return v6_ ? v6_->fd() : -1; }  ///< -1: none
  std::uint16_t port_v4() const { return port_v4_; }
  std::uint16_t port_v6() const { return port_v6_; }  ///< 0: none

  /// The next connection of one family.  Connections that were dialled to the listener itself are refused on the spot:
  /// forwarding one would come back here for ever.  Errors: stopped, system.
  io::Task<Result<Arrival>> next(bool v6, const steer::Kernel& kernel);

  void close();

  /// Whether three quarters of a listener's accept queue wait to be taken: what comes on top may be lost.  From any
  /// thread, while the door is open.
  bool is_crowded() const;

 private:
  Door(io::Loop& loop, io::Listener v4) : loop_(&loop), v4_(std::move(v4)) {}

  io::Loop* loop_;
  io::Listener v4_;
  std::optional<io::Listener> v6_;
  std::uint16_t port_v4_ = 0, port_v6_ = 0;
};

}  // namespace weir::intake
