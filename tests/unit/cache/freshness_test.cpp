// RFC 9111 as a table: heads and times in, verdicts out.

#include "cache/freshness.h"

#include "cache/vary.h"
#include "http/date.h"
#include "written.h"

namespace weir::cache {
namespace {

using namespace std::chrono_literals;

const WallTime now{std::chrono::sys_days(std::chrono::year(2025) / 3 / 10) + 11h};

std::string at(std::chrono::seconds from_now) { return http::date_text(now + from_now); }

std::optional<Facts> stored(std::string lines, int status = 200, std::string_view asking = {}) {
  if (lines.find("Date:") == lines.npos) lines = "Date: " + at(0s) + "\n" + lines;
  return may_store(response(lines, status)->head, wish_of(request(asking)->head.fields), now, now);
}

std::optional<std::chrono::seconds> lifetime(const std::string& lines, int status = 200) {
  const auto facts = stored(lines, status);
  if (!facts) return {};
  return std::chrono::duration_cast<std::chrono::seconds>(facts->lifetime);
}

Verdict verdict(const std::string& lines, std::chrono::seconds later, std::string_view asking = {}) {
  const auto facts = stored(lines);
  EXPECT_TRUE(facts) << lines;
  return judge(facts.value_or(Facts{}), wish_of(request(asking)->head.fields), now + later);
}

// §4.2.1: s-maxage, then max-age, then Expires less Date.
TEST(Freshness, TheLifetimeIsTheFirstThatIsNamed) {
  EXPECT_EQ(lifetime("Cache-Control: max-age=60, s-maxage=10\nExpires: " + at(1h) + "\n"), 10s);
  EXPECT_EQ(lifetime("Cache-Control: max-age=60\nExpires: " + at(1h) + "\n"), 60s);
  EXPECT_EQ(lifetime("Expires: " + at(1h) + "\n"), 1h);
  EXPECT_EQ(lifetime("Date: " + at(600s) + "\nExpires: " + at(900s) + "\n"), 300s);
  EXPECT_EQ(lifetime("Expires: Fri, 01 Jan 9999 00:00:00 GMT\n"), std::chrono::seconds(24h * 365 * 68));
}

// §5.3: an invalid Expires lies in the past; with nothing to validate by, such a response is of no use.
TEST(Freshness, AnExpiresThatIsNoDateIsOver) {
  EXPECT_FALSE(lifetime("Expires: 0\n"));
  EXPECT_EQ(lifetime("Expires: 0\nETag: \"a\"\n"), 0s);
  EXPECT_EQ(lifetime("Expires: " + at(-1h) + "\nETag: \"a\"\n"), 0s);
}

// §4.2.2: a tenth of the time since the last change, a day at most, for statuses that allow it.
TEST(Freshness, IsGuessedFromTheLastChange) {
  const std::string changed = "Last-Modified: " + at(-1000s) + "\n";
  for (const int status : {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501})
    EXPECT_EQ(lifetime(changed, status), 100s) << status;
  for (const int status : {201, 202, 302, 307, 403, 500, 502, 503, 504, 599}) EXPECT_FALSE(lifetime(changed, status));
  EXPECT_EQ(lifetime(changed + "Cache-Control: public\n", 599), 100s);
  EXPECT_EQ(lifetime("Last-Modified: " + at(-24h * 1000) + "\n"), 24h);
}

// §3: every final status may be stored that names its lifetime, a part excepted.
TEST(Storing, TakesAnyFinalStatusThatNamesALifetime) {
  for (const int status : {200, 204, 299, 301, 302, 303, 307, 308, 400, 404, 410, 499, 500, 503, 599})
    EXPECT_TRUE(stored("Cache-Control: max-age=60\n", status)) << status;
  EXPECT_FALSE(stored("Cache-Control: max-age=60\nContent-Range: bytes 0-1/2\n", 206));
  EXPECT_FALSE(stored("Cache-Control: max-age=60\n", 304));
}

// §5.2.2.5, §5.2.2.7 and §5.2.1.5.
TEST(Storing, HeedsWhatForbidsIt) {
  EXPECT_FALSE(stored("Cache-Control: no-store, max-age=60\n"));
  EXPECT_FALSE(stored("Cache-Control: private, max-age=60\n"));
  EXPECT_TRUE(stored("Cache-Control: private=\"x\", max-age=60\n"));
  EXPECT_FALSE(stored("Cache-Control: max-age=60\n", 200, "Cache-Control: no-store\n"));
}

// §5.2.2.3: no-store is there for those who do not understand the status.
TEST(Storing, MustUnderstandTheStatusWhereAsked) {
  EXPECT_TRUE(stored("Cache-Control: max-age=60, no-store, must-understand\n"));
  EXPECT_FALSE(stored("Cache-Control: max-age=60, no-store, must-understand\n", 599));
}

// §3.5.
TEST(Storing, OfAuthorizedAnswersNeedsTheirConsent) {
  const std::string_view asking = "Authorization: Basic eA==\n";
  EXPECT_FALSE(stored("Cache-Control: max-age=60\n", 200, asking));
  EXPECT_TRUE(stored("Cache-Control: max-age=60, public\n", 200, asking));
  EXPECT_TRUE(stored("Cache-Control: max-age=60, must-revalidate\n", 200, asking));
  EXPECT_TRUE(stored("Cache-Control: s-maxage=60\n", 200, asking));
}

// A cookie is one client's, unless the response says how long it is good for all.
TEST(Storing, OfCookiesNeedsExplicitFreshness) {
  EXPECT_FALSE(stored("Set-Cookie: a=b\nLast-Modified: " + at(-1h) + "\n"));
  EXPECT_FALSE(stored("Set-Cookie: a=b\nETag: \"a\"\n"));
  EXPECT_FALSE(stored("Set-Cookie: a=b\nExpires: " + at(1h) + "\n"));
  EXPECT_TRUE(stored("Set-Cookie: a=b\nCache-Control: max-age=60\n"));
}

TEST(Storing, NeedsAUseForIt) {
  EXPECT_FALSE(stored(""));
  EXPECT_FALSE(stored("Cache-Control: max-age=0\n"));
  EXPECT_TRUE(stored("ETag: \"a\"\n"));
}

Duration age(const std::string& lines, std::chrono::seconds delay = 0s) {
  const auto made = response(lines + "Cache-Control: max-age=9999\n");
  return may_store(made->head, {}, now - delay, now).value().age;
}

// §4.2.3: the larger of what Date and what Age tell; §5.1: the first value counts, nonsense does not.
TEST(Age, IsTheLargerOfWhatDateAndAgeTell) {
  EXPECT_EQ(age("Date: " + at(-100s) + "\n"), 100s);
  EXPECT_EQ(age("Date: " + at(100s) + "\n"), 0s);
  EXPECT_EQ(age("Date: " + at(0s) + "\nAge: 30\n", 5s), 35s);
  EXPECT_EQ(age("Date: " + at(-100s) + "\nAge: 30\n"), 100s);
  EXPECT_EQ(age("Age: 7200, 0\n"), 7200s);
  EXPECT_EQ(age("Age: 0\nAge: 7200\n"), 0s);
  for (const char* nonsense : {"abc", "-7200", "7200.0", "7200;foo=bar"})
    EXPECT_EQ(age("Age: " + std::string(nonsense) + "\n"), 0s) << nonsense;
}

// §4.2: fresh while the lifetime exceeds the age.
TEST(Verdicts, AStaleResponseIsValidated) {
  EXPECT_EQ(verdict("Cache-Control: max-age=60\n", 59s), Verdict::fresh);
  EXPECT_EQ(verdict("Cache-Control: max-age=60\n", 60s), Verdict::validate);
  EXPECT_EQ(verdict("Cache-Control: max-age=60\nAge: 50\n", 11s), Verdict::validate);
}

// §5.2.2.4.
TEST(Verdicts, NoCacheIsAlwaysValidated) {
  EXPECT_EQ(verdict("Cache-Control: no-cache, max-age=60\n", 0s), Verdict::validate);
  EXPECT_EQ(verdict("Cache-Control: no-cache=\"a\", max-age=60\n", 0s), Verdict::fresh);
}

// §5.2.1, §5.4.
TEST(Verdicts, HeedWhatTheRequestWants) {
  const std::string minute = "Cache-Control: max-age=60\n";
  EXPECT_EQ(verdict(minute, 1s, "Cache-Control: no-cache\n"), Verdict::validate);
  EXPECT_EQ(verdict(minute, 1s, "Pragma: no-cache\n"), Verdict::validate);
  EXPECT_EQ(verdict(minute, 1s, "Pragma: no-cache\nCache-Control: max-stale\n"), Verdict::fresh);
  EXPECT_EQ(verdict(minute, 1s, "Pragma: other\n"), Verdict::fresh);
  EXPECT_EQ(verdict(minute, 30s, "Cache-Control: max-age=30\n"), Verdict::fresh);
  EXPECT_EQ(verdict(minute, 31s, "Cache-Control: max-age=30\n"), Verdict::validate);
  EXPECT_EQ(verdict(minute, 30s, "Cache-Control: min-fresh=30\n"), Verdict::fresh);
  EXPECT_EQ(verdict(minute, 31s, "Cache-Control: min-fresh=30\n"), Verdict::validate);
  EXPECT_EQ(verdict(minute, 90s, "Cache-Control: max-stale=30\n"), Verdict::stale);
  EXPECT_EQ(verdict(minute, 91s, "Cache-Control: max-stale=30\n"), Verdict::validate);
  EXPECT_EQ(verdict(minute, 9000s, "Cache-Control: max-stale\n"), Verdict::stale);
}

// §5.2.2.2, §5.2.2.8, §5.2.2.10: stale means stale, whatever the client would take.
TEST(Verdicts, SomeAreNeverUsedStale) {
  for (const char* strict : {"max-age=60, must-revalidate", "max-age=60, proxy-revalidate", "s-maxage=60"}) {
    const std::string lines = "Cache-Control: " + std::string(strict) + ", stale-while-revalidate=600\n";
    EXPECT_EQ(verdict(lines, 61s, "Cache-Control: max-stale\n"), Verdict::validate) << strict;
    EXPECT_EQ(verdict(lines, 61s), Verdict::validate) << strict;
    EXPECT_FALSE(usable_on_error(*stored(lines), {}, false, now + 61s)) << strict;
  }
}

// RFC 5861 §3.
TEST(Verdicts, AreGivenBehindTheAnswerWithinTheWindow) {
  const std::string lines = "Cache-Control: max-age=60, stale-while-revalidate=30\n";
  EXPECT_EQ(verdict(lines, 89s), Verdict::behind);
  EXPECT_EQ(verdict(lines, 90s), Verdict::validate);
}

// RFC 5861 §4, RFC 9111 §4.2.4.
TEST(Errors, MayBeHiddenByAStaleResponse) {
  const auto usable = [](const std::string& lines, bool answered, std::chrono::seconds later) {
    return usable_on_error(stored(lines).value(), {}, answered, now + later);
  };
  EXPECT_TRUE(usable("Cache-Control: max-age=60, stale-if-error=30\n", true, 90s));
  EXPECT_FALSE(usable("Cache-Control: max-age=60, stale-if-error=30\n", true, 91s));
  EXPECT_FALSE(usable("Cache-Control: max-age=60, stale-if-error=30\n", false, 91s));
  EXPECT_TRUE(usable("Cache-Control: max-age=60\n", false, 3600s));
  EXPECT_FALSE(usable("Cache-Control: max-age=60\n", true, 61s));
  EXPECT_FALSE(usable("Cache-Control: no-cache\nETag: \"a\"\n", false, 1s));
}

// §4.1
TEST(Vary, MatchesRequestsThatMeanTheSame) {
  const auto names = nominated(response("Vary: Accept-Encoding\nVary: , Foo\n")->head.fields);
  ASSERT_EQ(names, "accept-encoding,foo");
  const auto of = [&](std::string_view lines) { return selected(*names, request(lines)->head.fields); };
  EXPECT_EQ(of("Accept-Encoding: gzip, BR\nFoo: 1\nFoo: 2\n"), of("foo: 1,2\naccept-encoding:  gzip ,br \nOther: x\n"));
  EXPECT_NE(of("Accept-Encoding: gzip\n"), of("Foo: gzip\n"));
  EXPECT_NE(of("Foo: a\n"), of("Foo: A\n"));
  EXPECT_NE(of("Foo: 1\n"), of("Foo: 1, 2\n"));
  EXPECT_NE(of("Accept-Encoding: gzip, br\n"), of("Accept-Encoding: br, gzip\n"));
  EXPECT_NE(of(""), of("Foo: 1\n"));
}

TEST(Vary, OfAStarMatchesNothing) {
  for (const char* star : {"*", "*, *", ", *", "Foo, *", "*, Foo"})
    EXPECT_FALSE(nominated(response("Vary: " + std::string(star) + "\n")->head.fields)) << star;
  EXPECT_EQ(nominated(response("")->head.fields), "");
}

// A cookie that holds a comma is not the one without the space behind it.
TEST(Vary, ComparesSecretsOctetByOctet) {
  EXPECT_NE(selected("cookie", request("Cookie: a=1, b\n")->head.fields),
            selected("cookie", request("Cookie: a=1,b\n")->head.fields));
}

}  // namespace
}  // namespace weir::cache
