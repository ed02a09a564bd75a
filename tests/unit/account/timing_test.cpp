#include "account/timing.h"

#include <gtest/gtest.h>

#include "account/ledger.h"
#include "account/stopwatch.h"

namespace weir::account {
namespace {

using namespace std::chrono_literals;

TEST(Buckets, HoldWhatIsNotLongerThanTheirBound) {
  for (int i = 0; i + 1 < buckets; ++i) {
    EXPECT_EQ(bucket_of(bound(i)), i) << bound(i);
    EXPECT_EQ(bucket_of(bound(i) + 1), i + 1) << bound(i);
    if (i > 0) {
      EXPECT_LT(bound(i - 1), bound(i));
      EXPECT_LE(bound(i), 3 * bound(i - 1) / 2);
    }
  }
  EXPECT_EQ(bucket_of(0), 0);
  EXPECT_EQ(bound(buckets - 2), 1u << 24) << "17 s";
  EXPECT_EQ(bucket_of(~std::uint64_t{0}), buckets - 1);
}

TEST(Stopwatch, StandsWhileSomebodyElseIsWaitedFor) {
  const Monotonic start{1h};
  Stopwatch watch;
  watch.start(start);
  watch.stop(start + 2ms);
  EXPECT_EQ(watch.stood(start + 300ms), 298ms);
  watch.go_on(start + 302ms);
  watch.go_on(start + 303ms);  // runs already
  watch.stop(start + 305ms);
  watch.stop(start + 400ms);
  EXPECT_EQ(watch.total(), 5ms);
  EXPECT_FALSE(watch.runs());
  watch.go_on(start + 304ms);  // by the clock of a turn that began before
  watch.stop(start + 306ms);
  EXPECT_EQ(watch.total(), 6ms) << "no time counts twice";
  watch.start(start);
  watch.stop(start - 1ms);
  EXPECT_EQ(watch.total(), 0ms);
}

TEST(Timings, OfAllLedgersAreOneSum) {
  Books books(2, {});
  books.ledger(0).timings().add(Span::inside, 100us);
  books.ledger(1).timings().add(Span::inside, 100us);
  books.ledger(1).timings().add(Span::inside, -1s);  // clocks of two threads may be read in either order
  books.ledger(1).timings().sent(Way::client, 1000, 3);
  books.ledger(1).timings().handshake(Way::origin, true);
  books.ledger(0).timings().handshake(Way::origin, false);
  const TimingSums sums = books.timings();
  EXPECT_EQ(sums.count(Span::inside), 3u);
  EXPECT_EQ(sums.of(Span::inside).sum_us, 200u);
  EXPECT_EQ(sums.count(Span::answer), 0u);
  EXPECT_EQ(sums.segments[0].again, 3u);
  EXPECT_EQ(sums.handshakes[1].sent, 2u);
  EXPECT_EQ(sums.handshakes[1].again, 1u);
}

TEST(Timings, HaveAMiddleThatIsRightWithinItsBucket) {
  Books books(1, {});
  Timings& timings = books.ledger(0).timings();
  EXPECT_EQ(books.timings().middle(Span::inside), 0u);
  for (int i = 0; i < 100; ++i) timings.add(Span::inside, 200us);
  for (int i = 0; i < 90; ++i) timings.add(Span::inside, 2s);
  EXPECT_GT(books.timings().middle(Span::inside), 192u);
  EXPECT_LE(books.timings().middle(Span::inside), 256u);
  for (int i = 0; i < 20; ++i) timings.add(Span::inside, 2s);
  EXPECT_GT(books.timings().middle(Span::inside), 1'500'000u);
  for (int i = 0; i < 1000; ++i) timings.add(Span::inside, 10min);
  EXPECT_EQ(books.timings().middle(Span::inside), 1u << 24) << "of what is beyond the last bound, that is known";
}

TEST(Timings, SinceAnEarlierSumAreWhatCameAfterIt) {
  Books books(1, {});
  books.ledger(0).timings().add(Span::answer, 1s);
  const TimingSums before = books.timings();
  books.ledger(0).timings().add(Span::answer, 3ms);
  const TimingSums since = books.timings().since(before);
  EXPECT_EQ(since.count(Span::answer), 1u);
  EXPECT_LE(since.middle(Span::answer), 4096u);
  EXPECT_EQ(since.of(Span::answer).sum_us, 3000u);
}

}  // namespace
}  // namespace weir::account
