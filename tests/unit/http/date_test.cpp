// Dates, Cache-Control, entity tags and ranges: the pieces of a head that a cache reads.

#include "http/date.h"

#include <gtest/gtest.h>

#include "http/conditions.h"
#include "http/directives.h"

namespace weir::http {
namespace {

using namespace std::chrono_literals;

const WallTime now{std::chrono::sys_days(std::chrono::year(2025) / 3 / 10) + 11h};
const WallTime example{std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min + 37s};

Fields fields(std::initializer_list<std::pair<std::string_view, std::string_view>> lines) {
  Fields out;
  for (const auto& [name, value] : lines) out.add({name, value, name_of(name)});
  return out;
}

// RFC 9110 §5.6.7: the three forms of one second.
TEST(Date, IsReadInAllThreeForms) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", now), example);
  EXPECT_EQ(parse_date("SUN, 06 nov 1994 08:49:37 gmt", now), example);
  EXPECT_EQ(date_text(example), "Sun, 06 Nov 1994 08:49:37 GMT");
}

// RFC 9110 §5.6.7: two digits that seem more than 50 years ahead are in the past.
TEST(Date, OfTwoDigitsLiesWithinFiftyYears) {
  EXPECT_EQ(date_text(*parse_date("Thursday, 18-Aug-50 02:01:18 GMT", now)), "Thu, 18 Aug 2050 02:01:18 GMT");
  EXPECT_EQ(date_text(*parse_date("Tuesday, 18-Aug-76 02:01:18 GMT", now)), "Wed, 18 Aug 1976 02:01:18 GMT");
}

TEST(Date, ThatDeviatesIsNone) {
  for (const char* bad :
       {"", "0", "-1", "Thu, 18 Aug 2050 02:01:18 UTC", "Thu, 18 Aug 50 02:01:18 GMT", "Thu 18 Aug 2050 02:01:18 GMT",
        "Thu, 18  Aug  2050 02:01:18 GMT", "Thu, 18-Aug-2050 02:01:18 GMT", "Thu, 18 Aug 2050 02.01.18 GMT",
        "Thu, 18 Aug 2050 2:01:18 GMT", "Thu, 31 Feb 2050 02:01:18 GMT", "Thu, 18 Aug 2050 24:01:18 GMT",
        "Thu, 18 Aug 2050 02:01:18 GMT ", "Thu, 18 Aug 2050 02:01:18"}) {
    EXPECT_FALSE(parse_date(bad, now)) << bad;
  }
}

// 64 bits of nanoseconds hold 292 years; the sanitizer sees a distance that does not fit.
TEST(Date, FarAwayIsAsFarAsADistanceCanSay) {
  const WallTime future = *parse_date("Sun, 21 Nov 9999 04:46:39 GMT", now);
  const WallTime past = *parse_date("Sun, 21 Nov 1601 04:46:39 GMT", now);
  EXPECT_GT(future - now, Duration(24h * 365 * 150));
  EXPECT_GT(now - past, Duration(24h * 365 * 120));
  EXPECT_GT(future - past, Duration(24h * 365 * 280));
}

// RFC 9111 §5.2: names in any case, arguments as tokens or quoted strings; §4.2.1: of two, the first.
TEST(Directives, AreReadAsAList) {
  const Fields lines = fields(
      {{"Cache-Control", "MaX-AgE=3600 , foo=\"a, no-store\",S-MAXAGE=\"7\""}, {"Cache-Control", "max-age=1,,public"}});
  const Directives d = directives_of(lines);
  EXPECT_EQ(d.max_age, Duration(3600s));
  EXPECT_EQ(d.s_maxage, Duration(7s));
  EXPECT_TRUE(d.is_public);
  EXPECT_FALSE(d.no_store);
}

// RFC 9111 §4.2.1: what cannot be understood is taken for stale.
TEST(Directives, WithoutANumberCountAsZero) {
  for (const char* bad : {"max-age=-3600", "max-age='3600'", "max-age=1h", "max-age", "max-age= 5", "max-age=1.5"}) {
    EXPECT_EQ(directives_of(fields({{"Cache-Control", bad}})).max_age, Duration::zero()) << bad;
  }
  EXPECT_FALSE(directives_of(fields({{"Cache-Control", "max-age =3600"}})).max_age);
  EXPECT_EQ(directives_of(fields({{"Cache-Control", "max-age=99999999999999999999"}})).max_age,
            Duration(std::chrono::seconds(std::int64_t{1} << 31)));
}

// RFC 9111 §5.2.2.4 and §5.2.2.7: with field names they speak of those alone.
TEST(Directives, MayBeLimitedToFields) {
  const Fields lines = fields({{"Cache-Control", "no-cache=\"Set-Cookie, X-A\", private=\"x-b\""}});
  const Directives d = directives_of(lines);
  EXPECT_FALSE(d.no_cache);
  EXPECT_FALSE(d.is_private);
  EXPECT_TRUE(d.limits("set-cookie"));
  EXPECT_TRUE(d.limits("X-B"));
  EXPECT_FALSE(d.limits("X-C"));
}

TEST(Directives, MaxStaleNeedsNoValue) {
  EXPECT_EQ(directives_of(fields({{"Cache-Control", "max-stale"}})).max_stale, Duration::max());
  EXPECT_EQ(directives_of(fields({{"Cache-Control", "max-stale=5"}})).max_stale, Duration(5s));
}

bool unchanged(std::string_view condition, std::string_view etag) {
  return not_modified(fields({{"If-None-Match", condition}}), {.etag = etag}, now, now);
}

// RFC 9110 §8.8.3.2 and §13.1.2.
TEST(Conditions, IfNoneMatchComparesWeakly) {
  EXPECT_TRUE(unchanged("\"a\"", "\"a\""));
  EXPECT_TRUE(unchanged("W/\"a\"", "\"a\""));
  EXPECT_TRUE(unchanged("\"x, y\", W/\"a\" ,\"b\"", "W/\"a\""));
  EXPECT_TRUE(unchanged("*", "\"a\""));
  EXPECT_TRUE(unchanged("*", ""));
  EXPECT_FALSE(unchanged("\"x,\"a\"", "\"b\""));
  EXPECT_FALSE(unchanged("\"A\"", "\"a\""));
  EXPECT_FALSE(unchanged("", ""));
  EXPECT_FALSE(unchanged("\"unterminated", "\"a\""));
}

// RFC 9110 §13.2.2: If-None-Match has the last word.
TEST(Conditions, IfModifiedSinceCountsAlone) {
  const Validators stored{.etag = "\"a\"", .last_modified = "Sun, 06 Nov 1994 08:49:37 GMT"};
  EXPECT_TRUE(not_modified(fields({{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}}), stored, now, now));
  EXPECT_FALSE(not_modified(fields({{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT"}}), stored, now, now));
  EXPECT_FALSE(not_modified(fields({{"If-Modified-Since", "yesterday"}}), stored, now, now));
  EXPECT_FALSE(not_modified(
      fields({{"If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"If-None-Match", "\"b\""}}), stored, now, now));
}

Part range(std::string_view spec, std::uint64_t size, std::string_view condition = {}) {
  Fields lines = fields({{"Range", spec}});
  if (!condition.empty()) lines.add({"If-Range", condition, Name::if_range});
  return part_of(lines, {.etag = "\"a\"", .last_modified = "Sun, 06 Nov 1994 08:49:37 GMT"}, size, now);
}

void expect_slice(const Part& part, std::uint64_t first, std::uint64_t length) {
  EXPECT_EQ(part.kind, Part::Kind::slice);
  EXPECT_EQ(part.slice.first, first);
  EXPECT_EQ(part.slice.length, length);
}

// RFC 9110 §14.1.2.
TEST(Ranges, AreCutOutOfTheWhole) {
  expect_slice(range("bytes=0-1", 10), 0, 2);
  expect_slice(range("Bytes=5-", 10), 5, 5);
  expect_slice(range("bytes=5-99", 10), 5, 5);
  expect_slice(range("bytes=-3", 10), 7, 3);
  expect_slice(range("bytes=-30", 10), 0, 10);
  expect_slice(range("bytes=0-99999999999999999999999", 10), 0, 10);
  EXPECT_EQ(range("bytes=10-", 10).kind, Part::Kind::unsatisfiable);
  EXPECT_EQ(range("bytes=-0", 10).kind, Part::Kind::unsatisfiable);
  EXPECT_EQ(range("bytes=-5", 0).kind, Part::Kind::unsatisfiable);
  EXPECT_EQ(range("bytes=0-1,3-4", 10).kind, Part::Kind::several);
  for (const char* ignored : {"lines=0-1", "bytes=3-2", "bytes=a-b", "bytes=-", "bytes=", "bytes 0-1"})
    EXPECT_EQ(range(ignored, 10).kind, Part::Kind::whole) << ignored;
}

// RFC 9110 §13.1.5: the strong comparison.
TEST(Ranges, HoldOnlyForTheSameRepresentation) {
  expect_slice(range("bytes=0-1", 10, "\"a\""), 0, 2);
  expect_slice(range("bytes=0-1", 10, "Sun, 06 Nov 1994 08:49:37 GMT"), 0, 2);
  EXPECT_EQ(range("bytes=0-1", 10, "W/\"a\"").kind, Part::Kind::whole);
  EXPECT_EQ(range("bytes=0-1", 10, "\"b\"").kind, Part::Kind::whole);
  EXPECT_EQ(range("bytes=0-1", 10, "Sun, 06 Nov 1994 08:49:38 GMT").kind, Part::Kind::whole);
}

}  // namespace
}  // namespace weir::http
