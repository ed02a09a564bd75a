// What changes hands: SYNs given to a listener and live connections taken over, on a wire with the kernel behind it.
// Not here but in the system tests: the origin's half (TCP_REPAIR), SYN cookies under a flood, masquerade, and
// fragments, which nft judges.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "base/fd.h"
#include "lab.h"

namespace weir::test {
namespace {

/// A TCP segment that reached the client.
struct Segment {
  std::uint8_t flags = 0;
  std::uint32_t seq = 0, ack = 0;
};

class Handover : public Lab {
 protected:
  /// The newest TCP segment that reached the client.
  Segment answer() {
    Segment last;
    for (int tries = 0; tries < 100 && last.flags == 0; ++tries, usleep(2000))
      for (const Octets& bytes : at_client()) {
        const std::size_t at = bytes[0] >> 4 == 4 ? 20 : 40;
        if (bytes.size() < at + 20 || bytes[at == 20 ? 9 : 6] != IPPROTO_TCP) continue;
        std::memcpy(&last.seq, &bytes[at + 4], 4);
        std::memcpy(&last.ack, &bytes[at + 8], 4);
        last = {.flags = bytes[at + 13], .seq = ntohl(last.seq), .ack = ntohl(last.ack)};
      }
    return last;
  }

  Fd accepted() {
    for (int tries = 0; tries < 100; ++tries, usleep(2000))
      if (const int fd = accept(); fd >= 0) return Fd(fd);
    return Fd();
  }

  static Endpoint local_of(const Fd& fd) {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &length);
    return Endpoint::from(name).value_or(Endpoint{});
  }

  /// A steered connection, established: its socket, and the sequence number of the server's first byte.
  std::pair<Fd, std::uint32_t> connect(const Flow& flow, weir_wire_reason reason = WEIR_WIRE_steered) {
    EXPECT_TRUE(send(packet(flow).flags(syn).seq(1000)).contains(reason));
    const Segment synack = answer();
    EXPECT_EQ(synack.flags & (syn | ack), syn | ack);
    EXPECT_EQ(synack.ack, 1001U);
    EXPECT_EQ(send(packet(flow).seq(1001).acks(synack.seq + 1)), Reasons{WEIR_WIRE_steered_packet});
    return {accepted(), synack.seq + 1};
  }

  /// A socket of the gateway that dials the origin from the client's address and port.
  static Fd dial_as_client(const Flow& flow) {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    const int yes = 1;
    EXPECT_EQ(setsockopt(fd.get(), SOL_IP, IP_TRANSPARENT, &yes, sizeof yes), 0);
    sockaddr_storage client{}, origin{};
    const socklen_t length = flow.client.to(client);
    flow.origin.to(origin);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&client), length), 0);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&origin), length), -1);
    EXPECT_EQ(errno, EINPROGRESS);
    return fd;
  }

  /// Sends first bytes on a watched flow and expects the whole of them in an accepted socket.
  void expect_taken(const Flow& flow, const Octets& bytes, weir_wire_reason reason) {
    begin(flow);
    EXPECT_EQ(send(first(flow, bytes)), Reasons{reason});
    const Fd fd = accepted();
    ASSERT_TRUE(fd);
    Octets got(bytes.size() + 1);
    EXPECT_EQ(recv(fd.get(), got.data(), got.size(), 0), static_cast<ssize_t>(bytes.size()));
    got.pop_back();
    EXPECT_EQ(got, bytes);
    EXPECT_EQ(local_of(fd), flow.origin);
    const auto held = kernel().held(flow);
    ASSERT_TRUE(held);
    EXPECT_EQ(held->state, WEIR_HELD_taken);
    EXPECT_EQ(held->reason, reason);
    EXPECT_EQ(held->take_seq, 1001U);
    EXPECT_EQ(held->take_ack, 5001U);
    EXPECT_EQ(held->take_window, 64240U << 7);
    EXPECT_EQ(held->client.tsval, 101U);
    EXPECT_EQ(held->origin.tsval, 700U);
  }
};

TEST_F(Handover, OfASynReachesTheListenerWithTheOriginsAddress) {
  for (const Flow& flow : {http4(53000), flow("2001:db8:1::2", 53000, "2001:db8:2::2", 80)}) {
    const auto [fd, seq] = connect(flow);
    ASSERT_TRUE(fd);
    EXPECT_EQ(local_of(fd), flow.origin);
    EXPECT_EQ(send(packet(flow).flags(psh).seq(1001).acks(seq).payload("GET /")), Reasons{WEIR_WIRE_steered_packet});
    char bytes[8];
    EXPECT_EQ(recv(fd.get(), bytes, sizeof bytes, 0), 5);
  }
}

// RFC 8684 §3.1, RFC 7413 §4.1.1
TEST_F(Handover, AtSynIsDoneForWhatATakeoverCouldNotCarryOn) {
  EXPECT_TRUE(send(packet(tls4(41000)).flags(syn).seq(1).options({30, 4, 1, 0})).contains(WEIR_WIRE_steered_option));
  EXPECT_TRUE(send(packet(tls4(41001)).flags(syn).seq(1).options({34, 2})).contains(WEIR_WIRE_steered_option));
  EXPECT_TRUE(send(packet(tls4(41002)).flags(syn).seq(1).payload("early")).contains(WEIR_WIRE_steered_option));
  EXPECT_TRUE(send(packet(tls4(41003)).flags(syn).seq(1).options({2, 4, 2, 0x17})).contains(WEIR_WIRE_steered_option));
  EXPECT_TRUE(send(packet(tls6(41003)).flags(syn).seq(1)).contains(WEIR_WIRE_steered_option)) << "no size: 536 bytes";
  EXPECT_FALSE(kernel().held(tls4(41000)));
}

// A listener assigned over a TIME_WAIT socket would leave the client without an answer for a minute.
TEST_F(Handover, OverATimeWaitSocketGoesThroughTheLookupProgram) {
  const Flow flow = http4(42000);
  auto [fd, seq] = connect(flow);
  ASSERT_TRUE(fd);
  fd = Fd();  // our end closes first
  EXPECT_EQ(answer().flags & fin, fin);
  send(packet(flow).flags(fin).seq(1001).acks(seq + 1));
  answer();
  const auto before = kernel().counters();
  EXPECT_EQ(send(packet(flow).flags(syn).seq(900000)), Reasons{WEIR_WIRE_steered_time_wait});
  EXPECT_EQ(answer().ack, 900001U);
  EXPECT_GT(kernel().counters()[WEIR_WIRE_lookup], before[WEIR_WIRE_lookup]);
}

TEST_F(Handover, OfALiveConnectionBringsItsFirstBytes) {
  expect_taken(tls4(43000), hello("blocked.example"), WEIR_WIRE_taken_block);
  expect_taken(tls6(43001), hello("blocked.example"), WEIR_WIRE_taken_block);
  expect_taken(tls4(43002), hello("other.example"), WEIR_WIRE_taken_escalate);
  expect_taken(tls6(43003), Octets{'S', 'S', 'H', '-'}, WEIR_WIRE_taken_not_understood);
  Octets cut = hello("allowed.example");
  cut.resize(100);
  expect_taken(tls4(43004), cut, WEIR_WIRE_taken_incomplete);
}

TEST_F(Handover, IsForAHelloLongerThanIsReadOnTheWire) {
  for (std::size_t size : {4095, 4096}) {
    const Flow flow = tls4(static_cast<std::uint16_t>(size));
    begin(flow);
    EXPECT_EQ(send(first(flow, ClientHello().padded_to(size - 30).named("allowed.example").record())),
              Reasons{WEIR_WIRE_passed_hello})
        << size;
  }
  expect_taken(tls4(44000), ClientHello("allowed.example").padded_to(4097).record(), WEIR_WIRE_taken_not_understood);
  expect_taken(tls4(44001), ClientHello("allowed.example").padded_to(8000).record(), WEIR_WIRE_taken_not_understood);
}

TEST_F(Handover, ReadsAnAggregateOfSegmentsAsOne) {
  for (const Flow& flow : {tls4(44100), tls6(44101)}) {
    begin(flow);
    const Octets allowed = ClientHello().padded_to(4060).named("allowed.example").record();
    EXPECT_EQ(send_aggregate(first(flow, allowed), 1400), Reasons{WEIR_WIRE_passed_hello});
    EXPECT_EQ(kernel().passed(flow)->bytes_up, allowed.size());
  }
  for (const Flow& flow : {tls4(44102), tls6(44103)}) {
    begin(flow);
    const Octets blocked = ClientHello().padded_to(4060).named("blocked.example").record();
    EXPECT_EQ(send_aggregate(first(flow, blocked), 1400), Reasons{WEIR_WIRE_taken_block});
    const Fd fd = accepted();
    Octets got(8192);
    EXPECT_EQ(recv(fd.get(), got.data(), got.size(), 0), static_cast<ssize_t>(blocked.size()));
  }
}

TEST_F(Handover, OfADecoyEndsTheRecordThatItBegan) {
  const Flow flow = tls4(45000);
  begin(flow);
  events();
  EXPECT_EQ(send(first(flow, hello("allowed.example"))), Reasons{WEIR_WIRE_passed_hello});
  EXPECT_EQ(send(first(flow, hello("blocked.example"))), Reasons{WEIR_WIRE_taken_block});
  EXPECT_TRUE(accepted());
  const auto heard = events();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].type, WEIR_EVENT_passed);
  EXPECT_EQ(heard[1].type, WEIR_EVENT_ended);
  EXPECT_EQ(heard[1].id, heard[0].id);
  EXPECT_NE(kernel().held(flow)->id, heard[0].id);
  EXPECT_FALSE(kernel().passed(flow));
}

TEST_F(Handover, HoldsTheOriginBackAndSteersTheClient) {
  const Flow flow = tls4(46000);
  expect_taken(flow, hello("blocked.example"), WEIR_WIRE_taken_block);
  const auto late = packet(flow).reply().seq(5001).acks(1001).payload("server hello");
  EXPECT_EQ(reply(late), (Outcome{dropped, 0, {WEIR_WIRE_origin_held}}));
  EXPECT_EQ(run(wan_in, late), (Outcome{dropped, 0, {WEIR_WIRE_origin_held}}));
  EXPECT_EQ(run(lan_in, packet(flow).seq(2000).acks(5001)), (Outcome{ours, steered, {WEIR_WIRE_steered_packet}}));
}

TEST_F(Handover, WaitsForAnOldSocketToBeDestroyed) {
  const Flow flow = http4(47000);
  const auto [fd, seq] = connect(flow);
  ASSERT_TRUE(fd);
  put_held(flow, {.id = 5,
                  .state = WEIR_HELD_synack,
                  .row = 1,
                  .policy = 1,
                  .client = {.isn = 1000},
                  .origin = {.isn = 5000, .mss = 1460}});
  events();
  EXPECT_EQ(run(lan_in, first(flow, hello("blocked.example"))), (Outcome{dropped, 0, {WEIR_WIRE_takeover_leftover}}));
  const auto heard = events();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].type, WEIR_EVENT_destroy);
  EXPECT_EQ(heard[0].reason, WEIR_WIRE_takeover_leftover);
  EXPECT_EQ(steer::flow_of(heard[0].key), flow);
}

TEST_F(Handover, IsForgottenWhenTheClientReusesItsPort) {
  const Flow flow = tls4(48000);
  put_held(flow, {.id = 5, .state = WEIR_HELD_taken});
  events();
  EXPECT_EQ(run(lan_in, packet(flow).flags(syn).seq(7)).counted, (Reasons{WEIR_WIRE_reused, WEIR_WIRE_watched}));
  EXPECT_EQ(events().at(0).type, WEIR_EVENT_destroy);
  EXPECT_EQ(kernel().held(flow)->state, WEIR_HELD_syn);
}

// There is a round trip to clear the way before the origin's SYN-ACK would be swallowed.
TEST_F(Handover, HasWhatAnEarlierConnectionLeftDestroyedAtTheSyn) {
  const Flow flow = tls4(48500);
  const Fd leftover = dial_as_client(flow);
  events();
  EXPECT_EQ(run(lan_in, packet(flow).flags(syn).seq(7)).counted, (Reasons{WEIR_WIRE_reused, WEIR_WIRE_watched}));
  EXPECT_EQ(events().at(0).type, WEIR_EVENT_destroy);
}

// Linux leaves MPTCP out when it sends a SYN for the third time.
TEST_F(Handover, KeepsAConnectionWhoseSynComesAgainWithoutItsOption) {
  const Flow flow = tls4(48600);
  EXPECT_TRUE(send(packet(flow).flags(syn).seq(1).options({30, 4, 1, 0})).contains(WEIR_WIRE_steered_option));
  EXPECT_EQ(run(lan_in, packet(flow).flags(syn).seq(1)), (Outcome{ours, steered, {WEIR_WIRE_steered_packet}}));
  EXPECT_FALSE(kernel().held(flow));
}

TEST_F(Handover, AnswersForALiveSocketWhenASynComesAgain) {
  const Flow flow = http4(49000);
  const auto [fd, seq] = connect(flow);
  ASSERT_TRUE(fd);
  put_held(flow, {.state = WEIR_HELD_taken});
  EXPECT_EQ(run(lan_in, packet(flow).flags(syn).seq(7)), (Outcome{ours, steered, {WEIR_WIRE_steered_packet}}));
}

TEST_F(Handover, OfASegmentThatTheKernelCouldNotKeepIsTriedAgain) {
  const Flow flow = tls4(50000);
  begin(flow);
  EXPECT_EQ(send(first(flow, hello("blocked.example")).bad_checksum()), Reasons{WEIR_WIRE_taken_block});
  usleep(20000);
  EXPECT_EQ(accept(), -1);
  EXPECT_EQ(send(first(flow, hello("blocked.example"))), Reasons{WEIR_WIRE_steered_packet});
  EXPECT_TRUE(accepted());
}

TEST_F(Handover, WithoutAListenerFollowsOnFailure) {
  std::uint32_t zero = 0;
  ASSERT_EQ(bpf_map_delete_elem(map("listeners4"), &zero), 0);
  const Flow flow = tls4(51000);
  begin(flow);
  EXPECT_EQ(send(first(flow, hello("blocked.example"))), Reasons{WEIR_WIRE_no_daemon});
  EXPECT_EQ(send(packet(http4(51001)).flags(syn).seq(1)), Reasons{WEIR_WIRE_no_daemon});
}

// Connections that nobody accepts fill three quarters of the queue; the rest is for handshakes that are under way.
TEST_F(Handover, ToAFullListenerFollowsOnFailure) {
  for (std::uint16_t port = 53100; port < 53103; ++port) {
    EXPECT_EQ(send(packet(http4(port)).flags(syn).seq(1000)), Reasons{WEIR_WIRE_steered});
    EXPECT_EQ(send(packet(http4(port)).seq(1001).acks(answer().seq + 1)), Reasons{WEIR_WIRE_steered_packet});
  }
  backlog(4);
  EXPECT_EQ(run(lan_in, packet(http4(53103)).flags(syn).seq(1)), (Outcome{next, 0, {WEIR_WIRE_listener_full}}));
  const Flow flow = tls4(53104);
  begin(flow);
  EXPECT_EQ(run(lan_in, first(flow, hello("other.example"))), (Outcome{next, 0, {WEIR_WIRE_listener_full}}));
  EXPECT_TRUE(kernel().passed(flow)) << "let go for good, or its next segment would hang";
  begin(tls4(53105));
  EXPECT_EQ(run(lan_in, first(tls4(53105), hello("blocked.example"))),
            (Outcome{next, reset_mark, {WEIR_WIRE_reset_by_policy}}));

  closed();
  EXPECT_EQ(run(lan_in, packet(http4(53103)).flags(syn).seq(1)),
            (Outcome{dropped, 0, {WEIR_WIRE_listener_full, WEIR_WIRE_refused_closed}}));
  while (accepted()) {
  }
  EXPECT_TRUE(send(packet(http4(53103)).flags(syn).seq(1)).contains(WEIR_WIRE_steered)) << "there is room again";
}

// A reply on the WAN side belongs to the daemon when a socket of its own holds the client's address.
TEST_F(Handover, OnTheWanSideFollowsTheStateOfTheFlow) {
  const Flow flow = tls4(52000);
  const auto reply = [&] { return packet(flow).reply().seq(5001).acks(1001).payload("x"); };
  EXPECT_EQ(run(wan_in, reply()), (Outcome{next, 0, {}})) << "no socket, no entry";

  const Fd spoofed = dial_as_client(flow);
  EXPECT_EQ(run(wan_in, reply()), (Outcome{ours, steered, {WEIR_WIRE_steered_packet}}));
  put_held(flow, {.state = WEIR_HELD_synack});
  EXPECT_EQ(run(wan_in, reply()), (Outcome{next, 0, {}})) << "undecided: on the wire";
  put_held(flow, {.state = WEIR_HELD_taken});
  EXPECT_EQ(run(wan_in, reply()), (Outcome{ours, steered, {WEIR_WIRE_steered_packet}}));
  put_passed(flow, {.bytes_up = 1, .state = 0});
  EXPECT_EQ(run(wan_in, reply()), (Outcome{next, 0, {}})) << "passing: on the wire";
}

}  // namespace
}  // namespace weir::test
