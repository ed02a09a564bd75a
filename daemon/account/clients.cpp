#include "account/clients.h"

#include <algorithm>
#include <functional>

namespace weir::account {

bool Clients::make_room(Shard& shard) {
  if (shard.clients.size() < most / shard_count) return true;
  auto oldest = shard.clients.end();
  for (auto at = shard.clients.begin(); at != shard.clients.end(); ++at) {
    if (at->second.connections > 0) continue;
    if (oldest == shard.clients.end() || at->second.last < oldest->second.last) oldest = at;
  }
  if (oldest == shard.clients.end()) return false;
  shard.clients.erase(oldest);
  return true;
}

ClientKey Clients::key_of(const Flow& flow) const {
  const auto prefixes = flow.mac ? adjacent_.load() : nullptr;
  const bool adjacent =
      !prefixes || std::ranges::any_of(*prefixes, [&](const Prefix& p) { return p.contains(flow.client.address); });
  return client_of(flow, adjacent, ipv6_bits_.load(std::memory_order_relaxed));
}

bool Clients::opened(const ClientKey& key, const Address& address, WallTime now) {
  Shard& shard = of(key);
  const std::lock_guard lock(shard.mutex);
  auto found = shard.clients.find(key);
  if (found == shard.clients.end()) {
    if (!make_room(shard)) {
      uncounted_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    found = shard.clients.emplace(key, Client{.mac = key.device(), .addresses = {}, .first = now}).first;
  }
  Client& client = found->second;
  ++client.connections;
  ++client.opened;
  client.last = std::max(client.last, now);
  auto& addresses = client.addresses;
  const auto known = std::ranges::find(addresses, address);
  if (known != addresses.end()) {
    std::rotate(addresses.begin(), known, known + 1);
    return true;
  }
  addresses.insert(addresses.begin(), address);
  if (addresses.size() > addresses_kept) addresses.pop_back();
  return true;
}

void Clients::ended(const ClientKey& key) {
  Shard& shard = of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.clients.find(key);
  if (found != shard.clients.end() && found->second.connections > 0) --found->second.connections;
}

void Clients::carried(const ClientKey& key, std::uint64_t bytes_in, std::uint64_t bytes_out, bool refused) {
  Shard& shard = of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.clients.find(key);
  if (found == shard.clients.end()) return;
  found->second.bytes_in += bytes_in;
  found->second.bytes_out += bytes_out;
  found->second.refused += refused;
}

std::vector<Client> Clients::list() const {
  std::vector<Client> all;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [key, client] : shard.clients) all.push_back(client);
  }
  std::ranges::sort(all, std::greater(), &Client::last);
  return all;
}

std::optional<Mac> Clients::device_at(const Address& address) const {
  std::optional<Mac> mac;
  WallTime latest{};
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [key, client] : shard.clients) {
      if (!client.mac || client.last < latest || std::ranges::count(client.addresses, address) == 0) continue;
      mac = client.mac;
      latest = client.last;
    }
  }
  return mac;
}

}  // namespace weir::account
