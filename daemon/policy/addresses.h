// Which sources hold an address, a device or a port.  Prefixes may nest and repeat; they are folded into ranges that do
// not overlap, each with the number of its set of sources, and found by binary search.
#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "base/addr.h"
#include "base/mac.h"
#include "policy/bits.h"

namespace weir::policy {

struct PrefixIn {
  Prefix prefix;
  std::uint32_t source;
};

class AddressTable {
 public:
  struct Entry {
    Prefix prefix;
    std::uint32_t set;  ///< of the addresses in it that no longer prefix covers
  };

  AddressTable(std::vector<PrefixIn> prefixes, std::size_t sources);

  /// The number of the set of sources that hold `address`; 0 = none.  O(log prefixes).
  std::uint32_t find(const Address& address) const;
  const Interner& sets() const { return sets_; }
  /// Every distinct prefix once, ordered by address, shorter before longer: what a longest-prefix table needs.
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  struct Range {
    Address first;  ///< up to the next one's
    std::uint32_t set;
  };
  void begin_range(const Address& first, std::uint32_t set);

  Interner sets_;
  std::vector<Entry> entries_;
  std::vector<Range> ranges_;
};

class MacTable {
 public:
  /// Each device with one source that holds it.
  MacTable(const std::vector<std::pair<Mac, std::uint32_t>>& devices, std::size_t sources);

  /// As AddressTable::find().
  std::uint32_t find(const Mac& mac) const {
    const auto found = sets_of_.find(mac);
    return found == sets_of_.end() ? 0 : found->second;
  }
  const Interner& sets() const { return sets_; }
  bool empty() const { return sets_of_.empty(); }
  /// Every device with the number of its set, in no order.
  const std::unordered_map<Mac, std::uint32_t, MacHash>& entries() const { return sets_of_; }

 private:
  Interner sets_;
  std::unordered_map<Mac, std::uint32_t, MacHash> sets_of_;
};

struct PortsIn {
  std::uint16_t low, high;  ///< inclusive
  std::uint32_t source;
};

class PortTable {
 public:
  PortTable(const std::vector<PortsIn>& ports, std::size_t sources);
  std::uint32_t find(std::uint16_t port) const;
  const Interner& sets() const { return sets_; }

 private:
  struct Range {
    std::uint16_t first;
    std::uint32_t set;
  };
  Interner sets_;
  std::vector<Range> ranges_;
};

}  // namespace weir::policy
