#include <algorithm>
#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "harness.h"
#include "io/event.h"

namespace weir::io::test {
namespace {

Task<int> give(int n) { co_return n; }
Task<Result<int>> give_late(Loop& loop, int n) {
  if (const auto slept = co_await sleep(loop.wheel(), 10ms); !slept) co_return std::unexpected(slept.error());
  co_return n;
}
Task<void> note(std::vector<int>& order, int n) {
  order.push_back(n);
  co_return;
}
Task<void> wait_for_stop(Event& never, int& stopped) {
  const Result<void> outcome = co_await never.wait();
  EXPECT_EQ(outcome.error(), Errc::stopped);
  const Result<void> later = co_await never.wait();
  EXPECT_EQ(later.error(), Errc::stopped);
  ++stopped;
}

TEST(Task, DoesNotRunBeforeItIsAwaited) {
  run([](Loop&) -> Task<void> {
    std::vector<int> order;
    Task<void> first = note(order, 1);
    co_await note(order, 2);
    co_await std::move(first);
    EXPECT_EQ(order, (std::vector<int>{2, 1}));
  });
}

TEST(Task, FreesItsFrameWhenItIsNeverAwaited) {
  const auto held = std::make_shared<int>(1);
  {
    const auto keep = [](std::shared_ptr<int> p) -> Task<int> { co_return *p; };
    Task<int> dropped = keep(held);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

// A frame a call and no tail calls without optimisation: a million ends at once must not deepen the stack.
TEST(Task, LoopsOverTasksThatEndAtOnceWithoutGrowingTheStack) {
  run([](Loop&) -> Task<void> {
    long sum = 0;
    for (int i = 0; i < 1'000'000; ++i) sum += co_await give(1);
    EXPECT_EQ(sum, 1'000'000);
  });
}

TEST(Task, BringsAValueOverAWait) {
  run([](Loop& loop) -> Task<void> {
    const Result<int> got = co_await give_late(loop, 7);
    EXPECT_TRUE(got.has_value());
    EXPECT_EQ(got.value_or(0), 7);
  });
}

// Without a bound in time a turn of slow tasks keeps every timer waiting, and the kernel takes the worker for dead.
TEST(Loop, RunsATimerThatIsDueBeforeEverythingElseThatIsReady) {
  run([](Loop& loop) -> Task<void> {
    struct Due : Timer {
      explicit Due(int& resumed) : now(resumed) {}
      void fire() override { at = now; }
      int& now;
      int at = -1;
    };
    int resumed = 0;
    Due due(resumed);
    const auto busy = [](int& count, const Due& timer) -> Task<void> {
      while (timer.at < 0) {
        for (const auto end = std::chrono::steady_clock::now() + 2ms; std::chrono::steady_clock::now() < end;) {
        }
        ++count;
        if (const auto went_on = co_await yield(); !went_on) co_return;
      }
    };
    TaskGroup group(loop);
    for (int i = 0; i < 200; ++i) group.spawn(busy(resumed, due));
    resumed = 0;
    loop.wheel().add(due, 1ms);
    co_await group.join();
    EXPECT_LT(due.at, 20);
  });
}

// A task that is always ready, such as the one that accepts under a flood, must leave sockets their share for ever.
TEST(Loop, AsksItsSocketsAsOftenAfterManyTurnsAsInTheFirst) {
  run([](Loop& loop) -> Task<void> {
    constexpr int hops = 300;
    bool done = false;
    int resumed = 0;
    const auto busy = [](const bool& over, int& count) -> Task<void> {
      for (bool on = true; on && !over; ++count) on = (co_await yield()).has_value();
    };
    TaskGroup group(loop);
    group.spawn(busy(done, resumed));
    auto [near, far] = streams(loop);
    const auto echo = [](Tcp& stream) -> Task<void> {
      std::byte byte{};
      for (int i = 0; i < hops; ++i) {
        const auto got = co_await stream.read(std::span(&byte, 1));
        const auto wrote = co_await stream.write(std::span<const std::byte>(&byte, 1));
        EXPECT_TRUE(wrote.has_value() && got.value_or(0) == 1);
      }
    };
    group.spawn(echo(far));
    std::vector<int> between;
    for (int i = 0; i < hops; ++i) {
      const int before = resumed;
      std::byte byte{};
      const auto wrote = co_await near.write(std::span<const std::byte>(&byte, 1));
      const auto got = co_await near.read(std::span(&byte, 1));
      EXPECT_TRUE(wrote.has_value() && got.value_or(0) == 1);
      between.push_back(resumed - before);
    }
    done = true;
    co_await group.join();
    std::ranges::sort(std::span(between).last(hops / 3));
    EXPECT_LT(between[hops - hops / 6], 10 * 256);  // the median of the last third, in full turns
  });
}

TEST(TaskGroup, JoinsThousandsOfTasksThatEndInAnyOrder) {
  run([](Loop& loop) -> Task<void> {
    int ended = 0;
    const auto child = [](Loop& l, int ms, int& count) -> Task<void> {
      (void)co_await sleep(l.wheel(), std::chrono::milliseconds(ms));
      ++count;
    };
    TaskGroup group(loop);
    for (int i = 0; i < 20'000; ++i) group.spawn(child(loop, (i * 7919) % 100, ended));
    EXPECT_EQ(group.size(), 20'000U);
    co_await group.join();
    EXPECT_EQ(ended, 20'000);
  });
}

TEST(TaskGroup, StopEndsEveryPendingAndEveryLaterOperation) {
  run([](Loop& loop) -> Task<void> {
    Event never;
    int stopped = 0;
    TaskGroup group(loop);
    for (int i = 0; i < 20'000; ++i) group.spawn(wait_for_stop(never, stopped));
    group.stop();
    EXPECT_EQ(stopped, 0);  // stop() runs no foreign code underneath its caller
    co_await group.join();
    EXPECT_EQ(stopped, 20'000);
  });
}

TEST(TaskGroup, StopReachesThroughInnerGroupsThatAreJoined) {
  run([](Loop& loop) -> Task<void> {
    Event never;
    int stopped = 0;
    const auto middle = [](Loop& l, Event& e, int& count) -> Task<void> {
      TaskGroup inner(l);
      inner.spawn(wait_for_stop(e, count));
      inner.spawn(wait_for_stop(e, count));
      co_await inner.join();
    };
    TaskGroup outer(loop);
    outer.spawn(middle(loop, never, stopped));
    outer.spawn(wait_for_stop(never, stopped));
    outer.stop();
    co_await outer.join();
    EXPECT_EQ(stopped, 3);
  });
}

TEST(TaskGroup, StopReachesAnInnerGroupWhoseOwnerGetsToJoinLater) {
  run([](Loop& loop) -> Task<void> {
    Event never;
    int stopped = 0;
    const auto middle = [](Loop& l, Event& e, int& count) -> Task<void> {
      TaskGroup inner(l);
      inner.spawn(wait_for_stop(e, count));
      EXPECT_EQ((co_await e.wait()).error(), Errc::stopped);
      co_await inner.join();
    };
    TaskGroup outer(loop);
    outer.spawn(middle(loop, never, stopped));
    outer.stop();
    co_await outer.join();
    EXPECT_EQ(stopped, 1);
  });
}

TEST(TaskGroup, MayBeStoppedByOneOfItsOwnTasks) {
  run([](Loop& loop) -> Task<void> {
    Event never;
    int stopped = 0;
    const auto stopper = [](Loop& l, TaskGroup& g) -> Task<void> {
      (void)co_await sleep(l.wheel(), 5ms);
      g.stop();
    };
    TaskGroup group(loop);
    group.spawn(wait_for_stop(never, stopped));
    group.spawn(stopper(loop, group));
    co_await group.join();
    EXPECT_EQ(stopped, 1);
  });
}

TEST(TaskGroup, AbortsWhenItIsLeftWithoutAJoin) {
  EXPECT_DEATH(run([](Loop& loop) -> Task<void> {
                 Event never;
                 TaskGroup group(loop);
                 const auto child = [](Event& e) -> Task<void> { (void)co_await e.wait(); };
                 group.spawn(child(never));
                 co_return;
               }),
               "");
}

TEST(Event, WakesEveryoneAndStaysSetUntilItIsCleared) {
  run([](Loop& loop) -> Task<void> {
    Event event;
    int woken = 0;
    const auto child = [](Event& e, int& count) -> Task<void> {
      EXPECT_TRUE((co_await e.wait()).has_value());
      ++count;
    };
    TaskGroup group(loop);
    for (int i = 0; i < 3; ++i) group.spawn(child(event, woken));
    event.set();
    co_await group.join();
    EXPECT_EQ(woken, 3);
    EXPECT_TRUE((co_await event.wait()).has_value());
    event.clear();
    group.spawn(child(event, woken));
    EXPECT_EQ(group.size(), 1U);
    event.set();
    co_await group.join();
  });
}

TEST(Loop, RunsJobsOfOtherThreadsInOrder) {
  std::vector<int> order;
  run([&order](Loop& loop) -> Task<void> {
    Event done;
    std::thread other([&] {
      for (int i = 0; i < 1000; ++i) loop.post([&order, i] { order.push_back(i); });
      loop.post([&done] { done.set(); });
    });
    (void)co_await done.wait();
    other.join();
  });
  ASSERT_EQ(order.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Loop, StopsFromAnotherThreadAndWaitsForItsTasks) {
  Loop loop;
  Event never;
  int stopped = 0;
  for (int i = 0; i < 100; ++i) loop.spawn(wait_for_stop(never, stopped));
  std::thread other([&] { loop.stop(); });
  loop.run();
  other.join();
  EXPECT_EQ(stopped, 100);
}

// A task whose operations never have to wait must not hold the thread for ever.
TEST(Loop, LetsOthersRunBesideATaskThatIsAlwaysReady) {
  run([](Loop& loop) -> Task<void> {
    Event set;
    set.set();
    bool stop = false;
    const auto greedy = [](Event& e, bool& end) -> Task<void> {
      while (!end) (void)co_await e.wait();
    };
    TaskGroup group(loop);
    group.spawn(greedy(set, stop));
    (void)co_await sleep(loop.wheel(), 20ms);
    stop = true;
    co_await group.join();
  });
}

TEST(Loop, KeepsTheTimeOfItsWakeUpUntilTheNext) {
  run([](Loop& loop) -> Task<void> {
    const Monotonic before = loop.now();
    std::this_thread::sleep_for(5ms);
    EXPECT_EQ(loop.now(), before);
    (void)co_await sleep(loop.wheel(), 1ms);
    EXPECT_GE(loop.now(), before + 5ms);
  });
}

}  // namespace
}  // namespace weir::io::test
