#include "account/flows.h"

#include <algorithm>
#include <utility>

#include "base/name.h"

namespace weir::account {

bool Filter::wants(const Record& record) const {
  if (client && !client->contains(record.flow.client.address)) return false;
  if (mac && record.flow.mac != mac) return false;
  if (!client_names.empty() && std::ranges::count(client_names, record.client_name) == 0) return false;
  if (dest && record.host.empty()) return record.flow.origin.address == *dest;
  return host.empty() || within(record.host, host);
}

std::optional<Live> Flows::insert(Live live) {
  Shard& shard = of(live.record.id);
  std::lock_guard lock(shard.mutex);
  const auto [at, added] = shard.flows.try_emplace(live.record.id);
  Live before = std::exchange(at->second, std::move(live));
  return added ? std::nullopt : std::optional(std::move(before));
}

std::optional<Live> Flows::take(FlowId id) {
  Shard& shard = of(id);
  std::lock_guard lock(shard.mutex);
  auto node = shard.flows.extract(id);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

std::vector<Record> Flows::list(const Filter& filter, Monotonic now) const {
  std::vector<Record> found;
  auto newer = [](const Record& a, const Record& b) { return a.ts > b.ts; };
  for (const Shard& shard : shards_) {
    {
      std::lock_guard lock(shard.mutex);
      for (const auto& [id, live] : shard.flows) {
        if (!filter.wants(live.record)) continue;
        found.push_back(live.record);
        found.back().duration = now - live.since;
      }
    }
    // Cut after every shard, so that a listing of ten among a million holds one shard's worth.
    std::sort(found.begin(), found.end(), newer);
    if (found.size() > filter.limit) found.resize(filter.limit);
  }
  return found;
}

std::size_t Flows::size() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    sum += shard.flows.size();
  }
  return sum;
}

}  // namespace weir::account
