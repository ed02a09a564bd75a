// "host:port" as configurations write it, and the places where a syslog collector listens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/addr.h"

namespace weir {

struct HostPort {
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 0;

  /// "192.0.2.1:514", "[2001:db8::1]:514", "logs.example:514".  Without a port `otherwise` is meant; 0: refused.
  static std::optional<HostPort> parse(std::string_view text, std::uint16_t otherwise = 0);
  std::string to_string() const;
};

/// "127.0.0.1:9145": an address, no name.
std::optional<Endpoint> parse_endpoint(std::string_view text);

/// Where log lines go over the network: RFC 5424 messages, by UDP (RFC 5426) or TCP (RFC 6587 §3.4.1).
struct Collector {
  HostPort place;
  bool tcp = false;

  /// "syslog://host:port", "syslog+tcp://host:port"; port 514 where none is given.
  static std::optional<Collector> parse(std::string_view url);
};

}  // namespace weir
