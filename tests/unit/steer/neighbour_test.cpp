#include "steer/neighbour.h"

#include <gtest/gtest.h>

#include "sandbox.h"

namespace weir::steer {
namespace {

class Neighbour : public testing::Test {
 protected:
  void SetUp() override {
    enter_fresh_namespace();
    sh("ip link add lan0 type veth peer name c0; ip link set c0 up; ip link set lan0 up");
    sh("ip addr add 10.71.0.1/24 dev lan0; ip addr add fd71::1/64 dev lan0 nodad");
  }

  static std::optional<Mac> of(const char* address) { return neighbour_of(*Address::parse(address)); }
};

TEST_F(Neighbour, IsTheDeviceBehindAnAddressOfEitherFamily) {
  sh("ip neigh add 10.71.0.2 lladdr 02:00:5e:10:00:01 dev lan0");
  sh("ip neigh add fd71::2 lladdr 02:00:5e:10:00:02 dev lan0");
  EXPECT_EQ(of("10.71.0.2"), Mac::parse("02:00:5e:10:00:01"));
  EXPECT_EQ(of("fd71::2"), Mac::parse("02:00:5e:10:00:02"));
}

TEST_F(Neighbour, IsTheRouterBeforeANetworkThatIsNotAttached) {
  sh("ip route add 10.99.0.0/16 via 10.71.0.2 && ip neigh add 10.71.0.2 lladdr 02:00:5e:10:00:01 dev lan0");
  EXPECT_EQ(of("10.99.1.1"), Mac::parse("02:00:5e:10:00:01"));
}

TEST_F(Neighbour, IsNobodyWhereNothingIsResolvedOrThereIsNoRoute) {
  EXPECT_FALSE(of("10.71.0.3"));
  EXPECT_FALSE(of("192.0.2.1"));
  EXPECT_FALSE(of("2001:db8::1"));
  EXPECT_FALSE(of("127.0.0.1"));
}

}  // namespace
}  // namespace weir::steer
