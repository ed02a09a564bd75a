// Ways to have one thing judged here and another read by the origin: each is a trick that clients know.
#include "lab.h"

namespace weir::test {
namespace {

class Evasion : public Lab {
 protected:
  /// After whatever a test did: the blocked hello in the place of the first bytes must not reach the origin.
  void expect_blocked(const Flow& flow) {
    closed();
    const Outcome outcome = run(lan_in, first(flow, hello("blocked.example")));
    EXPECT_EQ(outcome.verdict, dropped) << outcome;
  }
  const Outcome out_of_order{dropped, 0, {WEIR_WIRE_out_of_order}}, watched{next, 0, {WEIR_WIRE_watched}};
};

TEST_F(Evasion, ByAResetThatTheOriginDoesNotAccept) {
  begin(tls4());
  EXPECT_EQ(run(lan_in, packet(tls4()).flags(rst).seq(1001)), watched);
  expect_blocked(tls4());
}

// RFC 9293 §3.10.7.4: before it is established, an unacceptable ACK is answered with a reset and changes nothing.
TEST_F(Evasion, ByAResetOfTheOriginThatEndsNothing) {
  begin(tls4());
  reply(packet(tls4()).reply().flags(rst).seq(77));
  EXPECT_TRUE(kernel().held(tls4()));
  expect_blocked(tls4());
}

TEST_F(Evasion, NotTheRefusalOfAnOriginWhichEndsTheFlow) {
  run(lan_in, packet(tls4()).flags(syn).seq(1000));
  reply(packet(tls4()).reply().flags(rst).seq(0).acks(1001));
  EXPECT_FALSE(kernel().held(tls4()));
  begin(tls4());
  reply(packet(tls4()).reply().flags(rst).seq(5001));
  EXPECT_FALSE(kernel().held(tls4()));
}

TEST_F(Evasion, BySendingTheSynAgain) {
  begin(tls4());
  EXPECT_EQ(run(lan_in, packet(tls4()).flags(syn).seq(1000)), watched);
  expect_blocked(tls4());
}

TEST_F(Evasion, ByASynThatMovesTheSequenceNumbers) {
  for (std::uint32_t isn : {999U, 0U, 90000U, 0x80001000U}) {
    begin(tls4());
    run(lan_in, packet(tls4()).flags(syn).seq(isn));
    EXPECT_EQ(run(lan_in, first(tls4(), hello("blocked.example"))), out_of_order) << isn;
    SetUp();
  }
}

TEST_F(Evasion, ByBytesBeforeTheOriginsAnswer) {
  run(lan_in, packet(tls4()).flags(syn).seq(1000));
  EXPECT_EQ(run(lan_in, first(tls4(), hello("blocked.example"))), out_of_order);
  EXPECT_TRUE(kernel().held(tls4()));
  EXPECT_EQ(run(lan_in, first(tls4(), Octets{22})), out_of_order);
}

TEST_F(Evasion, ByASynAckForAnotherSyn) {
  run(lan_in, packet(tls4()).flags(syn).seq(1000));
  reply(packet(tls4()).reply().flags(syn).seq(5000).acks(90001));
  EXPECT_EQ(kernel().held(tls4())->state, WEIR_HELD_syn);
}

TEST_F(Evasion, ByAGapBeforeTheBytesThatMatter) {
  begin(tls4());
  const Octets whole = hello("blocked.example");
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(1002).acks(5001).payload(Octets(whole.begin() + 1, whole.end()))),
            out_of_order);
  expect_blocked(tls4());
}

TEST_F(Evasion, ByOverlappingTheFirstByteFromBefore) {
  begin(tls4());
  Octets shifted{0};
  put(shifted, hello("allowed.example"));
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(1000).acks(5001).payload(shifted)), out_of_order);
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(1000).acks(5001).payload("k")), watched) << "a keep-alive probe";
  expect_blocked(tls4());
}

TEST_F(Evasion, AroundTheEndOfTheSequenceSpace) {
  ASSERT_EQ(run(lan_in, packet(tls4()).flags(syn).seq(0xffffffff).options(usual_options(1, 0))), watched);
  reply(packet(tls4()).reply().flags(syn).seq(5000).acks(0).options(usual_options(1, 1)));
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(1).acks(5001).payload("x")), out_of_order);
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(0xffffffff).acks(5001).payload("k")), watched);
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(0).acks(5001).payload(hello("allowed.example"))).counted,
            Reasons{WEIR_WIRE_passed_hello});
}

// RFC 6093 §3.1: the urgent byte is taken out of the stream that the origin reads.
TEST_F(Evasion, ByAnUrgentByte) {
  begin(tls4());
  closed();
  EXPECT_EQ(run(lan_in, first(tls4(), hello("allowed.example")).urgent(60)),
            (Outcome{dropped, 0, {WEIR_WIRE_takeover_failed, WEIR_WIRE_refused_closed}}));
}

TEST_F(Evasion, ByADecoyHelloThatTheOriginNeverGets) {
  begin(tls4());
  ASSERT_EQ(run(lan_in, first(tls4(), hello("allowed.example")).bad_checksum()).counted,
            Reasons{WEIR_WIRE_passed_hello});
  expect_blocked(tls4());
}

TEST_F(Evasion, ByADecoyBeforeTheOriginsAnswer) {
  run(lan_in, packet(tls4()).flags(syn).seq(1000));
  run(lan_in, first(tls4(), hello("allowed.example")));
  EXPECT_EQ(run(lan_in, first(tls4(), hello("blocked.example"))), out_of_order);
  reply(packet(tls4()).reply().flags(syn).seq(5000).acks(1001).options(usual_options(700, 100)));
  expect_blocked(tls4());
}

TEST_F(Evasion, ByOtherBytesWithinADecoy) {
  begin(tls4());
  const Octets decoy = hello("allowed.example");
  run(lan_in, first(tls4(), decoy));
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(1050).acks(5001).payload("x")), out_of_order);
  EXPECT_EQ(run(lan_in, first(tls4(), ClientHello("allowed.example").padded_to(decoy.size() + 50).record())),
            out_of_order);
  EXPECT_EQ(run(lan_in, first(tls4(), decoy)).counted, Reasons{WEIR_WIRE_passed_packet}) << "sent again as it was";
  const auto behind = static_cast<std::uint32_t>(1001 + decoy.size());
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(behind).acks(5001).payload("x")).counted, Reasons{WEIR_WIRE_passed_packet});
  expect_blocked(tls4());
}

TEST_F(Evasion, EndsWhenTheOriginAcknowledgesTheHello) {
  begin(tls4());
  run(lan_in, first(tls4(), hello("allowed.example")));
  reply(packet(tls4()).reply().seq(5001).acks(1001));
  EXPECT_TRUE(kernel().held(tls4())) << "an old acknowledgement tells nothing";
  reply(packet(tls4()).reply().seq(5001).acks(1101));
  EXPECT_FALSE(kernel().held(tls4()));
  EXPECT_EQ(kernel().passed(tls4())->state, 0);
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(1001).acks(5001).payload("anything")).counted,
            Reasons{WEIR_WIRE_passed_packet});
}

TEST_F(Evasion, ByHidingTheSynInFragmentsOnAPassedFlow) {
  put_passed(tls4(), {.bytes_up = 5, .state = 0});
  const auto opening = [] { return packet(tls4()).flags(syn).seq(7).options(usual_options(1, 0)); };
  const Outcome marked{next, fragmented, {WEIR_WIRE_fragment}};
  EXPECT_EQ(run(lan_in, opening().fragment(0, 8, true)), marked) << "the flags are not in this one";
  EXPECT_EQ(run(lan_in, opening().fragment(0, 8, true).trailer(Octets(18, 0x50))), marked) << "padding is no header";
  EXPECT_EQ(run(lan_in, opening().fragment(0, 24, true)), marked) << "a SYN";
  EXPECT_EQ(run(lan_in, packet(tls4()).seq(7).acks(8).payload(Octets(64, 1)).fragment(0, 48, true)),
            (Outcome{next, fragmented | passed_mark, {WEIR_WIRE_fragment}}));
}

TEST_F(Evasion, ByFragmentsOfAFlowNotYetJudgedAreMarkedForNft) {
  begin(tls4());
  begin(tls6());
  for (const Flow& flow : {tls4(), tls6()}) {
    const auto data = [&] { return first(flow, hello("blocked.example")); };
    EXPECT_EQ(run(lan_in, data().fragment(0, 40, true)), (Outcome{next, fragmented, {WEIR_WIRE_fragment_refused}}));
    EXPECT_EQ(run(lan_in, data().fragment(40, 40, false)), (Outcome{next, fragmented, {WEIR_WIRE_fragment}}));
  }
  EXPECT_EQ(run(wan_in, packet(tls4()).reply().seq(5001).acks(1).payload(Octets(64, 1)).fragment(0, 48, true)).mark,
            fragmented);
}

TEST_F(Evasion, ByFragmentsWithoutADaemonAreLeftAlone) {
  kernel().rest();
  EXPECT_EQ(run_as_is(lan_in, first(tls4(), Octets(64, 1)).fragment(0, 48, true).frame()),
            (Outcome{next, 0, {WEIR_WIRE_not_ours}}));
}

// RFC 7112: all headers belong into the first fragment.
TEST_F(Evasion, ByAnIpv6FirstFragmentWithoutPorts) {
  Octets frame = packet(tls6()).flags(syn).seq(7).fragment(0, 16, true).frame();
  frame[14 + 40] = IPPROTO_DSTOPTS;  // what the fragment header says comes next
  frame[14 + 48] = IPPROTO_TCP;
  frame[14 + 49] = 1;  // 16 bytes: TCP begins in the next fragment
  EXPECT_EQ(run(lan_in, frame), (Outcome{next, fragmented, {WEIR_WIRE_malformed}}));
}

TEST_F(Evasion, ByAChainOfIpv6ExtensionHeaders) {
  auto opening = packet(tls6()).flags(syn).seq(1000).options(usual_options(1, 0));
  for (int i = 0; i < 6; ++i) opening.extension(IPPROTO_DSTOPTS);
  EXPECT_EQ(run(lan_in, opening), watched);
  EXPECT_EQ(run(lan_in, opening.extension(IPPROTO_DSTOPTS)), (Outcome{next, fragmented, {WEIR_WIRE_fragment}}));
}

TEST_F(Evasion, ByALengthThatTheKernelTrims) {
  begin(tls6());
  EXPECT_EQ(run(lan_in, first(tls6(), hello("allowed.example")).claims(0)), (Outcome{next, 0, {WEIR_WIRE_malformed}}));
  EXPECT_FALSE(kernel().passed(tls6()));
}

// BIG TCP: an aggregate beyond 64 KiB has no length in its header; the frame's counts.
TEST_F(Evasion, NotTheLengthOfAnAggregate) {
  begin(tls4());
  EXPECT_EQ(run(lan_in, first(tls4(), hello("allowed.example")).claims(0), 1400).counted,
            Reasons{WEIR_WIRE_passed_hello});
}

}  // namespace
}  // namespace weir::test
