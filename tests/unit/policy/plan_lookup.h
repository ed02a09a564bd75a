// A KernelPlan read as the kernel reads it (include/weir/wire.h): longest prefix, device and both together, row, name
// from the back, cell.
#pragma once

#include <functional>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "policy/policy.h"
#include "weir/name_hash.h"

namespace weir::policy {

class PlanLookup {
 public:
  PlanLookup(const KernelPlan& plan, const NameHasher& hash)
      : plan_(plan), point_(hash.point()), names_(plan.names.begin(), plan.names.end()) {
    for (const auto& [prefix, value] : plan.clients) clients_[prefix.length][prefix.address] = value;
    for (const auto& [prefix, value] : plan.dests) dests_[prefix.length][prefix.address] = value;
    for (const auto& [mac, device] : plan.macs) {
      Mac key;
      std::ranges::copy(mac.octets, key.octets.begin());
      macs_[key] = device;
    }
    for (const auto& [pair, value] : plan.pairs) pairs_[{pair.prefix_class, pair.mac_class}] = value;
    for (const auto& [key, row] : plan.row_index) {
      rows_[{key.client_class, key.dest_class, key.port, key.protocol}] = row;
    }
  }

  struct Row {
    bool exempt = false;
    std::uint32_t number = 0;
    weir_row values = {};
  };
  Row at_syn(const Address& client, const Address& dest, std::uint16_t port, std::uint16_t protocol,
             const std::optional<Mac>& mac = {}) const {
    const std::uint16_t client_class = of_client(client, mac), dest_class = longest(dests_, dest);
    if (client_class == WEIR_CLASS_exempt || dest_class == WEIR_CLASS_exempt) return {.exempt = true};
    const auto found = rows_.find({client_class, dest_class, port, protocol});
    const std::uint32_t number = found == rows_.end() ? 0 : found->second;
    return {.number = number, .values = plan_.rows.at(number)};
  }

  /// Of what nothing is said all is 0.
  weir_limit limit(const Address& client, const std::optional<Mac>& mac) const {
    const std::uint16_t client_class = of_client(client, mac);
    return client_class < plan_.limits.size() ? plan_.limits[client_class] : weir_limit{};
  }

  /// The cell of a hello that carries `name`, which may be empty.
  std::uint8_t at_hello(const Row& row, std::string_view name) const {
    if (name.empty()) return row.values.unnamed;
    return plan_.cells.at(row.number * plan_.name_classes + name_class(name));
  }

 private:
  /// Prefixes of each length, the longest first.
  using Prefixes = std::map<unsigned, std::unordered_map<Address, std::uint16_t, AddressHash>, std::greater<>>;

  static std::uint16_t longest(const Prefixes& prefixes, const Address& address) {
    for (const auto& [length, classes] : prefixes) {
      Address masked = address;
      for (unsigned bit = length; bit < 128; ++bit) {
        masked.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80 >> bit % 8));
      }
      const auto found = classes.find(masked);
      if (found != classes.end()) return found->second;
    }
    return 0;
  }

  std::uint16_t of_client(const Address& client, const std::optional<Mac>& mac) const {
    const std::uint16_t by_prefix = longest(clients_, client);
    const auto device = mac ? macs_.find(*mac) : macs_.end();
    if (by_prefix == WEIR_CLASS_exempt || device == macs_.end() || device->second.mac_class == 0) return by_prefix;
    if (device->second.mac_class == WEIR_CLASS_beyond) return WEIR_CLASS_beyond;
    const auto together = pairs_.find({by_prefix, device->second.mac_class});
    return together == pairs_.end() ? by_prefix : together->second;
  }

  std::uint16_t name_class(std::string_view name) const {
    std::uint64_t hash = 0;
    std::uint16_t found = 0;
    for (auto c = name.rbegin(); c != name.rend(); ++c) {
      const auto entry = *c == '.' ? names_.find(hash) : names_.end();
      if (entry != names_.end()) found = entry->second.below;
      hash = weir_hash_step(hash, point_, static_cast<unsigned char>(*c));
    }
    const auto entry = names_.find(hash);
    return entry != names_.end() ? entry->second.exact : found;
  }

  const KernelPlan& plan_;
  std::uint64_t point_;
  Prefixes clients_, dests_;
  std::unordered_map<Mac, weir_device, MacHash> macs_;
  std::map<std::pair<int, int>, std::uint16_t> pairs_;
  std::unordered_map<std::uint64_t, weir_name_class> names_;
  std::map<std::tuple<int, int, int, int>, std::uint32_t> rows_;
};

}  // namespace weir::policy
