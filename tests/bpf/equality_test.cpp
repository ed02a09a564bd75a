// Random policies, committed, and random flows, run through the programs: the kernel must come to the evaluator's
// verdict.
#include "../unit/policy/random_policy.h"
#include "lab.h"

namespace weir::test {
namespace {

class Equality : public Lab {
 protected:
  void SetUp() override {
    Lab::SetUp();
    changed_ = settings();
    changed_.closed = true;  // a takeover that TEST_RUN refuses then leaves its cell behind
    changed_.http = {80, 8080};
    changed_.tls = {443, 8443};
    ASSERT_TRUE(kernel().apply(changed_));
    ASSERT_TRUE(kernel().set_local({}));
  }
  void TearDown() override {
    ASSERT_TRUE(kernel().set_local(
        {*Address::parse("10.1.0.1"), *Address::parse("10.2.0.1"), *Address::parse("2001:db8:1::1")}));
  }

  void expect_same(const policy::Snapshot& snapshot, const policy::random::Flow& random, std::uint16_t port) {
    const Flow flow{{random.client, port}, {random.dest, random.port}};
    const policy::Facts facts{
        .client = random.client, .dest = random.dest, .port = random.port, .name = random.name, .mac = random.mac};
    const Mac mac = random.mac.value_or(Mac{{2, 0, 0, 0, 0, 1}});  // which no rule knows
    SCOPED_TRACE(flow.client.to_string() + ' ' + mac.to_string() + " to " + flow.origin.to_string() + " named " +
                 random.name);
    const auto at_syn = snapshot.evaluate(Stage::syn, facts), at_hello = snapshot.evaluate(Stage::hello, facts);
    const bool http = random.port == 80 || random.port == 8080;

    const Reasons opened =
        run(lan_in, packet(flow).from_mac(mac).flags(syn).seq(1000).options(usual_options(1, 0))).counted;
    if (snapshot.exempt(random.client, random.dest)) {
      EXPECT_EQ(opened, Reasons{WEIR_WIRE_exempt});
      return;
    }
    const bool led = at_syn.decided && !snapshot.dial(at_syn).empty();
    const bool stays =
        at_syn.decided && !led && (at_syn.action == Action::pass || (at_syn.action == Action::allow && !http));
    const Reasons steered{WEIR_WIRE_assign_failed, WEIR_WIRE_refused_closed};
    if (stays) {
      EXPECT_EQ(opened, Reasons{WEIR_WIRE_passed_syn});
      return;
    }
    if (http || (at_syn.decided && !led)) {
      EXPECT_EQ(opened, steered);
      return;
    }
    EXPECT_EQ(opened, Reasons{WEIR_WIRE_watched});
    auto watched = *kernel().held(flow);  // thousands of SYN-ACKs would take minutes on the wire
    watched.state = WEIR_HELD_synack;
    watched.origin.mss = 1460;
    put_held(flow, watched);
    const auto named = random.name.empty() ? ClientHello().extension(43, {2, 3, 4}).record() : hello(random.name);
    const Reasons judged = run(lan_in, packet(flow).from_mac(mac).seq(1001).acks(5001).payload(named)).counted;
    ASSERT_TRUE(at_hello.decided);
    const bool elsewhere = !snapshot.dial(at_hello).empty();
    if (!refuses(at_hello.action) && !elsewhere) {
      EXPECT_EQ(judged, Reasons{WEIR_WIRE_passed_hello});
    } else {
      EXPECT_EQ(judged, (Reasons{WEIR_WIRE_takeover_failed, WEIR_WIRE_refused_closed}));
      ASSERT_TRUE(kernel().held(flow));
      EXPECT_EQ(kernel().held(flow)->cell, elsewhere ? WEIR_CELL_escalate : WEIR_CELL_block);
    }
  }

  void agree_for(std::uint64_t seed, unsigned rules, int flows) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    policy::random::Source source(seed);
    auto drawn = source.policy(rules);
    const auto snapshot = policy::Snapshot::build(drawn.config, drawn.lists, static_cast<std::uint32_t>(seed),
                                                  drawn.moment, std::make_shared<clients::Devices>(drawn.devices));
    const auto tables = snapshot->plan(hasher());
    ASSERT_TRUE(tables.over_limit.empty());
    ASSERT_TRUE(kernel().commit(tables));
    for (int n = 0; n < flows && !HasFailure(); ++n) {
      const auto flow = source.flow();
      if (flow.client.is_v4() != flow.dest.is_v4()) continue;  // no packet has one address of each family
      expect_same(*snapshot, flow, static_cast<std::uint16_t>(1 + n));
      const Flow done{{flow.client, static_cast<std::uint16_t>(1 + n)}, {flow.dest, flow.port}};
      if (const auto held = kernel().held(done)) kernel().forget(done, held->id);
    }
    events();
  }

  steer::Settings changed_;
};

TEST_F(Equality, HoldsForRandomPoliciesAndFlows) {
  for (std::uint64_t seed = 1; seed <= 200 && !HasFailure(); ++seed) {
    clear_flows();
    agree_for(seed, 8, 100);
  }
}

TEST_F(Equality, HoldsForLongPolicies) {
  for (std::uint64_t seed = 1001; seed <= 1010 && !HasFailure(); ++seed) {
    clear_flows();
    agree_for(seed, 200, 200);
  }
}

}  // namespace
}  // namespace weir::test
