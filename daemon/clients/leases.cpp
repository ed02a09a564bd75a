// Formats with one device a line: hosts files, dnsmasq, odhcpd.
#include "clients/readers.h"

namespace weir::clients {

namespace {

/// "02:00:5e:10:00:01", or "06-AA:BB:..." with another kind of link in front: only Ethernet's kind is seen in frames.
std::optional<Mac> mac_of(std::string_view text) {
  if (text.starts_with("01-")) text.remove_prefix(3);
  return Mac::parse(text);
}

/// "02005e100001"
std::optional<Mac> bare_mac(std::string_view digits) {
  constexpr std::size_t length = 12;
  const auto number = digits.size() == length ? whole_number<std::uint64_t>(digits, 16) : std::nullopt;
  if (!number) return {};
  Mac mac;
  for (std::size_t i = 0; i < mac.octets.size(); ++i) mac.octets[i] = static_cast<std::uint8_t>(*number >> 8 * (5 - i));
  return mac;
}

bool read_hosts_line(std::string_view line, NameFile& to) {
  line = line.substr(0, line.find('#'));
  const std::string_view first = next_word(line);
  if (first.empty()) return true;
  const auto address = Address::parse(first.substr(0, first.find('%')));
  if (!address) return false;
  if (!is_of_device(*address)) return true;
  for (std::string_view name = next_word(line); !name.empty(); name = next_word(line)) {
    add_claim(name, {.name = {}, .address = address}, to);
  }
  return true;
}

bool read_dnsmasq_line(std::string_view line, bool& six, NameFile& to) {
  const std::string_view first = next_word(line);
  if (first == "duid") return six = true;
  const std::string_view second = next_word(line), third = next_word(line), name = next_word(line);
  const auto until = whole_number(first);
  const auto address = Address::parse(third);
  if (!until || !address || name.empty()) return false;
  Claim claim{.name = {}, .address = address, .until = end_of_lease(*until)};
  if (six) {
    claim.duid = lower(next_word(line));
  } else {
    claim.mac = mac_of(second);
  }
  add_claim(name, std::move(claim), to);
  return true;
}

bool read_odhcpd_line(std::string_view line, NameFile& to) {
  if (!line.starts_with('#')) return read_hosts_line(line, to);
  next_word(line);
  next_word(line);  // the interface
  const std::string_view identity = next_word(line), iaid = next_word(line);
  std::string_view name = next_word(line);
  const auto until = whole_number(next_word(line));
  const std::string_view id = next_word(line), length = next_word(line);
  if (!until || id.empty() || length.empty()) return false;
  if (name.starts_with("broken\\x20")) return true;  // it holds what no name may
  Claim claim{.name = {}, .until = end_of_lease(*until)};
  if (iaid == "ipv4") {
    claim.mac = bare_mac(identity);
  } else {
    claim.duid = lower(identity);
  }
  for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
    const std::string_view bits = word.substr(std::min(word.size(), word.find('/')));
    claim.address = Address::parse(word.substr(0, word.size() - bits.size()));
    const bool delegated = bits != "/128" && bits != "/32";  // a whole prefix is a router's, not a device
    if (claim.address && !delegated) add_claim(name, claim, to);
  }
  return true;
}

}  // namespace

void read_hosts(std::string_view text, NameFile& to) {
  while (!text.empty()) to.unreadable += !read_hosts_line(next_line(text), to);
}

void read_dnsmasq(std::string_view text, NameFile& to) {
  bool six = false;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (!line.empty()) to.unreadable += !read_dnsmasq_line(line, six, to);
  }
}

void read_odhcpd(std::string_view text, NameFile& to) {
  while (!text.empty()) to.unreadable += !read_odhcpd_line(next_line(text), to);
}

}  // namespace weir::clients
