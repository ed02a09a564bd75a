// Files that say what devices are called: leases of DHCP servers, and hosts files.  Bytes in, values out.
//
// A lease repeats what the device says of itself, so everything in it is hostile: names are normalised, what is no name
// is left out, and nothing is taken for true here (directory.h judges the claims).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/addr.h"
#include "base/mac.h"

namespace weir::clients {

enum class Format : std::uint8_t {
  hosts,    ///< "192.168.1.40 tablet-1 [alias...]", hosts(5)
  dnsmasq,  ///< dnsmasq.leases: "EXPIRY MAC ADDRESS NAME CLIENT-ID", and IPv6 leases below "duid ..."
  odhcpd,   ///< odhcpd's lease file: "# INTERFACE DUID-OR-MAC IAID NAME EXPIRY ID LENGTH ADDRESS/128..."
  kea,      ///< kea-leases4.csv, kea-leases6.csv: a journal, the last line of an address counts
  isc,      ///< dhcpd.leases(5): a journal, the last lease of an address counts
};
/// "dnsmasq leases", for people.
std::string_view text(Format format);
/// Written by the operator, not by what devices say.
constexpr bool is_trusted(Format format) { return format == Format::hosts; }

/// What a line says: this device is called so.
struct Claim {
  std::string name;  ///< device_name() of base/name.h; "" = it says none, and only its MAC is known
  std::optional<Address> address;
  std::optional<Mac> mac;
  std::string duid;        ///< of a DHCPv6 client, in lower case; tells one from another where there is no MAC
  std::int64_t until = 0;  ///< end of the lease, seconds since 1970; 0 = none is known

  bool operator==(const Claim&) const = default;
};

struct NameFile {
  Format format = Format::hosts;
  std::vector<Claim> claims;   ///< in the order of the file
  std::size_t unreadable = 0;  ///< lines that make no sense in this format
  bool cut = false;            ///< there are more claims than most_claims; the rest is left out
};

/// Of one file.  A network of more devices than that keeps its names elsewhere.
inline constexpr std::size_t most_claims = 65536;

/// The format is recognised by what stands there, not by the name of the file.
NameFile read_names(std::string_view text);

}  // namespace weir::clients
