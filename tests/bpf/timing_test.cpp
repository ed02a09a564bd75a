// How long the handshake of a watched connection takes on either side, and on which side something was sent again.
#include <unistd.h>

#include "lab.h"

namespace weir::test {
namespace {

constexpr unsigned behind_us = 30'000, before_us = 10'000;

class Timing : public Lab {
 protected:
  Octets hello() const { return ClientHello("allowed.example").record(); }
  Packet syn_of(const Flow& flow) { return packet(flow).flags(syn).seq(1000).options(usual_options(100, 0)); }
  Packet synack_of(const Flow& flow) {
    return packet(flow).reply().flags(syn).seq(5000).acks(1001).options(usual_options(700, 100));
  }
  Packet ack_of(const Flow& flow) { return packet(flow).seq(1001).acks(5001).options(timestamps(101, 700)); }
  /// The one announcement of a flow that its hello lets pass.
  weir_event announced(const Flow& flow) {
    EXPECT_EQ(run(lan_in, first(flow, hello())).counted, Reasons{WEIR_WIRE_passed_hello});
    const auto heard = events();
    EXPECT_EQ(heard.size(), 1U);
    return heard.empty() ? weir_event{} : heard.front();
  }
};

TEST_F(Timing, IsToldOfEachSideInTheAnnouncement) {
  for (const Flow& flow : {tls4(), tls6()}) {
    run(lan_in, syn_of(flow));
    usleep(behind_us);
    reply(synack_of(flow));
    usleep(before_us);
    run(lan_in, ack_of(flow));
    const auto held = kernel().held(flow);
    ASSERT_TRUE(held);
    usleep(behind_us);  // a client that waits before it speaks is not far away
    const weir_event event = announced(flow);
    EXPECT_GE(event.origin_us, behind_us);
    EXPECT_GE(event.client_us, before_us);
    EXPECT_EQ(event.client_us, held->client_us) << "by its first answer";
    EXPECT_EQ(event.origin_us, (held->synack_ns - held->started_ns) / 1000);
    EXPECT_EQ(event.again, 0);
  }
}

TEST_F(Timing, OfAHelloThatAnswersTheSynAckItselfIsItsOwn) {
  begin(tls4());
  usleep(before_us);
  EXPECT_GE(announced(tls4()).client_us, before_us);
}

TEST_F(Timing, OfASynThatIsSentAgainCountsFromTheFirst) {
  run(lan_in, syn_of(tls4()));
  usleep(behind_us);
  EXPECT_EQ(run(lan_in, syn_of(tls4())).counted, Reasons{WEIR_WIRE_watched});
  reply(synack_of(tls4()));
  const weir_event event = announced(tls4());
  EXPECT_GE(event.origin_us, behind_us);
  EXPECT_EQ(event.again, WEIR_AGAIN_origin) << "it was lost behind the gateway";
}

// RFC 6298 §5.7: who gets no answer to its SYN-ACK, or to its SYN, sends it again.
TEST_F(Timing, NamesTheClientsSideForWhatIsSentAgainAfterTheSynAck) {
  begin(tls4());
  reply(synack_of(tls4()));
  EXPECT_EQ(announced(tls4()).again, WEIR_AGAIN_client) << "the origin's SYN-ACK";

  begin(tls4(40001));
  run(lan_in, syn_of(tls4(40001)));
  EXPECT_EQ(announced(tls4(40001)).again, WEIR_AGAIN_client) << "the client's SYN";
}

TEST_F(Timing, NamesTheOriginsSideForASynAckAfterTheClientsAnswer) {
  begin(tls4());
  run(lan_in, ack_of(tls4()));
  reply(synack_of(tls4()));
  EXPECT_EQ(announced(tls4()).again, WEIR_AGAIN_origin);
}

TEST_F(Timing, IsNotKnownOfAFlowThatItsSynLetsPass) {
  const Flow to = flow("10.1.0.2", 40000, "10.3.0.2", 443);
  run(lan_in, syn_of(to));
  const auto heard = events();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].origin_us, 0U);
  EXPECT_EQ(heard[0].client_us, 0U);
  EXPECT_EQ(heard[0].again, 0);
}

}  // namespace
}  // namespace weir::test
