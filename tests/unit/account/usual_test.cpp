#include "account/usual.h"

#include <gtest/gtest.h>

#include "account/ledger.h"

namespace weir::account {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t start = 1'741'575'600;  // on the hour
constexpr std::int64_t day = 24 * Usual::hour;

/// What each span took; 0: nothing was measured.
struct Took {
  Duration client_passed{}, client_held{}, inside{}, origin_passed{}, origin_held{}, answer{};
};
constexpr Took well{2ms, 2ms, 200us, 11ms, 12ms, 40ms};

Summary summary(const Took& took, std::uint64_t count = 100, std::int64_t begin = 0) {
  Summary summary{.begin = begin};
  const Duration all[] = {took.client_passed, took.client_held, took.inside,
                          took.origin_passed, took.origin_held, took.answer};
  for (int s = 0; s < spans; ++s) {
    const auto us = static_cast<std::uint64_t>(all[s] / 1us);
    if (us > 0) summary.took[s] = {count, us};
  }
  return summary;
}

struct Case {
  const char* what;
  Took now;
  Took usual;
  Verdict verdict;
  bool passed_too = false;
};

TEST(Judge, NamesTheSideThatIsSlow) {
  const Case cases[] = {
      {"as usual", well, well, Verdict::nothing},
      {"nothing measured", {}, well, Verdict::unknown},
      {"no usual yet", well, {}, Verdict::unknown},
      {"twice the usual is no news", {4ms, 4ms, 400us, 22ms, 24ms, 80ms}, well, Verdict::nothing},
      {"three times, but nobody feels it", {2ms, 2ms, 900us, 11ms, 12ms, 40ms}, well, Verdict::nothing},
      {"much more, but not three times",
       {2ms, 2ms, 200us, 250ms, 250ms, 40ms},
       {2ms, 2ms, 200us, 100ms, 100ms, 40ms},
       Verdict::nothing},
      {"the way to origins", {2ms, 2ms, 200us, 184ms, 190ms, 40ms}, well, Verdict::origin, true},
      {"the way to origins, nothing passes", {0ms, 2ms, 200us, 0ms, 190ms, 40ms}, well, Verdict::origin},
      {"the way to origins, nothing is held", {2ms, 0ms, 0us, 184ms, 0ms, 0ms}, well, Verdict::origin, true},
      {"Wi-Fi", {60ms, 2ms, 200us, 11ms, 12ms, 40ms}, well, Verdict::client},
      {"Wi-Fi, of held connections", {0ms, 60ms, 200us, 11ms, 12ms, 40ms}, well, Verdict::client},
      {"Weir itself", {2ms, 2ms, 8ms, 11ms, 12ms, 40ms}, well, Verdict::inside},
      {"only what Weir dials takes long", {2ms, 2ms, 200us, 11ms, 190ms, 40ms}, well, Verdict::inside},
      {"servers think long", {2ms, 2ms, 200us, 11ms, 12ms, 400ms}, well, Verdict::answer},
      {"the greater of two", {400ms, 2ms, 200us, 184ms, 190ms, 40ms}, well, Verdict::client},
      {"the far end of a bad line", {60ms, 2ms, 200us, 384ms, 390ms, 400ms}, well, Verdict::origin, true},
  };
  for (const Case& c : cases) {
    const Judged judged = judge(summary(c.now), summary(c.usual));
    EXPECT_EQ(word(judged.verdict), word(c.verdict)) << c.what;
    EXPECT_EQ(judged.passed_too, c.passed_too) << c.what;
  }
}

TEST(Judge, SaysNothingOfAFewConnections) {
  const Took slow{2ms, 2ms, 200us, 184ms, 190ms, 40ms};
  EXPECT_EQ(judge(summary(slow, enough), summary(well)).verdict, Verdict::origin);
  EXPECT_EQ(judge(summary(slow, enough - 1), summary(well)).verdict, Verdict::unknown);
  Summary mixed = summary(slow);
  mixed.of(Span::origin_passed) = {enough - 1, 11'000};
  EXPECT_EQ(judge(mixed, summary(well)).verdict, Verdict::origin) << "too few pass to prove Weir guilty";
}

/// A gateway whose sums grow.
class Gateway {
 public:
  void carry(Duration origin, int connections = 20) {
    for (int i = 0; i < connections; ++i) books_.ledger(0).timings().add(Span::origin_passed, origin);
  }
  /// Looks every half minute, with traffic before each.
  void run(std::int64_t seconds, Duration origin) {
    for (const std::int64_t end = now + seconds; now < end; now += Usual::look_every) {
      carry(origin, 2);
      ended += usual.look(books_.timings(), now);
    }
  }
  Usual::Compared compare() const { return usual.compare(books_.timings(), now); }

  std::int64_t now = start;
  Usual usual;
  int ended = 0;

 private:
  Books books_{1, {}};
};

TEST(Usual, IsThereAfterAnHourOfTheFirstDay) {
  Gateway gateway;
  gateway.run(30 * 60, 11ms);
  EXPECT_EQ(gateway.compare().pieces, 0u);
  EXPECT_EQ(gateway.compare().judged.verdict, Verdict::unknown);
  gateway.run(60 * 60, 11ms);
  const auto compared = gateway.compare();
  EXPECT_EQ(compared.days, 0u);
  EXPECT_GE(compared.pieces, Usual::pieces_needed);
  EXPECT_EQ(compared.judged.verdict, Verdict::nothing);
  EXPECT_EQ(compared.since, 0);
}

TEST(Usual, LooksAtFiveMinutesAndSaysSinceWhen) {
  Gateway gateway;
  gateway.run(3 * 3600, 11ms);
  const std::int64_t change = gateway.now;
  gateway.run(20 * 60, 300ms);
  auto compared = gateway.compare();
  EXPECT_EQ(compared.judged.verdict, Verdict::origin);
  EXPECT_NEAR(static_cast<double>(compared.since), static_cast<double>(change), 300);
  EXPECT_LE(gateway.now - compared.now.begin, Usual::window + Usual::look_every);
  gateway.run(6 * 60, 11ms);
  EXPECT_EQ(gateway.compare().judged.verdict, Verdict::nothing) << "over as soon as it is";
}

TEST(Usual, IsThatOfTheHourOnceThereAreDays) {
  Gateway gateway;
  gateway.run(3 * day, 11ms);
  EXPECT_EQ(gateway.ended, 71) << "every whole hour is there to be kept";
  gateway.carry(50ms, 1000);
  auto compared = gateway.compare();
  EXPECT_EQ(compared.days, 3u);
  EXPECT_NEAR(static_cast<double>(compared.usual.of(Span::origin_passed).us), 11'000, 2000);
}

TEST(Usual, IsNotSpoiltByOneBadNight) {
  Usual usual;
  std::vector<Summary> hours;
  for (int ago = 1; ago <= 7; ++ago)
    hours.push_back(summary({.origin_passed = ago == 1 ? Duration(900ms) : Duration(10ms)}, 50, start - ago * day));
  usual.recall(hours, start);
  EXPECT_EQ(usual.compare({}, start).usual.of(Span::origin_passed).us, 10'000u);
  EXPECT_EQ(usual.compare({}, start).days, 7u);
  EXPECT_EQ(usual.compare({}, start + Usual::hour).days, 0u) << "another hour";
}

TEST(Usual, RecallsNothingThatIsOldOrFromTheFuture) {
  Usual usual;
  usual.recall({summary(well, 50, start + Usual::hour), summary(well, 50, start - 30 * day),
                summary(well, 50, start - day), summary(well, 50, start - day), summary(well, 50, start - 2 * day + 7)},
               start);
  ASSERT_EQ(usual.hours().size(), 1u);
  EXPECT_EQ(usual.hours()[0].begin, start - day);
}

TEST(Usual, OutlivesAClockThatIsSetBack) {
  Gateway gateway;
  gateway.run(2 * 3600, 11ms);
  gateway.now = start - 10 * day;
  gateway.run(20 * 60, 11ms);
  EXPECT_EQ(gateway.compare().judged.verdict, Verdict::unknown) << "what was learned lies in the future";
  EXPECT_GE(gateway.compare().now.of(Span::origin_passed).count, enough);
}

// A restart cuts an hour in two.
TEST(Usual, KeepsOfAnHourThePartThatKnowsMore) {
  Gateway gateway;
  gateway.usual.recall({summary(well, 1000, start)}, start);
  gateway.run(3600, 11ms);
  gateway.run(60, 11ms);
  EXPECT_EQ(gateway.usual.hours().size(), 1u);
  EXPECT_EQ(gateway.usual.hours()[0].of(Span::client_passed).count, 100u * 10) << "the one from before";
}

}  // namespace
}  // namespace weir::account
