// How names are asked for, and for how long an answer is believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/addr.h"
#include "base/units.h"

namespace weir::resolve {

struct Options {
  std::vector<Endpoint> servers;                 ///< asked in this order; empty: those of `resolv_conf`
  std::string resolv_conf = "/etc/resolv.conf";  ///< read anew for every name that is asked for
  std::uint16_t port = 53;                       ///< of the servers in `resolv_conf`
  Duration timeout = std::chrono::seconds(2);    ///< of the first try; each further round of the servers has the double
  unsigned tries = 2;                            ///< rounds of the servers
  bool one_family_is_enough = true;              ///< addresses of one family are an answer when the other one failed

  Duration shortest = std::chrono::seconds(5);  ///< an answer is kept for its TTL, but at least this long
  Duration longest = std::chrono::hours(1);     ///< and at most this: addresses change hands before a wrong TTL is over
  Duration negative = std::chrono::seconds(10);  ///< for which a failure is kept, and half an answer
  std::size_t names = 4096;                      ///< kept; beyond, the one that was asked for longest ago goes
  std::size_t pending = 256;                     ///< asked for at once; beyond: too_many
};

}  // namespace weir::resolve
