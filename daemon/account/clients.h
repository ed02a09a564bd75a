// Who was seen: a line a device, for `proxyctl clients` and for whatever holds by client.
//
// Bounded: 4,096 clients, cut into shards of 256 so that workers meet on a lock only by accident.  When a shard is
// full, the client without a connection that was seen longest ago gives way; where all have one, the newcomer is not
// counted, which is counted.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/client_key.h"
#include "base/clock.h"
#include "base/units.h"

namespace weir::account {

struct Client {
  std::optional<Mac> mac;
  std::vector<Address> addresses;  ///< the last few, the latest first
  std::uint64_t connections = 0;   ///< now
  std::uint64_t waiting = 0;       ///< of those who said nothing yet: on the wire, not judged, not in `connections`
  unsigned most = 0;               ///< connections that it may have; 0: any number
  unsigned full = 0;               ///< the limit that it has reached; 0: none
  std::uint64_t opened = 0;
  std::uint64_t refused = 0;  ///< by rules: lines of the access log
  std::uint64_t bytes_in = 0, bytes_out = 0;
  WallTime first{}, last{};  ///< when its first and its latest connection began
};

/// Any thread.
class Clients {
 public:
  static constexpr std::size_t most = 4096;
  static constexpr std::size_t addresses_kept = 8;
  static constexpr Duration quiet = std::chrono::seconds(5);  ///< after which a connection counts as waiting

  enum class Count : std::uint8_t {
    none,    ///< it is not counted, and nothing may be told of it later
    within,  ///< counted
    beyond,  ///< counted, and more than the client may have
  };
  /// A connection begins, of a client that may have `allowed` at once; 0: any number.  `waited`: it was among those
  /// that waiting() was told of.
  Count opened(const ClientKey& key, const Address& address, WallTime now, unsigned allowed = 0, bool waited = false);
  void ended(const ClientKey& key);
  /// A line of the access log.
  void carried(const ClientKey& key, std::uint64_t bytes_in, std::uint64_t bytes_out, bool refused);

  /// Connections of a client on the wire that are not judged yet, for longer than `quiet`.
  struct Waiting {
    Address address;  ///< of one of them
    std::uint64_t count = 0;
    unsigned most = 0;
  };
  /// All of them, at this moment.
  void waiting(const std::unordered_map<ClientKey, Waiting, ClientKeyHash>& now, WallTime moment);
  /// Other limits hold: `allowed(address, mac)` says which.
  template <class Allowed>
  void limit(Allowed&& allowed) {
    for (Shard& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      for (auto& [key, client] : shard.clients) {
        client.most = allowed(client.addresses.front(), client.mac);
        weigh(key, client);
      }
    }
  }
  struct Turn {
    ClientKey client;
    unsigned full;  ///< it has as many connections as this allows; 0: less again
  };
  /// What has turned since the last call, in order.
  std::vector<Turn> turned();

  /// Seen last first.
  std::vector<Client> list() const;
  /// Those that have as many connections as they may.
  std::vector<Client> full() const;
  std::uint64_t uncounted() const { return uncounted_.load(std::memory_order_relaxed); }
  /// The device that was seen with an address last.
  std::optional<Mac> device_at(const Address& address) const;

  /// clients.ipv6.  Clients that were seen before stay as they are.
  void tell_apart_by(unsigned ipv6_bits) { ipv6_bits_.store(ipv6_bits, std::memory_order_relaxed); }
  /// The prefixes of the LAN itself; until they are known every frame is taken for its client's own.
  void adjacent(std::vector<Prefix> prefixes) {
    adjacent_.store(std::make_shared<const std::vector<Prefix>>(std::move(prefixes)));
  }
  /// Once a connection: what changes meanwhile must not end it as somebody else's.
  ClientKey key_of(const Flow& flow) const;

 private:
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<ClientKey, Client, ClientKeyHash> clients;
  };
  static constexpr std::size_t shard_count = 16;
  Shard& of(const ClientKey& key) { return shards_[ClientKeyHash{}(key)*0x9e3779b97f4a7c15ULL >> 60]; }
  static bool make_room(Shard& shard);
  Client* find_or_make(Shard& shard, const ClientKey& key, const Address& address, WallTime now);
  void weigh(const ClientKey& key, Client& client);

  std::array<Shard, shard_count> shards_;
  std::atomic<unsigned> ipv6_bits_{64};
  std::atomic<std::shared_ptr<const std::vector<Prefix>>> adjacent_;
  std::atomic<std::uint64_t> uncounted_{0};
  std::mutex turned_mutex_;  // taken within a shard's
  std::vector<Turn> turned_;
};

}  // namespace weir::account
