#include "account/clients.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace weir::account {

bool Clients::make_room(Shard& shard) {
  if (shard.clients.size() < most / shard_count) return true;
  auto oldest = shard.clients.end();
  for (auto at = shard.clients.begin(); at != shard.clients.end(); ++at) {
    if (at->second.connections > 0 || at->second.full > 0) continue;
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

/// Null: there is no room.
Client* Clients::find_or_make(Shard& shard, const ClientKey& key, const Address& address, WallTime now) {
  const auto found = shard.clients.find(key);
  if (found != shard.clients.end()) return &found->second;
  if (!make_room(shard)) return nullptr;
  Client made{.mac = key.device(), .addresses = {address}, .first = now, .last = now};
  return &shard.clients.emplace(key, std::move(made)).first->second;
}

/// Under the shard's lock, after whatever may have changed the answer.
void Clients::weigh(const ClientKey& key, Client& client) {
  const unsigned full = client.connections + client.waiting >= client.most ? client.most : 0;
  if (full == client.full) return;
  client.full = full;
  const std::lock_guard lock(turned_mutex_);
  turned_.push_back({key, full});
}

std::vector<Clients::Turn> Clients::turned() {
  const std::lock_guard lock(turned_mutex_);
  return std::exchange(turned_, {});
}

Clients::Count Clients::opened(const ClientKey& key, const Address& address, WallTime now, unsigned allowed,
                               bool waited) {
  Shard& shard = of(key);
  const std::lock_guard lock(shard.mutex);
  Client* const client = find_or_make(shard, key, address, now);
  if (!client) {
    uncounted_.fetch_add(1, std::memory_order_relaxed);
    return Count::none;
  }
  ++client->connections;
  if (waited && client->waiting > 0) --client->waiting;
  ++client->opened;
  client->last = std::max(client->last, now);
  client->most = allowed;
  weigh(key, *client);
  auto& addresses = client->addresses;
  const auto known = std::ranges::find(addresses, address);
  if (known != addresses.end()) {
    std::rotate(addresses.begin(), known, known + 1);
  } else {
    addresses.insert(addresses.begin(), address);
    if (addresses.size() > addresses_kept) addresses.pop_back();
  }
  return allowed > 0 && client->connections > allowed ? Count::beyond : Count::within;
}

void Clients::waiting(const std::unordered_map<ClientKey, Waiting, ClientKeyHash>& now, WallTime moment) {
  for (const auto& [key, waiting] : now) {
    if (waiting.most == 0 || waiting.count < waiting.most) continue;  // whoever has others is known
    Shard& shard = of(key);
    const std::lock_guard lock(shard.mutex);
    if (Client* const client = find_or_make(shard, key, waiting.address, moment)) client->most = waiting.most;
  }
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (auto& [key, client] : shard.clients) {
      const auto found = now.find(key);
      client.waiting = found == now.end() ? 0 : found->second.count;
      weigh(key, client);
    }
  }
}

void Clients::ended(const ClientKey& key) {
  Shard& shard = of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.clients.find(key);
  if (found == shard.clients.end() || found->second.connections == 0) return;
  --found->second.connections;
  weigh(key, found->second);
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

std::vector<Client> Clients::full() const {
  std::vector<Client> full;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [key, client] : shard.clients) {
      if (client.full > 0) full.push_back(client);
    }
  }
  return full;
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
