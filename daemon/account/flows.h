// Every connection that is alive now, for `proxyctl flows` and for the record that its end will write.  Workers insert
// and erase at connection rate while control lists at human rate, so the table is cut into shards: a worker meets
// another thread on a shard's lock only by accident, and a listing never stops more than one shard.
// Not bounded here: `limits.connections` bounds what the daemon holds, the kernel's map of passing flows the rest.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "account/record.h"
#include "base/client_key.h"

namespace weir::account {

/// A connection that has not ended.  `record` is what its line would say now: reason and duration are not yet set.
struct Live {
  Record record;
  Monotonic since{};
  std::uint64_t requests = 0;
  bool judged = false;
  ClientKey client;
  bool counted = false;  ///< among its client's connections
  bool beyond = false;   ///< which are more than it may have
};

/// Which flows a reader wants.  Everything given must hold.
struct Filter {
  std::optional<Prefix> client;
  std::optional<Mac> mac;
  std::vector<std::string> client_names;   ///< one of them; empty: any
  std::string host;                        ///< this name or below it, normalised; empty: any
  std::optional<Address> dest = {};        ///< instead of `host`, of those that named nobody
  bool failed = false;                     ///< only endings whose reason is a failure
  std::optional<WallTime> since = {};      ///< only endings after it
  std::optional<std::uint64_t> code = {};  ///< only of this parse_flow_code()
  std::size_t limit = 100;

  bool wants(const Record& record) const;  ///< what is said of endings, and `limit`, apart
};

class Flows {
 public:
  std::optional<Live> insert(Live live);  ///< returns the flow of the same id that it replaces
  /// Calls `change(Live&)` under the shard's lock; false if no such flow lives.
  template <class F>
  bool update(FlowId id, F&& change) {
    Shard& shard = of(id);
    std::lock_guard lock(shard.mutex);
    auto found = shard.flows.find(id);
    if (found == shard.flows.end()) return false;
    change(found->second);
    return true;
  }
  std::optional<Live> take(FlowId id);
  bool contains(FlowId id) {
    return update(id, [](Live&) {});
  }
  /// At most `filter.limit` flows that the filter wants, newest first, with their duration so far.
  std::vector<Record> list(const Filter& filter, Monotonic now) const;
  std::size_t size() const;

 private:
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<FlowId, Live> flows;
  };
  Shard& of(FlowId id) { return shards_[(id * 0x9e3779b97f4a7c15ULL) >> 58]; }

  std::array<Shard, 64> shards_;
};

}  // namespace weir::account
