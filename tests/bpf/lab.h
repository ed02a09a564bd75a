// A gateway in a network namespace of its own: the real programs, loaded and attached by steer::Kernel, and two ways to
// meet them.  run() is BPF_PROG_TEST_RUN: one program, one frame, its verdict.  send() puts the frame on a wire that
// ends at the program, with the kernel behind it: what TEST_RUN refuses (assigning sockets) happens there.
//
//   client0 ── lan0 [weir_lan_in, weir_lan_out]   the gateway   [weir_wan_in] wan0 ── origin0
#pragma once

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <vector>

#include "hello.h"
#include "packet.h"
#include "steer/kernel.h"

namespace weir::test {

inline constexpr std::uint32_t base_mark = 0x00100000;
inline constexpr std::uint32_t steered = WEIR_MARK_STEERED(base_mark), fragmented = WEIR_MARK_FRAGMENT(base_mark),
                               passed_mark = WEIR_MARK_PASSED(base_mark), reset_mark = WEIR_MARK_RESET(base_mark);
/// Verdicts of linux/pkt_cls.h.
inline constexpr int next = -1, ours = 0, dropped = 2;

using Reasons = std::multiset<weir_wire_reason>;

/// What one packet did.
struct Outcome {
  int verdict = 0;
  std::uint32_t mark = 0;
  Reasons counted;

  bool operator==(const Outcome&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Outcome& outcome);

Flow flow(std::string_view client, std::uint16_t client_port, std::string_view origin, std::uint16_t origin_port);
/// 10.1.0.2:PORT to 10.2.0.2:443, and the same in IPv6.
Flow tls4(std::uint16_t client_port = 40000);
Flow tls6(std::uint16_t client_port = 40000);
Flow http4(std::uint16_t client_port = 40000);

/// A policy for 10.1.0.0/16 and 2001:db8:1::/48: "blocked.example" and all below is blocked, "allowed.example" passes,
/// every other name escalates, a hello without a name passes; 10.1.9.9 is exempt; 10.3.0.0/16 passes and 10.4.0.0/16 is
/// blocked at SYN.  A client of other networks escalates.
policy::KernelPlan plan(const NameHasher& hash, std::uint32_t id = 1);

class Lab : public testing::Test {
 protected:
  enum Hook { lan_in, wan_in };

  static void SetUpTestSuite();
  void SetUp() override;

  steer::Kernel& kernel() { return *shared_->kernel; }
  static const NameHasher& hasher() { return shared_->hash; }
  /// Settings as they are after SetUp(), to change and apply().
  static steer::Settings settings();
  void closed();
  /// A heartbeat that does not age, however long a busy machine keeps a test waiting.
  void alive(bool overloaded = false);

  /// BPF_PROG_TEST_RUN on the interface that the hook hangs on.
  Outcome run(Hook hook, const Packet& packet, std::uint32_t gso_size = 0);
  Outcome run(Hook hook, const Octets& frame, std::uint32_t gso_size = 0);
  /// The same without the heartbeat that precedes every other run.
  Outcome run_as_is(Hook hook, Octets frame, std::uint32_t gso_size = 0);
  /// From the client on the wire; returns what was counted.
  Reasons send(const Packet& packet);
  /// The same as an aggregate of segments of `gso_size`, what GRO makes of a burst.  Where the frame is longer
  /// than a page, its payload lies in page fragments.
  Reasons send_aggregate(const Packet& packet, std::uint16_t gso_size);
  /// From the origin through the gateway to the client: weir_lan_out's verdict, past a weir_wan_in that looks away.
  /// (TEST_RUN's frames have a socket, as those of the daemon have: weir_lan_out lets them go.)
  Outcome reply(const Packet& packet);
  /// The frames that reached the client since the last call, without their 14 bytes.
  std::vector<Octets> at_client();

  /// SYN and SYN-ACK of a flow that is then undecided; the client's first byte is 1001, the origin's 5001.
  void begin(const Flow& flow);
  /// The segment that carries a client's first bytes.
  static Packet first(const Flow& flow, const Octets& bytes);

  /// A map of the programs, by its name.
  int map(const char* name) const { return shared_->maps.at(name); }
  void put_held(const Flow& flow, const weir_held& held);
  void put_passed(const Flow& flow, const weir_passed& passed);
  void clear_flows();
  void restore_listeners();
  /// How many connections wait for accept() at most.
  void backlog(int most);
  std::vector<weir_event> events();
  /// Listening sockets of worker 0, transparent, one a family; the next accepted connection of either.
  int accept();

  int ifindex(Hook hook) const { return shared_->links[hook]; }

 private:
  struct Shared {
    NameHasher hash = NameHasher::random();
    std::optional<steer::Kernel> kernel;
    int programs[2];
    int links[2];
    std::map<std::string, int> maps;
    int client = -1, origin = -1, aggregates = -1;  // packet sockets on the far ends
    int listen4 = -1, listen6 = -1;
    Octets gateway_mac[2];
  };
  static Shared* shared_;
  template <class Arrived>
  Reasons transmit(int socket, const Octets& frame, Arrived arrived);
};

}  // namespace weir::test
