// Which names many clients use, today and yesterday: what an update of a list must not begin to block unasked.
//
// A sketch, bounded: 4,096 names a day; beyond, a new name takes the place of the one among eight that the fewest
// clients use.  Clients are counted by hash into 256 bits a name, which is exact to a few percent up to some hundred
// and full at about 1,400.  Addresses are not kept, but one flow of each name is.
#pragma once

#include <array>
#include <bitset>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/client_key.h"
#include "base/clock.h"
#include "base/flow.h"

namespace weir::account {

struct BusyName {
  std::string name;
  unsigned clients = 0;  ///< about so many, on the busier of the two days
  Flow flow;             ///< one that used it
};

class Busy {
 public:
  /// A flow was let through to `name`.  Any thread; when another is writing at this moment it is not noted.
  void note(std::string_view name, const Flow& flow, const ClientKey& client, WallTime now);
  /// What at least `least` clients used, the busiest first.
  std::vector<BusyName> names(unsigned least) const;
  /// How many clients there are, about; at most 34,000 can be told.
  unsigned clients() const;

 private:
  static constexpr std::size_t ways = 8, sets = 512;
  struct Name {
    std::string name;
    std::bitset<256> clients;
    Flow flow;
  };
  struct Day {
    WallTime begun{};
    std::vector<std::array<Name, ways>> names;  ///< empty until the first
    std::bitset<4096> clients;
  };

  mutable std::mutex mutex_;
  Day today_, yesterday_;
};

}  // namespace weir::account
