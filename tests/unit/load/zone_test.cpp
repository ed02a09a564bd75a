#include "load/zone.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace weir::load {
namespace {

using namespace std::chrono;

class Zones : public testing::Test {
 protected:
  void TearDown() override {
    unsetenv("TZ");
    enter_zone("");
  }
};

TEST_F(Zones, TheClockShowsTheZonesTime) {
  enter_zone("Australia/Lord_Howe");
  EXPECT_EQ(wall_text(wall_at(sys_days(2026y / June / 1))), "Mon 2026-06-01 10:30");
  EXPECT_EQ(wall_text(wall_at(sys_days(2026y / January / 1))), "Thu 2026-01-01 11:00");
}

// A gateway whose battery is empty wakes up in 1970 or 2000.
TEST_F(Zones, AClockThatWasNeverSetShowsNothing) {
  enter_zone("America/New_York");
  EXPECT_FALSE(moment_of(WallTime{}));
  EXPECT_FALSE(moment_of(sys_days(2000y / January / 1)));
  EXPECT_EQ(moment_of(sys_days(2026y / January / 2)), parse_wall("2026-01-01 19:00"));
}

TEST_F(Zones, ExistOnlyBelowTheirFolder) {
  EXPECT_TRUE(is_zone("UTC"));
  EXPECT_FALSE(is_zone("../zoneinfo/UTC"));
  EXPECT_FALSE(is_zone("zone1970.tab"));
  EXPECT_EQ(nearest_zone("Europa/Berlin"), "Europe/Berlin");
  EXPECT_EQ(nearest_zone("middle of nowhere"), "");
}

}  // namespace
}  // namespace weir::load
