#include "policy/addresses.h"

#include <algorithm>
#include <optional>
#include <set>

namespace weir::policy {

namespace {

/// The first address behind a prefix; empty behind the last of all.
std::optional<Address> behind(const Prefix& prefix) {
  Address address = prefix.address;
  for (int bit = prefix.length - 1; bit >= 0; --bit) {
    std::uint8_t& octet = address.octets[bit / 8];
    const std::uint8_t mask = 0x80 >> bit % 8;
    octet ^= mask;
    if (octet & mask) return address;  // no carry
  }
  return {};
}

}  // namespace

AddressTable::AddressTable(std::vector<PrefixIn> prefixes, std::size_t sources) {
  const Bits nothing(sources);
  ranges_.push_back({Address{}, sets_.number(nothing)});
  std::ranges::sort(prefixes, {}, &PrefixIn::prefix);

  // In this order a prefix comes behind those around it; the ones around the present place are kept.
  std::vector<Entry> around;
  const auto set_around = [&] { return around.empty() ? 0 : around.back().set; };
  const auto leave = [&] {
    const auto next = behind(around.back().prefix);
    around.pop_back();
    if (next) begin_range(*next, set_around());
  };
  for (std::size_t i = 0; i < prefixes.size();) {
    const Prefix prefix = prefixes[i].prefix;
    while (!around.empty() && !around.back().prefix.contains(prefix)) leave();
    Bits set = sets_[set_around()];
    for (; i < prefixes.size() && prefixes[i].prefix == prefix; ++i) set.set(prefixes[i].source);
    around.push_back({prefix, sets_.number(set)});
    entries_.push_back(around.back());
    begin_range(prefix.address, around.back().set);
  }
  while (!around.empty()) leave();
}

void AddressTable::begin_range(const Address& first, std::uint32_t set) {
  if (ranges_.back().first == first) {
    ranges_.back().set = set;
  } else {
    ranges_.push_back({first, set});
  }
}

std::uint32_t AddressTable::find(const Address& address) const {
  return std::prev(std::ranges::upper_bound(ranges_, address, {}, &Range::first))->set;
}

MacTable::MacTable(const std::vector<std::pair<Mac, std::uint32_t>>& devices, std::size_t sources) {
  sets_.number(Bits(sources));
  std::unordered_map<Mac, Bits, MacHash> gathered;
  for (const auto& [mac, source] : devices) gathered.try_emplace(mac, sources).first->second.set(source);
  for (const auto& [mac, set] : gathered) sets_of_.emplace(mac, sets_.number(set));
}

PortTable::PortTable(const std::vector<PortsIn>& ports, std::size_t sources) {
  std::set<std::uint16_t> firsts = {0};
  for (const PortsIn& in : ports) {
    firsts.insert(in.low);
    if (in.high < 65535) firsts.insert(in.high + 1);
  }
  sets_.number(Bits(sources));
  for (const std::uint16_t first : firsts) {
    Bits set(sources);
    for (const PortsIn& in : ports) {
      if (in.low <= first && first <= in.high) set.set(in.source);
    }
    ranges_.push_back({first, sets_.number(set)});
  }
}

std::uint32_t PortTable::find(std::uint16_t port) const {
  return std::prev(std::ranges::upper_bound(ranges_, port, {}, &Range::first))->set;
}

}  // namespace weir::policy
