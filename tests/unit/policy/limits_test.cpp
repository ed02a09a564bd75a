// How much a client may have: of each kind the first limit that matches it.
#include <gtest/gtest.h>

#include "written.h"

namespace weir::policy {
namespace {

constexpr std::string_view house = R"(
  [[group]]
  name = "kids"
  clients = ["192.168.1.64/26", "02:00:5e:10:00:01"]
  [[limit]]
  name = "kids"
  client = ["@kids"]
  connections = 20
  [[limit]]
  name = "all-but-the-server"
  client = ["!192.168.1.2"]
  new = "300/s"
  connections = 500
  [[rule]]
  host = [".ads.example"]
  action = "block"
)";
const Mac tablet = *Mac::parse("02:00:5e:10:00:01");

Allowance of(const Snapshot& policy, std::string_view client, const std::optional<Mac>& mac = {}) {
  return policy.allowance(*Address::parse(client), mac);
}

TEST(ClientLimits, OfEachKindTheFirstThatMatchesHolds) {
  const auto policy = written(house);
  EXPECT_EQ(of(*policy, "192.168.1.70").connections, 20U);
  EXPECT_EQ(of(*policy, "192.168.1.70").arrivals.count, 300U) << "the first says nothing of these";
  EXPECT_EQ(of(*policy, "192.168.1.7").connections, 500U);
  EXPECT_EQ(of(*policy, "2001:db8::1", tablet).connections, 20U);
  EXPECT_EQ(of(*policy, "192.168.1.2").connections, 0U);
  EXPECT_EQ(of(*policy, "192.168.1.2").arrivals.count, 0U);
}

TEST(ClientLimits, DoNotHoldForWhoeverOnlyObserves) {
  EXPECT_EQ(of(*written(house, "observe = true"), "192.168.1.70").connections, 0U);
  for (const weir_limit& limit : written(house, "observe = true")->plan(NameHasher::random()).limits) {
    EXPECT_EQ(limit.connections + limit.interval_ns, 0U);
  }
}

TEST(ClientLimits, OfTheKernelAreABurstOfACountAndThenOneWithEachInterval) {
  const KernelPlan plan = written(R"(
    [[limit]]
    name = "slow"
    new = "20/m"
  )")
                              ->plan(NameHasher::random());
  ASSERT_EQ(plan.limits.size(), 1U);
  EXPECT_EQ(plan.limits[0].interval_ns, 3'000'000'000U);
  EXPECT_EQ(plan.limits[0].slack_ns, 57'000'000'000U);
  EXPECT_EQ(plan.limits[0].connections, 0U);
}

}  // namespace
}  // namespace weir::policy
