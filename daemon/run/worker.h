// One core's share of the daemon: its thread, its event loop, its listeners, its origin connections, its counters.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <thread>

#include "account/ledger.h"
#include "cache/store.h"
#include "engine/serve.h"
#include "intake/door.h"
#include "io/deadline.h"
#include "io/loop.h"
#include "policy/policy.h"
#include "resolve/resolver.h"
#include "steer/kernel.h"
#include "upstream/dialer.h"
#include "upstream/pool.h"

namespace weir::run {

/// A connection that is being spliced, for a new policy that may refuse it.
struct Spliced {
  policy::Facts facts;
  io::Deadline& deadline;  ///< over both halves; never, until it is refused
  bool refused = false;

  /// Ends it if the policy refuses it.
  void judge(const policy::Snapshot& policy);
};

/// What every worker shares.  Outlives them all.
struct Shared {
  Shared(const steer::Kernel& programs, std::uint64_t cache_memory) : kernel(programs), cache(cache_memory) {}

  const steer::Kernel& kernel;
  cache::Store cache;                      ///< of stored HTTP responses
  std::atomic<unsigned> connections{0};    ///< held by the daemon now
  std::atomic<unsigned> most_connections;  ///< limits.connections
  std::atomic<std::uint64_t> memory{0};    ///< what all but the cache took when it was looked at last
  std::atomic<std::uint64_t> most_memory;  ///< limits.memory; 0: any amount
  std::atomic<bool> out_of_memory{false};

  /// Whether a new connection would be one too many.
  bool is_full() const {
    return out_of_memory.load(std::memory_order_relaxed) ||
           connections.load(std::memory_order_relaxed) >= most_connections;
  }
  /// One more connection; false: there is no place for it.
  bool take_place() {
    if (out_of_memory.load(std::memory_order_relaxed)) return false;
    if (connections.fetch_add(1, std::memory_order_relaxed) < most_connections) return true;
    connections.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  /// There is memory again when an eighth of it is free.
  void weigh(std::uint64_t octets) {
    const std::uint64_t most = most_memory.load(std::memory_order_relaxed);
    memory.store(octets, std::memory_order_relaxed);
    const std::uint64_t enough = out_of_memory.load(std::memory_order_relaxed) ? most - most / 8 : most;
    out_of_memory.store(most > 0 && octets >= enough, std::memory_order_relaxed);
  }
};

/// On what terms new connections are carried: one immutable value, replaced as a whole by a reload.
struct Terms {
  std::shared_ptr<const policy::Snapshot> policy;
  upstream::SourcePolicy source;  ///< whose address origins see
};

/// Knows when the loop turned last.  A timer and not a task: a task waits behind every other one that is ready, and a
/// long queue is no hang.
class Turning final : io::Timer {
 public:
  explicit Turning(io::Wheel& wheel) : wheel_(wheel) {}
  void start() { fire(); }
  /// From any thread.
  bool within(Duration limit) const;
  Monotonic last() const { return Monotonic(Monotonic::duration(last_.load(std::memory_order_relaxed))); }

 private:
  void fire() override;

  io::Wheel& wheel_;
  std::atomic<Monotonic::rep> last_{0};
};

class Worker {
 public:
  /// Opens the listeners.  Errors: system.
  static Result<std::unique_ptr<Worker>> make(unsigned number, Shared& shared, account::Ledger& ledger, Terms terms);

  /// Starts the thread.
  void start();
  /// From any thread: connections end with the exchange that they are at.  What arrives still is served: the kernel
  /// sent it before it was told to send no more.
  void drain();
  /// From any thread: connections go on again.
  void resume();
  /// From any thread: no request goes out on a connection to an origin that exists now.
  void forget_origins();
  /// From any thread: every connection ends now.
  void stop();
  void join();

  /// From any thread: new connections, and new requests on old ones, are carried on these terms, and spliced ones that
  /// they refuse end.
  void carry_on(Terms terms);
  /// Whether the loop turned within `limit`: a worker that hangs must not be sent new flows.
  bool is_alive(Duration limit) const { return turning_.within(limit); }
  Monotonic turned() const { return turning_.last(); }

  // What a session uses, on the worker's own thread.
  Shared& shared() { return shared_; }
  io::Loop& loop() { return loop_; }
  io::Wheel& wheel() { return loop_.wheel(); }
  account::Ledger& ledger() { return ledger_; }
  engine::Services& services() { return services_; }
  const Terms& terms() const { return terms_; }
  upstream::Dialer& dialer() { return dialer_; }
  const intake::Door& door() const { return *door_; }
  std::list<Spliced*>& spliced() { return spliced_; }

 private:
  Worker(unsigned number, Shared& shared, account::Ledger& ledger, Terms terms);
  io::Task<void> admit(bool v6);

  unsigned number_;
  Shared& shared_;
  account::Ledger& ledger_;
  Terms terms_;
  io::Loop loop_;
  std::optional<intake::Door> door_;
  resolve::Resolver resolver_;
  upstream::Dialer dialer_;
  upstream::Pool pool_;
  engine::Services services_;
  std::list<Spliced*> spliced_;
  Turning turning_{loop_.wheel()};
  std::jthread thread_;
};

}  // namespace weir::run
