// One policy, three readers: the rules as written (oracle.h), the evaluator, and the kernel's tables (plan_lookup.h)
// must say the same of every flow.

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "oracle.h"
#include "plan_lookup.h"
#include "random_policy.h"

namespace weir::policy {
namespace {

std::uint8_t cell(const Snapshot& policy, const Verdict& verdict) {
  if (!verdict.decided || !policy.dial(verdict).empty()) return WEIR_CELL_escalate;
  return verdict.action <= Action::pass ? WEIR_CELL_pass : WEIR_CELL_block;
}

void expect_same(const Verdict& a, const Verdict& b, const char* stage) {
  EXPECT_EQ(a.decided, b.decided) << stage;
  EXPECT_EQ(a.action, b.action) << stage;
  EXPECT_EQ(a.rule, b.rule) << stage;
  EXPECT_EQ(a.unseen, b.unseen) << stage;
  EXPECT_EQ(a.shadow, b.shadow) << stage;
}

class Readers {
 public:
  Readers(random::Policy policy)
      : policy_(std::move(policy)),
        oracle_(policy_.config, policy_.lists, policy_.moment, policy_.devices),
        snapshot_(Snapshot::build(policy_.config, policy_.lists, 1, policy_.moment,
                                  std::make_shared<clients::Devices>(policy_.devices))),
        hash_(NameHasher::random()),
        plan_(snapshot_->plan(hash_)),
        kernel_(plan_, hash_) {
    EXPECT_TRUE(plan_.over_limit.empty());
  }

  void agree_on(const random::Flow& flow) const {
    const Facts facts{.client = flow.client, .dest = flow.dest, .port = flow.port, .name = flow.name, .mac = flow.mac};
    const Verdict at_syn = snapshot_->evaluate(Stage::syn, facts), at_hello = snapshot_->evaluate(Stage::hello, facts);
    expect_same(at_syn, oracle_.evaluate(Stage::syn, facts), "at SYN");
    expect_same(at_hello, oracle_.evaluate(Stage::hello, facts), "at the hello");
    EXPECT_TRUE(at_hello.decided);
    EXPECT_TRUE(!at_syn.decided || at_syn.action == at_hello.action) << "a name must not change what was decided";
    EXPECT_TRUE(!at_syn.decided || snapshot_->dial(at_syn) == snapshot_->dial(at_hello)) << "nor where it leads";
    EXPECT_TRUE(!at_syn.decided || at_syn.shadow == at_hello.shadow) << "nor what is counted";

    const Allowance allowance = snapshot_->allowance(flow.client, flow.mac), allowed = oracle_.allowance(facts);
    EXPECT_EQ(allowance.connections, allowed.connections);
    EXPECT_EQ(allowance.arrivals.count, allowed.arrivals.count);

    const auto tcp = kernel_.at_syn(flow.client, flow.dest, flow.port, IPPROTO_TCP, flow.mac);
    EXPECT_EQ(snapshot_->exempt(flow.client, flow.dest), oracle_.exempt(facts));
    EXPECT_EQ(tcp.exempt, oracle_.exempt(facts));
    if (tcp.exempt) return;
    const weir_limit limit = kernel_.limit(flow.client, flow.mac);
    EXPECT_EQ(limit.connections, allowed.connections);
    const std::uint32_t count = allowed.arrivals.count;
    EXPECT_EQ(limit.interval_ns, count > 0 ? 1'000'000'000 / count : 0);
    if (flow.port == 80 || flow.port == 8080) {
      const bool served = at_syn.decided && at_syn.action == Action::allow;
      EXPECT_EQ(tcp.values.at_syn, served ? WEIR_CELL_escalate : cell(*snapshot_, at_syn));
      return;
    }
    const auto udp = kernel_.at_syn(flow.client, flow.dest, flow.port, IPPROTO_UDP, flow.mac);
    const bool led = at_syn.decided && !snapshot_->dial(at_syn).empty();
    EXPECT_EQ(tcp.values.at_syn, cell(*snapshot_, at_syn));
    EXPECT_EQ(udp.values.at_syn, led ? WEIR_CELL_block : cell(*snapshot_, at_syn)) << "QUIC cannot be led elsewhere";
    EXPECT_EQ(tcp.values.rule, at_syn.decided ? at_syn.rule + 1 : 0);
    EXPECT_EQ(kernel_.at_hello(tcp, flow.name), cell(*snapshot_, at_hello));
  }

 private:
  random::Policy policy_;
  Oracle oracle_;
  std::shared_ptr<const Snapshot> snapshot_;
  NameHasher hash_;
  KernelPlan plan_;
  PlanLookup kernel_;
};

void agree_for(std::uint64_t seed, unsigned rules, bool narrow, int flows) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  random::Source source(seed);
  const Readers readers(source.policy(rules, narrow));
  for (int n = 0; n < flows; ++n) {
    const random::Flow flow = source.flow();
    SCOPED_TRACE(flow.client.to_string() + ' ' + (flow.mac ? flow.mac->to_string() : "-") + " to " +
                 flow.dest.to_string() + ' ' + std::to_string(flow.port) + ' ' + flow.name);
    readers.agree_on(flow);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Equality, HoldsForRandomPoliciesAndFlows) {
  for (std::uint64_t seed = 1; seed <= 2000 && !HasFailure(); ++seed) agree_for(seed, 8, false, 100);
}

// More than 64 rules: sets of rules span several words.
TEST(Equality, HoldsForLongPolicies) {
  for (std::uint64_t seed = 1; seed <= 100 && !HasFailure(); ++seed) agree_for(seed, 300, true, 300);
}

}  // namespace
}  // namespace weir::policy
