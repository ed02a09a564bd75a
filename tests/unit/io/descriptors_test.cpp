#include "io/descriptors.h"

#include <vector>

#include "harness.h"

namespace weir::io::test {
namespace {

TEST(Descriptors, NamesWhatIsReadyAndInWhichWay) {
  run([](Loop& loop) -> Task<void> {
    const Pair quiet = tcp_pair(), talking = tcp_pair(), writable = tcp_pair();
    Descriptors all = *Descriptors::make(loop);
    EXPECT_TRUE(all.want(quiet.a.get(), true, false));
    EXPECT_TRUE(all.want(talking.a.get(), true, false));
    send_text(talking.b.get(), "x");
    const auto first = co_await all.ready(0s);
    EXPECT_TRUE(first && first->size() == 1);
    if (first) {
      EXPECT_EQ(first->front().fd, talking.a.get());
      EXPECT_TRUE(first->front().in && !first->front().out);
    }

    EXPECT_TRUE(all.want(talking.a.get(), false, false));
    EXPECT_TRUE(all.want(writable.a.get(), true, true));
    const auto second = co_await all.ready(0s);
    EXPECT_TRUE(second && second->size() == 1);
    if (second) {
      EXPECT_EQ(second->front().fd, writable.a.get());
      EXPECT_TRUE(!second->front().in && second->front().out);
    }
  });
}

TEST(Descriptors, WaitsForWhatComesLater) {
  run([](Loop& loop) -> Task<void> {
    const Pair pair = tcp_pair();
    Descriptors all = *Descriptors::make(loop);
    EXPECT_TRUE(all.want(pair.a.get(), true, false));
    const auto speak = [](Loop& l, int fd) -> Task<void> {
      (void)co_await sleep(l.wheel(), 20ms);
      send_text(fd, "x");
    };
    TaskGroup group(loop);
    group.spawn(speak(loop, pair.b.get()));
    const auto ready = co_await all.ready(0s);
    EXPECT_TRUE(ready.has_value());
    co_await group.join();
  });
}

TEST(Descriptors, CountsAnErrorAsBothWays) {
  run([](Loop& loop) -> Task<void> {
    Pair pair = tcp_pair();
    Descriptors all = *Descriptors::make(loop);
    EXPECT_TRUE(all.want(pair.a.get(), true, false));
    reset(pair.b);
    const auto ready = co_await all.ready(0s);
    EXPECT_TRUE(ready && ready->front().in && ready->front().out);
  });
}

TEST(Descriptors, CanBeWaitedForAgainAfterTheTimeLimit) {
  run([](Loop& loop) -> Task<void> {
    const Pair pair = tcp_pair();
    Descriptors all = *Descriptors::make(loop);
    EXPECT_TRUE(all.want(pair.a.get(), true, false));
    const auto late = co_await all.ready(10ms);
    EXPECT_EQ(late.error(), Errc::timed_out);
    send_text(pair.b.get(), "x");
    const auto ready = co_await all.ready(0s);
    EXPECT_TRUE(ready.has_value());
  });
}

// A library closes one of its sockets, and the kernel gives the number to the next one.
TEST(Descriptors, ForgetsWhatIsNotWantedAnyMore) {
  run([](Loop& loop) -> Task<void> {
    Pair pair = tcp_pair();
    Descriptors all = *Descriptors::make(loop);
    EXPECT_TRUE(all.want(pair.a.get(), true, false));
    EXPECT_TRUE(all.want(pair.a.get(), false, false));
    send_text(pair.b.get(), "x");
    const auto nothing = co_await all.ready(10ms);
    EXPECT_EQ(nothing.error(), Errc::timed_out);
    const int number = pair.a.get();
    pair.a.reset();
    const Fd next(::dup(pair.b.get()));
    EXPECT_EQ(next.get(), number);
    EXPECT_TRUE(all.want(next.get(), false, true));
    const auto ready = co_await all.ready(0s);
    EXPECT_TRUE(ready && ready->front().fd == number);
  });
}

TEST(Descriptors, NamesMoreThanAFewInSeveralCalls) {
  run([](Loop& loop) -> Task<void> {
    std::vector<Pair> pairs;
    Descriptors all = *Descriptors::make(loop);
    for (int i = 0; i < 20; ++i) {
      pairs.push_back(tcp_pair());
      EXPECT_TRUE(all.want(pairs.back().a.get(), false, true));
    }
    std::size_t named = 0;
    while (named < pairs.size()) {
      const auto ready = co_await all.ready(1s);
      EXPECT_TRUE(ready.has_value());
      if (!ready) co_return;
      named += ready->size();
      for (const auto& each : *ready) EXPECT_TRUE(all.want(each.fd, false, false));
    }
    EXPECT_EQ(named, pairs.size());
  });
}

TEST(Descriptors, StopAndCloseEndTheWait) {
  run([](Loop& loop) -> Task<void> {
    Descriptors stopped = *Descriptors::make(loop), closed = *Descriptors::make(loop);
    const auto wait = [](Descriptors& all) -> Task<void> {
      const auto ready = co_await all.ready(0s);
      EXPECT_EQ(ready.error(), Errc::stopped);
    };
    TaskGroup others(loop), group(loop);
    others.spawn(wait(closed));
    group.spawn(wait(stopped));
    closed.close();
    group.stop();
    co_await group.join();
    co_await others.join();
    EXPECT_TRUE(closed.want(0, true, false)) << "nobody waits any more";
    co_await wait(closed);
  });
}

// Both are woken by one turn of the loop; whichever comes to run first closes the other.
TEST(Descriptors, MayBeClosedBetweenItsEventAndItsNews) {
  run([](Loop& loop) -> Task<void> {
    const Pair one = tcp_pair(), two = tcp_pair();
    Descriptors first = *Descriptors::make(loop), second = *Descriptors::make(loop);
    EXPECT_TRUE(first.want(one.a.get(), true, false));
    EXPECT_TRUE(second.want(two.a.get(), true, false));
    std::vector<Errc> ends;
    const auto wait = [](Descriptors& set, Descriptors& other, std::vector<Errc>& all) -> Task<void> {
      const auto ready = co_await set.ready(0s);
      all.push_back(ready ? Errc::closed : ready.error().code);
      other.close();
    };
    TaskGroup group(loop);
    group.spawn(wait(first, second, ends));
    group.spawn(wait(second, first, ends));
    send_text(one.b.get(), "x");
    send_text(two.b.get(), "x");
    co_await group.join();
    EXPECT_EQ(ends, (std::vector{Errc::closed, Errc::stopped}));
  });
}

}  // namespace
}  // namespace weir::io::test
