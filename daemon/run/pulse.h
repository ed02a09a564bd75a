// The thread between the daemon and its BPF programs: it tells them that the daemon lives, and hears what they did.
// Nothing else runs on it, so a long reload or a slow disk can never look like a dead daemon.
#pragma once

#include <atomic>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "account/ledger.h"
#include "run/memory.h"
#include "run/policies.h"
#include "run/worker.h"
#include "steer/destroy.h"
#include "steer/kernel.h"

namespace weir::run {

/// A worker's loop turns every 50 ms; one that has not for this long hangs.
inline constexpr Duration hung_after = std::chrono::milliseconds(250);

class Pulse {
 public:
  /// `policies`: of the flows that the kernel judged.
  Pulse(steer::Kernel& kernel, account::Ledger& ledger, account::Clients& clients, Shared& shared,
        std::vector<std::unique_ptr<Worker>>& workers, const Policies& policies);
  ~Pulse() { stop(); }

  void start();
  void stop();
  /// From the control thread.  The last beat is withdrawn: new flows are routed as if there were no daemon.  What the
  /// programs say of older ones is heard on.
  void rest();
  void beat_again();
  /// From any thread: whether it came round within `limit`.
  bool is_alive(Duration limit) const;
  Monotonic turned() const { return Monotonic(Monotonic::duration(turned_.load(std::memory_order_relaxed))); }

 private:
  void run(std::stop_token stop);
  void beat();
  void beat_if_due();
  void hear();
  void passed(const weir_event& event);
  void note_handshake(const weir_event& event);
  void passing(const weir_flow_key& key, const weir_passed& flow);
  void ended(const weir_event& event);
  void destroy(const weir_event& event);
  void reset(const weir_event& event);
  void unmade(const Flow& flow, FlowId id, Monotonic since, CloseReason reason);
  void sweep();
  void follow_limits();

  steer::Kernel& kernel_;
  account::Ledger& ledger_;
  account::Clients& clients_;
  Shared& shared_;
  std::vector<std::unique_ptr<Worker>>& workers_;
  const Policies& policies_;
  std::vector<weir_event> events_;
  struct OnWire {
    unsigned seen = 0;        ///< by this sweep, last
    bool beyond = false;      ///< what its client may have: it is being reset
    std::uint32_t heard = 0;  ///< packets of the origin until then
  };
  std::unordered_map<FlowId, OnWire> on_wire_;  ///< announced and not ended
  std::unordered_set<FlowId> unclaimed_;        ///< taken flows that the last sweep found without a session
  unsigned sweeps_ = 0;
  Monotonic next_beat_{};
  std::atomic<bool> resting_{false};
  std::atomic<Monotonic::rep> turned_{0};  ///< when it came round last
  std::optional<steer::Destroyer> destroyer_;
  MemoryGauge memory_;
  std::jthread thread_;
};

}  // namespace weir::run
