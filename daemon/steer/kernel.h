// The BPF side of the gateway: probe, load, attach, and everything that the daemon tells the programs or hears of them.
// The contract is include/weir/wire.h.  Synchronous.  Loading, attaching and committing belong to the control thread,
// beat, sweep and drain to the pulse; reset_passed() and what is const may be called from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/addr.h"
#include "base/client_key.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/flow.h"
#include "base/mac.h"
#include "base/result.h"
#include "base/units.h"
#include "policy/policy.h"
#include "weir/wire.h"

namespace weir::steer {

/// Why the gateway cannot run, and what to do about it: one message for the operator.
struct Obstacle {
  std::string what;
  std::string remedy;
};

/// What this kernel offers.
struct Features {
  std::string release;    ///< "6.1.0-50-amd64"
  bool bpf = false;       ///< programs load at all
  bool tcx = false;       ///< links that vanish with the process (6.6); else clsact filters
  bool takeover = false;  ///< live connections can be taken over on the wire (6.9, with BTF)
  std::string obstacle;   ///< why `bpf` is false
};
/// Tries, rather than compares version numbers.  Needs CAP_BPF and CAP_NET_ADMIN; changes nothing.
Features probe();

/// What holds from load to exit.
struct Settings {
  std::uint32_t mark = 0;
  unsigned workers = 1;
  bool closed = false;
  bool guarded = false;  ///< also implied by `closed`: some clients are, see KernelPlan::failures
  bool floor_splice = false;
  bool quic_reject = false;
  std::vector<std::uint16_t> http, tls;
  unsigned held_flows = 65536;    ///< undecided and taken flows at once; beyond: on_failure
  unsigned passed_flows = 65536;  ///< accounted flows on the wire; beyond: the least used loses its accounting
  std::uint64_t hash_point = 0;
  unsigned client_bits = 64;  ///< of an IPv6 address, which tell one client from another
};

/// An interface that carries clients (lan) or origins (wan).
struct Attachment {
  int ifindex = 0;
  std::string name;
  unsigned link_header = 14;  ///< bytes before the network header
  bool lan = true;
};

using WireCounters = std::array<std::uint64_t, WEIR_WIRE_REASONS>;

weir_flow_key key_of(const Flow& flow);
Flow flow_of(const weir_flow_key& key);
/// With the device from which it came.
Flow flow_of(const weir_flow_key& key, const weir_mac& mac);
/// Of bpf_ktime_get_ns().
inline Monotonic monotonic(std::uint64_t ns) { return Monotonic(std::chrono::nanoseconds(ns)); }
/// Empty: the link has none.
std::optional<Mac> mac_of(const weir_mac& mac);

class Kernel {
 public:
  /// Loads the richest object that this kernel takes.  Nothing is attached yet.
  static std::expected<Kernel, Obstacle> load(const Settings& settings);
  Kernel(Kernel&&) noexcept;
  Kernel& operator=(Kernel&&) noexcept;
  /// Detaches everything.
  ~Kernel();

  bool takeover() const;
  bool tcx() const;

  /// Listening sockets of one worker, IP_TRANSPARENT, without SO_REUSEPORT; they stay the caller's.
  Result<void> set_listeners(unsigned worker, int v4, int v6);
  /// The gateway's own addresses: traffic to them is never judged.
  Result<void> set_local(const std::vector<Address>& addresses);
  /// The prefixes of the LAN itself: frames from there bear their client's hardware address.
  Result<void> set_adjacent(const std::vector<Prefix>& prefixes);
  /// Puts a policy in force for every new flow at one instant; the old one stays on any failure.
  Result<void> commit(const policy::KernelPlan& plan);
  /// Changes what a reload may change: on_failure, floor, QUIC, judged ports.
  Result<void> apply(const Settings& settings);

  /// Attaches to an interface; again is a no-op, unless as the other side.  A clsact filter left by a dead daemon is
  /// replaced.
  std::expected<void, Obstacle> attach(const Attachment& at);
  void detach(int ifindex);
  /// The companion program for TIME_WAIT reuse; once, after the listeners are set.
  std::expected<void, Obstacle> attach_lookup();

  /// "I am alive": a store into shared memory.  `overloaded`: new flows follow on_failure.
  void beat(bool overloaded);
  /// Withdraws the heartbeat: from now on new flows are routed as if there were no daemon.
  void rest();

  WireCounters counters() const;
  /// A flow in the hands of the daemon, or not yet judged.
  std::optional<weir_held> held(const Flow& flow) const;
  /// From which device the SYN of a steered connection came; told once.  Empty: no program saw it, or too long ago.
  std::optional<weir_mac> take_arriving(const Flow& flow) const;
  /// Unless the client has reused addresses and ports since for another flow than `id`.
  void forget(const Flow& flow, FlowId id) const;
  std::optional<weir_passed> passed(const Flow& flow) const;
  /// A new policy refuses this passing flow: its next packet is reset.
  void reset_passed(const Flow& flow);
  /// A client has as many connections as a limit allows; 0: no longer.  New ones for which that limit or a lower one
  /// holds are reset.  A failure leaves it to the daemon, which counts.
  void refuse_more(const ClientKey& client, unsigned limit) const;
  /// What sweep() needs to know.
  struct Sweep {
    Duration handshake;                    ///< how long a flow may stay without the origin's SYN-ACK
    Duration undecided;                    ///< and without its first bytes
    Duration quiet;                        ///< after which it counts as waiting for them
    std::function<bool(FlowId)> orphaned;  ///< a taken flow that no session holds
    /// Sees every flow that is on the wire,
    std::function<void(const weir_flow_key&, const weir_passed&)> passing;
    std::function<void(const Flow&)> waiting;  ///< every one that waits,
    Duration patience;
    /// and every origin that sent no SYN-ACK within `patience`.
    std::function<void(const Address& origin, Monotonic asked)> silent;
    std::function<void(const Address& origin, Monotonic when)> answered;  ///< and every one that did
    /// Every flow that is removed because no SYN-ACK came.
    std::function<void(const Flow&, const weir_held&)> unanswered;
  };
  /// Removes what has outlived its time.  Undecided flows are not forgotten: what still comes of them is reset, or
  /// whoever waits long enough before the first byte would never be judged.
  void sweep(const Sweep& sweep);

  /// Readable when the programs must be heard at once; everything else may wait for the next beat.
  int events_fd() const;
  /// Moves all announcements into `into`.
  void drain(std::vector<weir_event>& into);

 private:
  struct Impl;
  explicit Kernel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::steer
