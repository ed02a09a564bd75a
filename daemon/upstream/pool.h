// Idle connections to origins, kept for the next client connection that wants the same.
//
// While a client connection lives, its origin connection stays with it and never comes here; the pool bridges clients
// that connect anew for every request.  One a worker, used by its thread alone.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/flow.h"
#include "base/units.h"
#include "io/task.h"
#include "io/tcp.h"

namespace weir::upstream {

/// Connections are alike when the origin cannot tell them apart: same origin, and the same peer as it sees it.
struct PoolKey {
  Endpoint origin;
  Address source;  ///< the client's address where connections bear it, all zero for the gateway's

  friend bool operator==(const PoolKey&, const PoolKey&) = default;
};
struct PoolKeyHash {
  std::size_t operator()(const PoolKey& key) const noexcept {
    return EndpointHash()(key.origin) * 31 + AddressHash()(key.source);
  }
};

struct PoolLimits {
  std::size_t of_one = 8;                    ///< idle connections for one key
  std::size_t of_all = 256;                  ///< idle connections of the worker
  Duration idle = std::chrono::seconds(10);  ///< shorter than origins usually wait, so that they seldom close first
};

class Pool {
 public:
  explicit Pool(io::Loop& loop, PoolLimits limits = {}) : loop_(loop), limits_(limits) {}

  /// The connection of this key that was used last and is still quiet, if any.
  std::optional<io::Tcp> take(const PoolKey& key);
  /// Keeps a connection on which an exchange ended cleanly.  When a limit is reached it is closed instead.
  void put(const PoolKey& key, io::Tcp tcp);
  /// Closes all.
  void clear();
  std::size_t size() const { return size_; }

  /// Runs until stopped: looks once a second at every idle connection and closes those that are old or not quiet.
  /// What an origin closes in between is found by take().
  io::Task<void> sweep();

 private:
  struct Idle {
    io::Tcp tcp;
    Monotonic since;
  };

  void close_stale();

  io::Loop& loop_;
  PoolLimits limits_;
  std::unordered_map<PoolKey, std::vector<Idle>, PoolKeyHash> idle_;
  std::size_t size_ = 0;
};

}  // namespace weir::upstream
