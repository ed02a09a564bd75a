// A new connection, and a packet of no connection: what the SYN alone decides, and what is not ours at all.
#include <unistd.h>

#include <cstring>

#include "lab.h"

namespace weir::test {
namespace {

class Connection : public Lab {
 protected:
  Outcome syn_of(const Flow& flow, std::uint32_t seq = 1000) {
    return run(lan_in, packet(flow).flags(syn).seq(seq).options(usual_options(100, 0)));
  }
};

TEST_F(Connection, ToAnUnjudgedPortIsNotOurs) {
  EXPECT_EQ(syn_of(flow("10.1.0.2", 40000, "10.2.0.2", 22)), (Outcome{next, 0, {WEIR_WIRE_not_ours}}));
  EXPECT_FALSE(kernel().held(flow("10.1.0.2", 40000, "10.2.0.2", 22)));
}

TEST_F(Connection, WhatIsNoIpIsNotOurs) {
  EXPECT_EQ(run(lan_in, packet(tls4()).flags(syn).ethertype(0x0806)), (Outcome{next, 0, {WEIR_WIRE_not_ours}}));
}

TEST_F(Connection, OnAnUnknownInterfaceIsNotLookedAt) {
  const int index = ifindex(lan_in);
  weir_link link{.header = 14};
  ASSERT_EQ(bpf_map_delete_elem(map("links"), &index), 0);
  const Outcome outcome = syn_of(tls4());
  ASSERT_EQ(bpf_map_update_elem(map("links"), &index, &link, BPF_ANY), 0);
  EXPECT_EQ(outcome, (Outcome{next, 0, {}}));
}

// An interface in promiscuous mode overhears what others say.
TEST_F(Connection, OfAFrameForAnotherHostIsNotLookedAt) {
  EXPECT_EQ(run(lan_in, packet(tls4()).flags(syn).to_mac({0x02, 9, 9, 9, 9, 9})), (Outcome{next, 0, {}}));
}

TEST_F(Connection, ToTheGatewayItselfIsLocal) {
  EXPECT_EQ(syn_of(flow("10.1.0.2", 40000, "10.1.0.1", 443)), (Outcome{next, 0, {WEIR_WIRE_local}}));
  EXPECT_EQ(syn_of(flow("2001:db8:1::2", 40000, "2001:db8:1::1", 443)), (Outcome{next, 0, {WEIR_WIRE_local}}));
  EXPECT_EQ(run(lan_in, packet(flow("10.1.0.2", 40000, "10.1.0.1", 443)).udp().payload("q")),
            (Outcome{next, 0, {WEIR_WIRE_local}}));
}

TEST_F(Connection, OfAnExemptClientPassesUnwatched) {
  EXPECT_EQ(syn_of(flow("10.1.9.9", 40000, "10.2.0.2", 443)), (Outcome{next, 0, {WEIR_WIRE_exempt}}));
  EXPECT_FALSE(kernel().held(flow("10.1.9.9", 40000, "10.2.0.2", 443)));
  EXPECT_EQ(run(lan_in, packet(flow("10.1.9.9", 40000, "10.2.0.2", 443)).udp().payload("q")),
            (Outcome{next, 0, {WEIR_WIRE_exempt}}));
}

TEST_F(Connection, UndecidedAtSynIsWatched) {
  for (const Flow& flow : {tls4(), tls6()}) {
    EXPECT_EQ(syn_of(flow), (Outcome{next, 0, {WEIR_WIRE_watched}}));
    const auto held = kernel().held(flow);
    ASSERT_TRUE(held);
    EXPECT_EQ(held->state, WEIR_HELD_syn);
    EXPECT_EQ(held->row, 1);
    EXPECT_EQ(held->policy, 1U);
    EXPECT_EQ(held->client.isn, 1000U);
    EXPECT_EQ(held->client.mss, 1460);
    EXPECT_EQ(held->client.wscale, 7);
    EXPECT_EQ(held->client.tsval, 100U);
    EXPECT_EQ(held->client.options, WEIR_OPTION_wscale | WEIR_OPTION_sack | WEIR_OPTION_timestamp);
  }
}

// RFC 7323 §2.3: a shift above 14 counts as 14.  RFC 9293 §3.7.1: no MSS option means 536.
TEST_F(Connection, IsRememberedWithTheOptionsThatTheRfcsSay) {
  ASSERT_EQ(run(lan_in, packet(tls4()).flags(syn | ece | cwr).seq(1).options({3, 3, 15})).counted,
            Reasons{WEIR_WIRE_watched});
  const weir_half client = kernel().held(tls4())->client;
  EXPECT_EQ(client.wscale, 14);
  EXPECT_EQ(client.mss, 536);
  EXPECT_EQ(client.options, WEIR_OPTION_wscale | WEIR_OPTION_ecn);
}

TEST_F(Connection, WithBrokenTcpOptionsIsWatchedWithWhatComesBeforeThem) {
  for (const Octets& options :
       {Octets{2, 4, 5, 0xb4, 3, 0}, Octets{2, 4, 5, 0xb4, 3, 60}, Octets{2, 4, 5, 0xb4, 1, 1, 1, 3}}) {
    SetUp();
    ASSERT_EQ(run(lan_in, packet(tls4()).flags(syn).seq(1).options(options)).counted, Reasons{WEIR_WIRE_watched});
    EXPECT_EQ(kernel().held(tls4())->client.mss, 1460);
    EXPECT_EQ(kernel().held(tls4())->client.options, 0);
  }
}

TEST_F(Connection, DecidedToPassBySynIsAnnouncedOnceAndPasses) {
  const Flow to = flow("10.1.0.2", 40000, "10.3.0.2", 443);
  EXPECT_EQ(syn_of(to), (Outcome{next, 0, {WEIR_WIRE_passed_syn}}));
  ASSERT_TRUE(kernel().passed(to));
  EXPECT_EQ(kernel().passed(to)->policy, 1U);
  const auto heard = events();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].type, WEIR_EVENT_passed);
  EXPECT_EQ(heard[0].reason, WEIR_WIRE_passed_syn);
  EXPECT_EQ(heard[0].row, 2);
  EXPECT_EQ(heard[0].name_length, 0);
  EXPECT_EQ(steer::flow_of(heard[0].key), to);

  EXPECT_EQ(syn_of(to), (Outcome{next, 0, {WEIR_WIRE_passed_packet}})) << "sent again";
  EXPECT_TRUE(events().empty());
}

TEST_F(Connection, OfAPassedFlowIsCountedBothWays) {
  const Flow to = flow("10.1.0.2", 40000, "10.3.0.2", 443);
  syn_of(to);
  EXPECT_EQ(run(lan_in, packet(to).seq(1001).acks(5001).payload("hello")),
            (Outcome{next, 0, {WEIR_WIRE_passed_packet}}));
  EXPECT_EQ(reply(packet(to).reply().seq(5001).acks(1006).payload("world!")), (Outcome{next, 0, {}}));
  const auto passed = kernel().passed(to);
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->bytes_up, 5U);
  EXPECT_EQ(passed->packets_up, 2U);
  EXPECT_EQ(passed->bytes_down, 6U);
  EXPECT_EQ(passed->packets_down, 1U);
}

TEST_F(Connection, EndsWithBothFinsOrOneResetAndSaysSoOnce) {
  const Flow to = flow("10.1.0.2", 40000, "10.3.0.2", 443);
  syn_of(to);
  events();
  run(lan_in, packet(to).flags(fin).seq(1001).acks(5001));
  EXPECT_TRUE(events().empty());
  reply(packet(to).reply().flags(fin).seq(5001).acks(1002));
  auto heard = events();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].type, WEIR_EVENT_ended);
  EXPECT_EQ(heard[0].state, WEIR_PASSED_fin_client | WEIR_PASSED_fin_origin);
  reply(packet(to).reply().flags(rst).seq(5002));
  EXPECT_TRUE(events().empty());
}

TEST_F(Connection, ThatTheOriginRefusesIsToldOnce) {
  for (const Flow& flow : {tls4(), tls6()}) {
    syn_of(flow);
    const auto id = kernel().held(flow)->id;
    reply(packet(flow).reply().flags(rst).seq(0).acks(77));
    EXPECT_TRUE(events().empty()) << "it answers another SYN";
    for (int again = 0; again < 2; ++again) reply(packet(flow).reply().flags(rst).seq(0).acks(1001));
    const auto heard = events();
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0].type, WEIR_EVENT_reset);
    EXPECT_EQ(heard[0].id, id);
    EXPECT_EQ(steer::flow_of(heard[0].key), flow);
    EXPECT_TRUE(steer::mac_of(heard[0].mac));
    EXPECT_EQ(heard[0].origin_us, 0U) << "it did not accept it first";
    EXPECT_EQ(heard[0].name_length, 0);
    EXPECT_FALSE(kernel().held(flow));
  }
}

TEST_F(Connection, ThatTheOriginAcceptsAndThenResetsIsToldAsSuch) {
  begin(tls4());
  reply(packet(tls4()).reply().flags(rst).seq(5001));
  const auto heard = events();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].type, WEIR_EVENT_reset);
  EXPECT_GT(heard[0].origin_us, 0U);
}

TEST_F(Connection, ThatPassedByItsHelloAndIsResetHasOneEnd) {
  begin(tls4());
  run(lan_in, first(tls4(), hello("allowed.example")));
  events();
  reply(packet(tls4()).reply().flags(rst).seq(5001));
  const auto heard = events();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].type, WEIR_EVENT_ended);
  EXPECT_FALSE(kernel().held(tls4()));
}

TEST_F(Connection, ThatReusesAnEndedFlowIsJudgedAnew) {
  put_passed(tls4(), {.bytes_up = 5, .state = WEIR_PASSED_rst});
  EXPECT_EQ(syn_of(tls4()), (Outcome{next, 0, {WEIR_WIRE_watched}}));
  EXPECT_FALSE(kernel().passed(tls4()));
}

TEST_F(Connection, ThatANewPolicyRefusesIsMarkedForAResetInBothStates) {
  put_passed(tls4(), {.bytes_up = 5, .state = 0});
  kernel().reset_passed(tls4());
  const auto data = packet(tls4()).seq(1001).acks(5001).payload("x");
  EXPECT_EQ(run(lan_in, data), (Outcome{next, reset_mark, {WEIR_WIRE_reset_by_policy}}));
  closed();
  EXPECT_EQ(run(lan_in, data), (Outcome{next, reset_mark, {WEIR_WIRE_reset_by_policy}}));
  EXPECT_EQ(run(lan_in, packet(tls4()).flags(rst).seq(1001)).counted, Reasons{WEIR_WIRE_passed_packet});
}

// What steers does so on the wire alone: TEST_RUN's frames are not at tc ingress, where sockets are assigned.
TEST_F(Connection, ThatCannotBeSteeredFollowsOnFailure) {
  EXPECT_EQ(syn_of(http4()), (Outcome{next, 0, {WEIR_WIRE_assign_failed}}));
  closed();
  EXPECT_EQ(syn_of(http4()), (Outcome{dropped, 0, {WEIR_WIRE_assign_failed, WEIR_WIRE_refused_closed}}));
}

TEST_F(Connection, BlockedAtSynIsSteeredForItsAnswer) {
  EXPECT_EQ(syn_of(flow("10.1.0.2", 40000, "10.4.0.2", 443)).counted, Reasons{WEIR_WIRE_assign_failed});
}

TEST_F(Connection, UnderAFloorIsSteeredEvenIfItWouldPass) {
  auto changed = settings();
  changed.floor_splice = true;
  ASSERT_TRUE(kernel().apply(changed));
  EXPECT_EQ(syn_of(flow("10.1.0.2", 40000, "10.3.0.2", 443)).counted, Reasons{WEIR_WIRE_assign_failed});
  EXPECT_EQ(syn_of(tls4()).counted, Reasons{WEIR_WIRE_assign_failed});
  EXPECT_EQ(syn_of(flow("10.1.9.9", 40000, "10.2.0.2", 443)).counted, Reasons{WEIR_WIRE_exempt});
}

TEST_F(Connection, WithoutADaemonFollowsOnFailure) {
  kernel().rest();
  const Octets frame = packet(tls4()).flags(syn).seq(1).frame();
  EXPECT_EQ(run_as_is(lan_in, frame), (Outcome{next, 0, {WEIR_WIRE_no_daemon}}));
  EXPECT_FALSE(kernel().held(tls4()));
  closed();
  EXPECT_EQ(run_as_is(lan_in, frame), (Outcome{dropped, 0, {WEIR_WIRE_no_daemon, WEIR_WIRE_refused_closed}}));
}

// The longest prefix of a client decides; without one the gateway's on_failure does.
TEST_F(Connection, WithoutADaemonFollowsTheOnFailureOfItsClientsGroup) {
  auto grouped = plan(hasher());
  grouped.failures = {{*Prefix::parse("10.1.0.0/16"), 1}, {*Prefix::parse("10.1.0.128/25"), 0}};
  ASSERT_TRUE(kernel().commit(grouped));
  auto changed = settings();
  changed.guarded = true;
  ASSERT_TRUE(kernel().apply(changed));
  const auto opens = [&](const char* client) {
    kernel().rest();
    return run_as_is(lan_in, packet(flow(client, 40000, "10.2.0.2", 443)).flags(syn).seq(1).frame());
  };
  EXPECT_EQ(opens("10.1.0.2"), (Outcome{dropped, 0, {WEIR_WIRE_no_daemon, WEIR_WIRE_refused_closed}}));
  EXPECT_EQ(opens("10.1.0.129"), (Outcome{next, 0, {WEIR_WIRE_no_daemon}}));
  EXPECT_EQ(opens("10.9.0.2"), (Outcome{next, 0, {WEIR_WIRE_no_daemon}}));
  alive(false);
  put_passed(tls4(), {.bytes_up = 5, .state = 0});
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(1001).acks(5001).payload("x")).mark, passed_mark)
      << "whoever is closed or not: the closed chain asks for the mark first";

  changed.closed = true;
  ASSERT_TRUE(kernel().apply(changed));
  EXPECT_EQ(opens("10.1.0.129"), (Outcome{next, 0, {WEIR_WIRE_no_daemon}}));
  EXPECT_EQ(opens("10.9.0.2"), (Outcome{dropped, 0, {WEIR_WIRE_no_daemon, WEIR_WIRE_refused_closed}}));
}

TEST_F(Connection, AfterAStaleHeartbeatIsAsWithoutADaemon) {
  kernel().beat(false);
  usleep(350'000);
  EXPECT_EQ(run_as_is(lan_in, packet(tls4()).flags(syn).seq(1).frame()).counted, Reasons{WEIR_WIRE_no_daemon});
}

TEST_F(Connection, WhileTheDaemonIsOverloadedFollowsOnFailure) {
  alive(true);
  EXPECT_EQ(run_as_is(lan_in, packet(tls4()).flags(syn).seq(1).frame()), (Outcome{next, 0, {WEIR_WIRE_overloaded}}));
}

// A clsact filter outlives its daemon: with on_failure = "closed" the mark must not.
TEST_F(Connection, ThatPassesBearsTheClosedChainsMarkOnlyWhileTheDaemonLives) {
  closed();
  put_passed(tls4(), {.bytes_up = 5, .state = 0});
  const Octets frame = packet(tls4()).seq(1001).acks(5001).payload("x").frame();
  EXPECT_EQ(run(lan_in, frame), (Outcome{next, passed_mark, {WEIR_WIRE_passed_packet}}));
  alive(true);
  EXPECT_EQ(run_as_is(lan_in, frame).mark, passed_mark) << "an overloaded daemon lives";
  kernel().rest();
  EXPECT_EQ(run_as_is(lan_in, frame).mark, 0U);
}

TEST_F(Connection, IsRefusedOrLetGoWhenTheMapOfUndecidedFlowsIsFull) {
  for (std::uint16_t port = 1; port <= 1024; ++port) put_held(tls4(port), {.state = WEIR_HELD_syn});
  EXPECT_EQ(syn_of(tls6()), (Outcome{next, 0, {WEIR_WIRE_flow_map_full}}));
  closed();
  EXPECT_EQ(syn_of(tls6()), (Outcome{dropped, 0, {WEIR_WIRE_flow_map_full, WEIR_WIRE_refused_closed}}));
  EXPECT_EQ(syn_of(flow("10.1.0.2", 40000, "10.3.0.2", 443)).counted, Reasons{WEIR_WIRE_passed_syn})
      << "passing flows have a map of their own";
}

TEST_F(Connection, StillPassesWhenItsAnnouncementIsLost) {
  Reasons last;
  for (std::uint32_t n = 0; n < 14000 && !last.contains(WEIR_WIRE_ring_full); ++n)
    last = syn_of(flow("10.1.0.2", static_cast<std::uint16_t>(n + 1), "10.3.0.2", 443)).counted;
  EXPECT_EQ(last, (Reasons{WEIR_WIRE_passed_syn, WEIR_WIRE_ring_full}));
}

TEST_F(Connection, OlderThanWeirPasses) {
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(77).acks(99).payload("x")), (Outcome{next, 0, {WEIR_WIRE_not_ours}}));
  EXPECT_EQ(run(lan_in, packet(tls4()).flags(syn).seq(77).acks(99)), (Outcome{next, 0, {WEIR_WIRE_not_ours}}));
}

// Its SYN came while the daemon was away: too late to take it over, not too late to refuse it.
TEST_F(Connection, WhoseSynNobodyJudgedIsResetAtABlockedHello) {
  const auto blocked = first(tls4(), hello("www.blocked.example"));
  EXPECT_EQ(run(lan_in, blocked), (Outcome{next, reset_mark, {WEIR_WIRE_reset_by_policy}}));
  EXPECT_EQ(run(lan_in, first(tls4(), hello("other.example"))), (Outcome{next, 0, {WEIR_WIRE_not_ours}}));
  EXPECT_EQ(run(lan_in, first(flow("10.1.9.9", 1, "10.2.0.2", 443), hello("blocked.example"))),
            (Outcome{next, 0, {WEIR_WIRE_not_ours}}))
      << "an exempt client";
  EXPECT_EQ(run(lan_in, first(flow("10.1.0.2", 1, "10.3.0.2", 443), hello("blocked.example"))),
            (Outcome{next, 0, {WEIR_WIRE_not_ours}}))
      << "a destination that passes whatever the name";
  EXPECT_EQ(run(lan_in, first(http4(), hello("blocked.example"))), (Outcome{next, 0, {WEIR_WIRE_not_ours}}));
  kernel().rest();
  EXPECT_EQ(run_as_is(lan_in, blocked.frame()), (Outcome{next, 0, {WEIR_WIRE_not_ours}})) << "still away";
}

TEST_F(Connection, ThatEndsWithItsHelloIsRememberedAsHalfClosed) {
  begin(tls4());
  run(lan_in, first(tls4(), hello("allowed.example")).flags(psh | fin | ack));
  EXPECT_TRUE(kernel().passed(tls4())->state & WEIR_PASSED_fin_client);
}

TEST_F(Connection, HeadersThatDoNotParseAreLeftToTheKernel) {
  const auto data = [] { return packet(tls4()).seq(1001).acks(5001).payload("x"); };
  const Outcome malformed{next, 0, {WEIR_WIRE_malformed}};
  EXPECT_EQ(run(lan_in, data().doff(4)), malformed) << "TCP header below 20 bytes";
  EXPECT_EQ(run(lan_in, data().doff(15)), malformed) << "TCP header beyond the packet";
  EXPECT_EQ(run(lan_in, data().claims(19)), malformed) << "IPv4 length below its header";
  EXPECT_EQ(run(lan_in, data().claims(30)), malformed) << "IPv4 length below both headers";
  EXPECT_EQ(run(lan_in, data().claims(0)), malformed) << "no length, and no aggregate";
  Octets frame = data().frame();
  frame[14] = 0x44;
  EXPECT_EQ(run(lan_in, frame), malformed) << "IHL below 5";
  frame[14] = 0x65;
  EXPECT_EQ(run(lan_in, frame), malformed) << "IPv6 within an IPv4 frame";
  frame = data().frame();
  frame.resize(14 + 20 + 12);
  EXPECT_EQ(run(lan_in, frame), malformed) << "a frame that ends in the TCP header";
  EXPECT_EQ(run(lan_in, packet(tls6()).extension(IPPROTO_DSTOPTS).payload("x").claims(7)), malformed)
      << "IPv6 length below its extension header";
}

TEST_F(Connection, WithIpv4OptionsIsReadBehindThem) {
  ASSERT_EQ(
      run(lan_in, packet(tls4()).flags(syn).seq(1000).ip_options({148, 4, 0, 0}).options(usual_options(1, 0))).counted,
      Reasons{WEIR_WIRE_watched});
  EXPECT_EQ(kernel().held(tls4())->client.mss, 1460);
}

TEST_F(Connection, WithIpv6ExtensionHeadersIsReadBehindThem) {
  auto opening = packet(tls6()).flags(syn).seq(1000).options(usual_options(1, 0));
  opening.extension(IPPROTO_HOPOPTS).extension(IPPROTO_DSTOPTS).extension(IPPROTO_DSTOPTS);
  ASSERT_EQ(run(lan_in, opening).counted, Reasons{WEIR_WIRE_watched});
  EXPECT_EQ(kernel().held(tls6())->client.mss, 1460);
}

TEST_F(Connection, SentAgainWithTheSameNumberChangesNothing) {
  begin(tls4());
  auto before = kernel().held(tls4());
  EXPECT_EQ(syn_of(tls4()), (Outcome{next, 0, {WEIR_WIRE_watched}}));
  const auto after = kernel().held(tls4());
  ASSERT_TRUE(after);
  before->again = WEIR_AGAIN_client;  // but that it was
  EXPECT_EQ(std::memcmp(&*before, &*after, sizeof *after), 0);
}

TEST_F(Connection, QuicIsPassedOrRejectedAsConfigured) {
  const auto initial = packet(tls4()).udp().payload(Octets(1200, 0xc0));
  EXPECT_EQ(run(lan_in, initial), (Outcome{next, reset_mark, {WEIR_WIRE_quic_rejected}}));
  EXPECT_EQ(run(lan_in, packet(flow("10.1.0.2", 40000, "10.3.0.2", 443)).udp().payload("q")),
            (Outcome{next, 0, {WEIR_WIRE_quic_passed}}))
      << "decided to pass by destination";
  EXPECT_EQ(run(lan_in, packet(http4()).udp().payload("q")), (Outcome{next, 0, {WEIR_WIRE_not_ours}}));
  kernel().rest();
  EXPECT_EQ(run_as_is(lan_in, initial.frame()), (Outcome{next, 0, {WEIR_WIRE_no_daemon}}));
  auto changed = settings();
  changed.quic_reject = false;
  ASSERT_TRUE(kernel().apply(changed));
  EXPECT_EQ(run(lan_in, initial), (Outcome{next, 0, {WEIR_WIRE_quic_passed}}));
  EXPECT_EQ(run(lan_in, packet(flow("10.1.0.2", 40000, "10.4.0.2", 443)).udp().payload("q")),
            (Outcome{next, reset_mark, {WEIR_WIRE_quic_rejected}}))
      << "blocked by destination, whatever is inside";
}

}  // namespace
}  // namespace weir::test
