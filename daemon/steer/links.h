// The host's interfaces and addresses: where clients arrive, where the default routes leave, what is the gateway
// itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/addr.h"
#include "base/fd.h"
#include "base/result.h"

namespace weir::steer {

struct Link {
  std::string name;
  unsigned index = 0;
  unsigned header = 14;  ///< bytes before the network header: 14, or 0 on ppp, tun and other header-less links
  bool up = false;
  unsigned master = 0;  ///< index of the bridge or bond above it; 0: none
  unsigned below = 0;   ///< index of the device below it (the parent of a vlan or macvlan); 0: none
  std::string kind;     ///< "bridge", "vlan", "ppp", "veth", ...; empty: a plain device
};

/// An address of the gateway itself.
struct LocalAddress {
  Address address;
  std::uint8_t length = 128;  ///< of its prefix, in the 128-bit form
  unsigned link = 0;          ///< index of its interface

  auto operator<=>(const LocalAddress&) const = default;
};

/// Errors of all three: system.  Order is the kernel's.
Result<std::vector<Link>> links();
Result<std::vector<LocalAddress>> addresses();
/// Names of the interfaces by which default routes leave, both families, every table but `except` (a gateway with
/// several uplinks keeps a table for each).  Sorted, each once.  Reads all routes and keeps none: 1 M routes take about
/// a second.
Result<std::vector<std::string>> default_links(std::uint32_t except);

std::optional<Link> find_link(const std::vector<Link>& all, std::string_view name);

/// Tells that links, addresses or default routes changed; what they are now is read with the functions above.  So no
/// change is lost: when the socket's queue overflows all three are reported.
class Monitor {
 public:
  struct Changes {
    bool links = false;
    bool addresses = false;
    bool routes = false;  ///< a default route

    bool any() const { return links || addresses || routes; }
  };

  /// Begins with the current network namespace's changes after the call.
  static Result<Monitor> open();

  int fd() const { return fd_.get(); }  ///< readable when drain() has something to say; non-blocking
  /// Empties the queue without blocking.
  Changes drain();

 private:
  explicit Monitor(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace weir::steer
