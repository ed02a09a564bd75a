#include "base/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(Units, ReadsDurations) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("30m"), 30min);
  EXPECT_EQ(parse_duration("12h"), 12h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(Units, RefusesDurationsThatSayLessThanTheyMean) {
  for (const char* bad : {"", "s", "90", "-5s", "+5s", "1.5h", "90 sec", "5S", "5ss", " 5s", "5s5m", "1w"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(Units, RefusesDurationsBeyondTheClock) {
  EXPECT_TRUE(parse_duration("106751d"));  // 2^63 ns is 106,751.99 days
  EXPECT_FALSE(parse_duration("106752d"));
  EXPECT_FALSE(parse_duration("99999999999999999999s"));
}

TEST(Units, ReadsSizes) {
  EXPECT_EQ(parse_size("100 B"), 100u);
  EXPECT_EQ(parse_size("512 KiB"), 512u << 10);
  EXPECT_EQ(parse_size("256MiB"), 256u << 20);
  EXPECT_EQ(parse_size("20GiB"), 20ULL << 30);
  EXPECT_EQ(parse_size("3 TiB"), 3ULL << 40);
}

TEST(Units, RefusesSizesInOtherUnits) {
  for (const char* bad : {"", "512", "1 GB", "1 kib", "1.5 GiB", "-1 B", "GiB", "1 GiB x"}) {
    EXPECT_FALSE(parse_size(bad)) << bad;
  }
  EXPECT_TRUE(parse_size("16383 PiB"));
  EXPECT_FALSE(parse_size("16384 PiB")) << "2^64";
}

TEST(Units, PrintsSizesWithThreeDigits) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(512), "512 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1024), "1 KiB");
  EXPECT_EQ(size_text(1'481'763'717), "1.38 GiB");
  EXPECT_EQ(size_text(20ULL << 30), "20 GiB");
  EXPECT_EQ(size_text(24'051'816'858), "22.4 GiB");
  EXPECT_EQ(size_text((1ULL << 20) - 1), "1 MiB") << "never 1024 KiB";
  EXPECT_EQ(size_text(std::numeric_limits<std::uint64_t>::max()), "16384 PiB") << "the last unit takes what is left";
}

TEST(Units, PrintsDurationsForPeople) {
  EXPECT_EQ(duration_text(0ns), "0 s");
  EXPECT_EQ(duration_text(4400ns), "4.4 us");
  EXPECT_EQ(duration_text(250ms), "250 ms");
  EXPECT_EQ(duration_text(999'600us), "1 s");
  EXPECT_EQ(duration_text(3100ms), "3.1 s");
  EXPECT_EQ(duration_text(59'990ms), "1 min");
  EXPECT_EQ(duration_text(90s), "1 min 30 s");
  EXPECT_EQ(duration_text(58min + 12s), "58 min");
  EXPECT_EQ(duration_text(4h + 6min), "4 h 6 min");
  EXPECT_EQ(duration_text(72h), "3 d");
  EXPECT_EQ(duration_text(24h * 41 + 5h), "41 d");
  EXPECT_EQ(duration_text(-90s), "-1 min 30 s");
  EXPECT_EQ(duration_text(Duration::min()), "-106751 d") << "the one value that has no positive twin";
}

TEST(Units, GroupsDigits) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(38204), "38,204");
  EXPECT_EQ(count_text(1'204'551), "1,204,551");
}

TEST(Rate, IsACountAndAPeriod) {
  for (const char* text : {"300/s", "20/m", "5/h"}) {
    ASSERT_TRUE(parse_rate(text)) << text;
    EXPECT_EQ(rate_text(*parse_rate(text)), text);
  }
  EXPECT_EQ(parse_rate("20/m")->count, 20U);
  EXPECT_EQ(parse_rate("20/m")->period, 1min);
  for (const char* bad :
       {"", "300", "/s", "0/s", "-1/s", "300/d", "300/ s", "300 /s", "300/s ", "1.5/s", "4294967296/s"}) {
    EXPECT_FALSE(parse_rate(bad)) << bad;
  }
}

}  // namespace
}  // namespace weir
