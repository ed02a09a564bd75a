// What the daemon tells the programs and hears of them, through steer::Kernel.
#include <poll.h>
#include <time.h>

#include "lab.h"

namespace weir::test {
namespace {

/// Flows may be undecided for ten seconds; nobody looks on.
steer::Kernel::Sweep brief() {
  return {.handshake = std::chrono::seconds(10),
          .undecided = std::chrono::seconds(10),
          .quiet = std::chrono::seconds(5),
          .orphaned = [](FlowId) { return false; },
          .passing = [](const weir_flow_key&, const weir_passed&) {},
          .waiting = [](const Flow&) {},
          .patience = std::chrono::seconds(3),
          .silent = [](const Address&, Monotonic) {},
          .answered = [](const Address&, Monotonic) {},
          .unanswered = [](const Flow&, const weir_held&) {}};
}

class KernelControl : public Lab {
 protected:
  Reasons syn_to(std::string_view origin, std::uint16_t port = 443) {
    return run(lan_in, packet(flow("10.1.0.2", 40000, origin, port)).flags(syn).seq(1)).counted;
  }
};

TEST_F(KernelControl, CommitPutsAPolicyInForceForTheNextFlow) {
  EXPECT_EQ(syn_to("10.3.0.2"), Reasons{WEIR_WIRE_passed_syn});
  auto changed = plan(hasher(), 2);
  changed.dests = {{*Prefix::parse("10.5.0.0/16"), 1}};
  ASSERT_TRUE(kernel().commit(changed));
  SCOPED_TRACE("after a reload");
  EXPECT_EQ(run(lan_in, packet(flow("10.1.0.2", 40001, "10.3.0.2", 443)).flags(syn).seq(1)).counted,
            Reasons{WEIR_WIRE_watched});
  EXPECT_EQ(kernel().held(flow("10.1.0.2", 40001, "10.3.0.2", 443))->policy, 2U);
  EXPECT_EQ(syn_to("10.5.0.2"), Reasons{WEIR_WIRE_passed_syn});
}

TEST_F(KernelControl, CommitTakesAnEmptyPlan) {
  ASSERT_TRUE(kernel().commit({}));
  EXPECT_EQ(syn_to("10.3.0.2"), Reasons{WEIR_WIRE_watched}) << "what no table knows escalates";
}

TEST_F(KernelControl, CommitThatFailsLeavesTheOldPolicyInForce) {
  auto broken = plan(hasher(), 3);
  broken.dests = {{Prefix{*Address::parse("10.5.0.0"), 200}, 1}};  // no such length
  EXPECT_FALSE(kernel().commit(broken));
  EXPECT_EQ(syn_to("10.3.0.2"), Reasons{WEIR_WIRE_passed_syn});
}

TEST_F(KernelControl, CommitHoldsALargePlan) {
  auto large = plan(hasher(), 4);
  for (unsigned i = 0; i < 4000; ++i)
    large.clients.push_back({Prefix{Address::v4(0xac100000 + i), 128}, static_cast<std::uint16_t>(i % 4000)});
  for (unsigned i = 0; i < 50000; ++i) large.names.push_back({hasher()("n" + std::to_string(i) + ".example"), {1, 1}});
  ASSERT_TRUE(kernel().commit(large));
  begin(tls4());
  run(lan_in, first(tls4(), hello("allowed.example")));
  EXPECT_TRUE(kernel().passed(tls4()));
}

TEST_F(KernelControl, ApplyChangesTheJudgedPorts) {
  auto changed = settings();
  changed.tls = {8443};
  ASSERT_TRUE(kernel().apply(changed));
  EXPECT_EQ(syn_to("10.2.0.2", 443), Reasons{WEIR_WIRE_not_ours});
  EXPECT_EQ(syn_to("10.2.0.2", 8443), Reasons{WEIR_WIRE_watched});
  EXPECT_EQ(syn_to("10.2.0.2", 80), Reasons{WEIR_WIRE_assign_failed});
}

TEST_F(KernelControl, SetLocalReplacesTheAddresses) {
  ASSERT_TRUE(kernel().set_local({*Address::parse("10.7.0.1")}));
  EXPECT_EQ(syn_to("10.7.0.1"), Reasons{WEIR_WIRE_local});
  EXPECT_EQ(syn_to("10.1.0.1"), Reasons{WEIR_WIRE_watched});
  ASSERT_TRUE(
      kernel().set_local({*Address::parse("10.1.0.1"), *Address::parse("10.2.0.1"), *Address::parse("2001:db8:1::1")}));
  EXPECT_EQ(syn_to("10.1.0.1"), Reasons{WEIR_WIRE_local});
  EXPECT_EQ(run(lan_in, packet(flow("10.1.0.2", 2, "10.7.0.1", 443)).flags(syn).seq(1)).counted,
            Reasons{WEIR_WIRE_watched});
}

TEST_F(KernelControl, SweepRemovesWhatIsOldAndUndecidedOrEndedAndNothingElse) {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::uint64_t ns =
      static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  const std::uint64_t old = ns - 30'000'000'000, fresh = ns - 1'000'000'000;
  put_held(tls4(1), {.started_ns = old, .state = WEIR_HELD_syn});
  put_held(tls4(2), {.started_ns = fresh, .state = WEIR_HELD_syn});
  put_held(tls4(3), {.started_ns = old, .state = WEIR_HELD_taken});
  constexpr std::uint8_t fins = WEIR_PASSED_fin_client | WEIR_PASSED_fin_origin;
  put_passed(tls4(4), {.seen_ns = old, .state = WEIR_PASSED_rst});
  put_passed(tls4(5), {.seen_ns = old, .state = fins});
  put_passed(tls4(6), {.id = 6, .seen_ns = old, .state = WEIR_PASSED_fin_client});
  put_passed(tls4(7), {.seen_ns = fresh, .state = WEIR_PASSED_rst});
  std::multiset<std::uint64_t> shown, waiting;
  put_held(tls4(8), {.started_ns = old, .state = WEIR_HELD_synack});
  put_held(tls4(10), {.started_ns = old, .state = WEIR_HELD_synack, .client = {.ended = 1}});
  put_passed(tls4(11), {.seen_ns = ns - 90'000'000'000, .packets_up = 1});
  put_passed(tls4(12), {.seen_ns = ns - 90'000'000'000, .packets_up = 1, .packets_down = 1});
  put_passed(tls4(13), {.seen_ns = ns - 300'000'000'000, .packets_down = 1, .state = WEIR_PASSED_fin_origin});
  put_passed(tls4(14), {.seen_ns = ns - 7'500'000'000'000, .packets_down = 1});
  put_passed(tls4(15), {.id = 15, .seen_ns = 1, .state = WEIR_PASSED_reset});
  put_held(tls4(9), {.id = 9, .started_ns = old, .state = WEIR_HELD_taken});
  put_held(flow("10.1.0.2", 1, "10.2.0.7", 443), {.started_ns = old, .state = WEIR_HELD_syn, .origin = {.ended = 1}});
  put_held(flow("10.1.0.2", 20, "10.2.0.8", 443), {.started_ns = old, .state = WEIR_HELD_syn, .synack_ns = old});
  std::multiset<std::uint16_t> silent;
  auto sweep = brief();
  sweep.undecided = std::chrono::seconds(60);
  sweep.orphaned = [](FlowId id) { return id == 9; };
  sweep.passing = [&](const weir_flow_key&, const weir_passed& passing) { shown.insert(passing.id); };
  sweep.waiting = [&](const Flow& flow) { waiting.insert(flow.client.port); };
  sweep.silent = [&](const Address& origin, Monotonic asked) {
    EXPECT_EQ(origin, tls4(1).origin.address);
    silent.insert(
        static_cast<std::uint16_t>((Monotonic(std::chrono::nanoseconds(ns)) - asked) / std::chrono::seconds(1)));
  };
  kernel().sweep(sweep);
  EXPECT_TRUE(shown.contains(6)) << "flows that have not ended are shown";
  EXPECT_EQ(waiting, (std::multiset<std::uint64_t>{1, 8, 20}))
      << "of those that are not judged, the ones that are quiet";
  EXPECT_EQ(silent, std::multiset<std::uint16_t>{30}) << "asked half a minute ago; the second has time still";
  EXPECT_FALSE(kernel().held(tls4(1)));
  EXPECT_TRUE(kernel().held(tls4(2)));
  EXPECT_TRUE(kernel().held(tls4(3)));
  EXPECT_TRUE(kernel().held(tls4(8))) << "an open connection may be silent for longer than a handshake";
  EXPECT_FALSE(kernel().held(tls4(9))) << "nobody holds what was taken over";
  EXPECT_FALSE(kernel().passed(tls4(9)));
  EXPECT_FALSE(kernel().passed(tls4(4)));
  EXPECT_FALSE(kernel().passed(tls4(5)));
  EXPECT_TRUE(kernel().passed(tls4(6)));
  EXPECT_TRUE(kernel().passed(tls4(7)));
  EXPECT_FALSE(kernel().passed(tls4(11))) << "nobody ever answered";
  EXPECT_TRUE(kernel().passed(tls4(12)));
  EXPECT_FALSE(kernel().passed(tls4(13))) << "partly closed, and its client has gone";
  EXPECT_FALSE(kernel().passed(tls4(14))) << "gone without a word";
  EXPECT_TRUE(kernel().passed(tls4(15))) << "refused, however long it is silent";
  EXPECT_FALSE(shown.contains(15)) << "and nobody's connection any more";
}

TEST_F(KernelControl, SweepTellsOfEveryFlowThatItRemovesForWantOfAnAnswer) {
  const weir_mac mac{.octets = {2, 0, 0, 0, 0, 1}};
  put_held(tls4(1), {.id = 1, .started_ns = 1, .state = WEIR_HELD_syn, .mac = mac});
  put_held(tls4(2), {.started_ns = 1, .state = WEIR_HELD_synack, .synack_ns = 1});
  put_held(tls4(3), {.started_ns = 1, .state = WEIR_HELD_syn, .origin = {.ended = 1}});
  put_held(tls4(4), {.started_ns = 1, .state = WEIR_HELD_syn, .synack_ns = 1});
  put_held(tls4(5), {.started_ns = 1, .state = WEIR_HELD_taken});
  run(lan_in, packet(tls4(6)).flags(syn).seq(1));
  std::vector<FlowId> told;
  auto sweep = brief();
  sweep.unanswered = [&](const Flow& flow, const weir_held& held) {
    EXPECT_EQ(flow.client, tls4(1).client);
    EXPECT_EQ(flow.mac, steer::mac_of(mac));
    told.push_back(held.id);
  };
  kernel().sweep(sweep);
  kernel().sweep(sweep);
  EXPECT_EQ(told, std::vector<FlowId>{1});
}

// Whoever waits before the first byte must not pass unjudged because the flow was forgotten.
TEST_F(KernelControl, AnUndecidedFlowThatIsSweptIsResetByItsNextPacket) {
  put_held(tls4(1), {.id = 1, .started_ns = 1, .state = WEIR_HELD_synack});
  kernel().sweep(brief());
  EXPECT_FALSE(kernel().held(tls4(1)));
  ASSERT_TRUE(kernel().passed(tls4(1)));
  EXPECT_EQ(run(lan_in, packet(tls4(1)).flags(ack).seq(2)).counted, Reasons{WEIR_WIRE_reset_by_policy});
}

// Where the origin's replies take another way, or are offloaded, its acknowledgement is never seen.
TEST_F(KernelControl, AFlowThatPassedByItsHelloIsNotResetForWantOfAnAcknowledgement) {
  begin(tls4());
  run(lan_in, first(tls4(), hello("allowed.example")));
  auto held = *kernel().held(tls4());
  held.started_ns = 1;
  put_held(tls4(), held);
  kernel().sweep(brief());
  EXPECT_FALSE(kernel().held(tls4()));
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(2000).acks(5001).payload("x")),
            (Outcome{next, 0, {WEIR_WIRE_passed_packet}}));
}

TEST_F(KernelControl, SweepReachesEveryFlowOfAFullMap) {
  for (std::uint16_t port = 1; port <= 1024; ++port) put_held(tls4(port), {.started_ns = 1, .state = WEIR_HELD_syn});
  kernel().sweep(brief());
  weir_flow_key key;
  EXPECT_NE(bpf_map_get_next_key(map("held"), nullptr, &key), 0);
}

TEST_F(KernelControl, ForgetRemovesOneHeldFlowUnlessItsPlaceIsTaken) {
  put_held(tls4(1), {.id = 1, .state = WEIR_HELD_taken});
  put_held(tls4(2), {.id = 2, .state = WEIR_HELD_taken});
  kernel().forget(tls4(1), 1);
  kernel().forget(tls4(2), 1);
  EXPECT_FALSE(kernel().held(tls4(1)));
  EXPECT_TRUE(kernel().held(tls4(2)));
}

TEST_F(KernelControl, FlowsAndKeysTurnIntoOneAnother) {
  for (const Flow& flow : {tls4(1), tls6(65535)}) EXPECT_EQ(steer::flow_of(steer::key_of(flow)), flow);
}

TEST_F(KernelControl, ADestroyEventIsHeardAtOnceTogetherWithWhatWaited) {
  run(lan_in, packet(flow("10.1.0.2", 1, "10.3.0.2", 443)).flags(syn).seq(1));
  pollfd ready{.fd = kernel().events_fd(), .events = POLLIN, .revents = 0};
  put_held(tls4(2), {.state = WEIR_HELD_taken});
  run(lan_in, packet(tls4(2)).flags(syn).seq(1));
  EXPECT_EQ(poll(&ready, 1, 1000), 1);
  EXPECT_EQ(events().size(), 2U);
}

TEST_F(KernelControl, BeatAndRestAreSeenByThePrograms) {
  const std::uint32_t zero = 0;
  weir_heartbeat seen{};
  timespec now{};
  kernel().beat(true);
  clock_gettime(CLOCK_MONOTONIC, &now);
  ASSERT_EQ(bpf_map_lookup_elem(map("heartbeat"), &zero, &seen), 0);
  EXPECT_EQ(seen.overloaded, 1U);
  EXPECT_NEAR(static_cast<double>(seen.beat_ns) / 1e9, static_cast<double>(now.tv_sec) + now.tv_nsec / 1e9, 60);
  kernel().rest();
  ASSERT_EQ(bpf_map_lookup_elem(map("heartbeat"), &zero, &seen), 0);
  EXPECT_EQ(seen.beat_ns, 0U);
}

TEST_F(KernelControl, AttachAgainIsANoOpAndDetachLeavesNothing) {
  std::uint32_t flags = 0, ids[8] = {}, count = 8;
  ASSERT_TRUE(kernel().attach({.ifindex = ifindex(lan_in), .name = "lan0", .link_header = 14, .lan = true}));
  ASSERT_EQ(bpf_prog_query(ifindex(lan_in), static_cast<bpf_attach_type>(46), 0, &flags, ids, &count), 0);
  EXPECT_EQ(count, 1U);
  const auto missing = kernel().attach({.ifindex = 9999, .name = "gone0", .link_header = 14, .lan = true});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().what.find("gone0"), std::string::npos);
  const int absent = 9999;
  weir_link link;
  EXPECT_NE(bpf_map_lookup_elem(map("links"), &absent, &link), 0);
}

TEST_F(KernelControl, ProbeFindsWhatThisKernelOffers) {
  const auto features = steer::probe();
  EXPECT_TRUE(features.bpf) << features.obstacle;
  EXPECT_EQ(features.tcx, kernel().tcx());
  EXPECT_EQ(features.takeover, kernel().takeover());
}

}  // namespace
}  // namespace weir::test
