#include "base/host_port.h"

#include <charconv>

#include "base/name.h"

namespace weir {

std::optional<HostPort> HostPort::parse(std::string_view text, std::uint16_t otherwise) {
  const bool brackets = text.starts_with('[');
  const std::size_t end = brackets ? text.find(']') : text.find(':');
  if (brackets && end == text.npos) return {};
  const std::string_view host = brackets ? text.substr(1, end - 1) : text.substr(0, end);
  std::string_view rest = end == text.npos ? "" : text.substr(end + brackets);
  const auto address = Address::parse(host);
  if (brackets ? !address || address->is_v4() : !address && normalise_name(host) != host) return {};

  std::uint16_t port = otherwise;
  if (!rest.empty()) {
    if (!rest.starts_with(':')) return {};
    rest.remove_prefix(1);
    const auto [last, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
    if (error != std::errc() || last != rest.data() + rest.size()) return {};
  }
  if (port == 0) return {};
  return HostPort{std::string(host), port};
}

std::string HostPort::to_string() const {
  const bool v6 = host.find(':') != host.npos;
  return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto place = HostPort::parse(text);
  const auto address = place ? Address::parse(place->host) : std::nullopt;
  if (!address) return {};
  return Endpoint{*address, place->port};
}

std::optional<Collector> Collector::parse(std::string_view url) {
  constexpr std::string_view udp = "syslog://", tcp = "syslog+tcp://";
  const bool over_tcp = url.starts_with(tcp);
  if (!over_tcp && !url.starts_with(udp)) return {};
  auto place = HostPort::parse(url.substr(over_tcp ? tcp.size() : udp.size()), 514);
  if (!place) return {};
  return Collector{std::move(*place), over_tcp};
}

}  // namespace weir
