#include <gtest/gtest.h>

#include "written.h"

namespace weir::policy {
namespace {

constexpr std::string_view school = R"(
  [[group]]
  name = "pupils"
  clients = ["10.20.0.0/16"]
  on_failure = "closed"
  [[group]]
  name = "staff"
  clients = ["10.20.64.0/18"]
  on_failure = "open"
  [[group]]
  name = "room"
  clients = ["10.20.12.0/24"]
  [[rule]]
  client = ["@room"]
  action = "block"
)";

TEST(Failures, AreOfTheGroupsThatSaySo) {
  const auto policy = written(school);
  const Failures expected = {.prefixes = {{*Prefix::parse("10.20.0.0/16"), OnFailure::closed},
                                          {*Prefix::parse("10.20.64.0/18"), OnFailure::open}}};
  EXPECT_EQ(failures(policy->config(), {}), expected);
  EXPECT_TRUE(guarded(policy->config(), {}));
  EXPECT_EQ(failure(policy->config()), OnFailure::open);
  const KernelPlan plan = policy->plan(NameHasher::random());
  const std::vector<std::pair<Prefix, std::uint16_t>> tables = {{expected.prefixes[0].first, 1},
                                                                {expected.prefixes[1].first, 0}};
  EXPECT_EQ(plan.failures, tables);
}

TEST(Failures, GuardNobodyWhereAllAreOpen) {
  EXPECT_FALSE(guarded(written("")->config(), {}));
  EXPECT_TRUE(guarded(written("", "on_failure = \"closed\"")->config(), {}));
}

TEST(Failures, OfAnObserverRefuseNobody) {
  const auto policy = written(school, "observe = true\non_failure = \"closed\"");
  EXPECT_EQ(failures(policy->config(), {}), Failures{});
  EXPECT_FALSE(guarded(policy->config(), {}));
  EXPECT_EQ(failure(policy->config()), OnFailure::open);
}

TEST(Failures, OfADeviceFollowItsNameAndItsHardwareAddress) {
  const auto policy = written(R"(
    [[group]]
    name = "kids"
    clients = ["02:00:5e:10:00:01", "tablet"]
    on_failure = "closed"
  )");
  const clients::Devices devices = {
      {"tablet", {.addresses = {*Address::parse("10.0.0.7")}, .macs = {*Mac::parse("02:00:5e:10:00:02")}}}};
  const Failures expected = {.prefixes = {{*Prefix::parse("10.0.0.7"), OnFailure::closed}},
                             .macs = {{*Mac::parse("02:00:5e:10:00:01"), OnFailure::closed},
                                      {*Mac::parse("02:00:5e:10:00:02"), OnFailure::closed}}};
  EXPECT_EQ(failures(policy->config(), devices), expected);
  EXPECT_TRUE(guarded(policy->config(), {}));
  const auto known = policy->with(std::make_shared<clients::Devices>(devices), {}, 2);
  for (const auto& [mac, device] : known->plan(NameHasher::random()).macs) {
    EXPECT_EQ(device.on_failure, WEIR_FAILURE_closed);
  }
}

}  // namespace
}  // namespace weir::policy
