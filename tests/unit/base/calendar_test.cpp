#include "base/calendar.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace weir {
namespace {

using namespace std::chrono;

Wall wall(std::string_view text) { return parse_wall(text).value(); }
Hours hours(std::string_view text) { return parse_hours(text).value(); }

// 2026-01-02 is a Friday.
TEST(Hours, HoldFromTheirFirstMinuteAndUpToTheirLast) {
  const Hours homework = hours("Mon-Fri 15:00-18:00");
  EXPECT_FALSE(homework.hold(wall("2026-01-02 14:59")));
  EXPECT_TRUE(homework.hold(wall("2026-01-02 15:00")));
  EXPECT_TRUE(homework.hold(wall("2026-01-02 17:59") + 59s));
  EXPECT_FALSE(homework.hold(wall("2026-01-02 18:00")));
  EXPECT_FALSE(homework.hold(wall("2026-01-03 16:00"))) << "a Saturday";
}

TEST(Hours, ThatCrossMidnightBelongToTheDayOnWhichTheyBegin) {
  const Hours night = hours("Sun-Thu 21:00-06:30");
  EXPECT_TRUE(night.hold(wall("2026-01-01 21:00"))) << "a Thursday";
  EXPECT_TRUE(night.hold(wall("2026-01-02 06:29")));
  EXPECT_FALSE(night.hold(wall("2026-01-02 06:30")));
  EXPECT_FALSE(night.hold(wall("2026-01-02 21:00"))) << "a Friday";
  EXPECT_FALSE(night.hold(wall("2026-01-03 03:00"))) << "of Friday's night";
  EXPECT_TRUE(night.hold(wall("2026-01-04 23:00"))) << "a Sunday";
}

TEST(Hours, OfADateHoldOnThatDayAlone) {
  const Hours exam = hours("2025-06-10 08:00-12:00");
  EXPECT_TRUE(exam.hold(wall("2025-06-10 08:00")));
  EXPECT_FALSE(exam.hold(wall("2025-06-11 08:00")));
  EXPECT_TRUE(hours("2025-12-31 22:00-02:00").hold(wall("2026-01-01 01:59")));
  EXPECT_TRUE(hours("2025-06-10").hold(wall("2025-06-10 00:00")));
  EXPECT_TRUE(hours("2025-06-10").hold(wall("2025-06-10 23:59")));
  EXPECT_FALSE(hours("2025-06-10").hold(wall("2025-06-11 00:00")));
}

TEST(Hours, AreReadAsPeopleWriteThem) {
  EXPECT_EQ(hours("sat,SUN").days, 0b1000001);
  EXPECT_EQ(hours("Fri-Mon").days, 0b1100011);
  EXPECT_EQ(hours("Mon-Wed,Sat").days, 0b1001110);
  EXPECT_EQ(hours("7:30-24:00"), hours("Mon-Sun 07:30-24:00"));
  for (const char* written : {"Mon-Fri 15:00-18:00", "Sat,Sun", "22:00-06:00", "2025-06-10", "2024-02-29 08:00-12:00",
                              "Mon-Wed,Sat,Sun 00:00-00:01", "Thu 23:59-00:00"}) {
    EXPECT_EQ(hours_text(hours(written)), written);
  }
}

TEST(Hours, AreRefusedWhereTheyCouldMeanSomethingElse) {
  for (const char* wrong : {"",
                            " ",
                            "Mon-",
                            "Mon,",
                            ",Mon",
                            "Monday",
                            "Mon - Fri",
                            "Mon-Fri 15-18",
                            "15:00",
                            "15:00-",
                            "15:00-15:00",
                            "24:00-06:00",
                            "25:00-26:00",
                            "08:60-09:00",
                            "8:0-9:00",
                            "008:00-09:00",
                            "-1:00-02:00",
                            "2025-02-29",
                            "2025-13-01",
                            "25-06-10",
                            "2025-06-10-11",
                            "2025-6-10",
                            "15:00-18:00 Mon",
                            "Mon 15:00-18:00 x",
                            "Mon Tue"}) {
    EXPECT_FALSE(parse_hours(wrong)) << wrong;
  }
  EXPECT_FALSE(parse_wall("2026-01-02"));
  EXPECT_FALSE(parse_wall("2026-01-02 24:00"));
  EXPECT_EQ(wall_text(wall("2026-01-02 15:30")), "Fri 2026-01-02 15:30");
}

/// The C library's zone for one test.
class Turns : public testing::TestWithParam<const char*> {
 protected:
  static void live_in(const char* zone) {
    setenv("TZ", (std::string(":") + zone).c_str(), 1);
    tzset();
    ASSERT_NE(at(sys_days(2026y / July / 1)), Wall(sys_days(2026y / July / 1).time_since_epoch())) << "no tzdata";
  }
  void TearDown() override {
    unsetenv("TZ");
    tzset();
  }
  static Wall at(sys_seconds moment) {
    const std::time_t seconds = moment.time_since_epoch().count();
    std::tm local{};
    localtime_r(&seconds, &local);
    return Wall(moment.time_since_epoch() + std::chrono::seconds(local.tm_gmtoff));
  }
  /// The minutes from midnight UTC on at which `what` begins (+) or ends (-) to hold.
  static std::string changes(const Hours& what, sys_days from, int days) {
    std::string found;
    const sys_seconds end = from + std::chrono::days(days);
    bool before = what.hold(at(from));
    for (sys_seconds t = next_turn({what}, from, at); t < end; t = next_turn({what}, t, at)) {
      const bool now = what.hold(at(t));
      if (now == before) continue;
      const auto minute = floor<minutes>(t - from);
      found += (found.empty() ? "" : " ") + std::string(now ? "+" : "-") + std::to_string(minute.count());
      before = now;
    }
    return found;
  }
  /// The same, by asking every minute.
  static std::string every_minute(const Hours& what, sys_days from, int days) {
    std::string found;
    bool before = what.hold(at(from));
    for (int minute = 1; minute < days * 1440; ++minute) {
      const bool now = what.hold(at(from + minutes(minute)));
      if (now != before) found += (found.empty() ? "" : " ") + std::string(now ? "+" : "-") + std::to_string(minute);
      before = now;
    }
    return found;
  }
};

// Put forward 02:00 to 03:00 at 01:00 UTC on 29 March 2026, put back 03:00 to 02:00 at 01:00 UTC on 25 October.
TEST_F(Turns, InBerlinFollowTheClockOnTheWall) {
  live_in("Europe/Berlin");
  EXPECT_EQ(changes(hours("02:00-03:00"), 2026y / March / 29, 1), "") << "the clock never shows it";
  EXPECT_EQ(changes(hours("02:30-04:00"), 2026y / March / 29, 1), "+60 -120") << "from 03:00";
  EXPECT_EQ(changes(hours("00:00-02:30"), 2026y / March / 29, 1), "-60 +1320");
  EXPECT_EQ(changes(hours("02:00-03:00"), 2026y / October / 25, 1), "-120") << "shown twice, without a gap";
  EXPECT_EQ(changes(hours("01:30-02:30"), 2026y / October / 25, 1), "-30 +60 -90") << "shown twice";
  EXPECT_EQ(changes(hours("Sun 21:00-06:30"), 2026y / October / 25, 2), "+1200 -1770");
}

// Half an hour: put back 02:00 to 01:30 at 15:00 UTC on 4 April 2026, put forward at 15:30 UTC on 3 October.
TEST_F(Turns, OnLordHoweIslandMoveByHalfAnHour) {
  live_in("Australia/Lord_Howe");
  EXPECT_EQ(changes(hours("01:30-02:00"), 2026y / April / 4, 1), "+870 -930") << "an hour of half hours";
  EXPECT_EQ(changes(hours("02:00-02:15"), 2026y / October / 3, 1), "") << "the clock never shows it";
}

INSTANTIATE_TEST_SUITE_P(Zones, Turns,
                         testing::Values("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
                                         "America/St_Johns", "Africa/Casablanca"));

TEST_P(Turns, AreThoseThatAskingEveryMinuteFinds) {
  live_in(GetParam());
  for (const char* written : {"Mon-Fri 15:00-18:00", "Sun-Thu 21:00-06:30", "01:00-02:00", "02:30-03:30", "Sat,Sun",
                              "2026-03-29 00:00-04:00", "2026-11-01", "23:59-00:01"}) {
    const Hours what = hours(written);
    for (const sys_days from : {sys_days(2026y / February / 10), sys_days(2026y / September / 20)}) {
      EXPECT_EQ(changes(what, from, 60), every_minute(what, from, 60)) << written;
    }
  }
}

}  // namespace
}  // namespace weir
