#include "clients/read.h"

#include <algorithm>

#include "clients/readers.h"

namespace weir::clients {

namespace {

constexpr std::size_t lines_asked = 1000;

bool is_kea(std::string_view line) { return line.starts_with("address,"); }

bool is_isc(std::string_view line) {
  const std::string_view keyword = next_word(line);
  const bool block = keyword == "lease" || keyword == "host" || keyword == "ia-na" || keyword == "ia-ta";
  return keyword == "server-duid" || keyword == "authoring-byte-order" || (block && line.ends_with('{'));
}

bool is_odhcpd(std::string_view line) {
  if (next_word(line) != "#") return false;
  for (int word = 0; word < 3; ++word) next_word(line);
  next_word(line);  // the name
  return whole_number(next_word(line)) && whole_number<std::uint64_t>(next_word(line), 16) &&
         whole_number(next_word(line)) && line.contains('/');
}

bool is_dnsmasq(std::string_view line) {
  const std::string_view first = next_word(line);
  if (first == "duid") return true;
  next_word(line);
  return whole_number(first) && Address::parse(next_word(line)) && !next_word(line).empty();
}

}  // namespace

std::string_view text(Format format) {
  switch (format) {
    case Format::hosts: return "hosts file";
    case Format::dnsmasq: return "dnsmasq leases";
    case Format::odhcpd: return "odhcpd leases";
    case Format::kea: return "Kea leases";
    case Format::isc: return "ISC dhcpd leases";
  }
  return "";
}

NameFile read_names(std::string_view text) {
  NameFile file;
  std::string_view rest = text;
  for (std::size_t lines = 0; !rest.empty() && lines < lines_asked; ++lines) {
    const std::string_view line = next_line(rest);
    if (is_kea(line)) file.format = Format::kea;
    if (is_isc(line)) file.format = Format::isc;
    if (is_odhcpd(line)) file.format = Format::odhcpd;
    if (is_dnsmasq(line)) file.format = Format::dnsmasq;
    if (file.format != Format::hosts) break;
  }
  switch (file.format) {
    case Format::hosts: read_hosts(text, file); break;
    case Format::dnsmasq: read_dnsmasq(text, file); break;
    case Format::odhcpd: read_odhcpd(text, file); break;
    case Format::kea: read_kea(text, file); break;
    case Format::isc: read_isc(text, file); break;
  }
  return file;
}

}  // namespace weir::clients
