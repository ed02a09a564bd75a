// Ends one TCP socket of this host by its four addresses, also in TIME_WAIT.
//
// A socket that an old connection left behind makes the kernel refuse a taken-over connection with the same addresses
// and ports, silently, for up to 60 s.  Closing is not enough: TIME_WAIT has no owner that could.
#pragma once

#include "base/addr.h"
#include "base/result.h"
#include "steer/netlink.h"

namespace weir::steer {

enum class Destroyed : std::uint8_t {
  yes,
  not_found,
  unsupported,  ///< a kernel without CONFIG_INET_DIAG_DESTROY
};

class Destroyer {
 public:
  /// For the sockets of the current network namespace.  Errors: system.
  static Result<Destroyer> open();

  /// `local` and `remote` as the socket sees them: the client leg of a taken connection has local = origin.
  /// Never touches a listener, although the kernel's own look-up falls back to one (see destroy.cpp).
  /// Two short exchanges with the kernel, a few microseconds, blocking.  Errors: system (EPERM without CAP_NET_ADMIN).
  Result<Destroyed> destroy(const Endpoint& local, const Endpoint& remote);

 private:
  explicit Destroyer(Netlink netlink) : netlink_(std::move(netlink)) {}
  Netlink netlink_;
};

}  // namespace weir::steer
