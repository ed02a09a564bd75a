#include "io/wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace weir::io {
namespace {

using namespace std::chrono_literals;

// A clock that the test moves; wakes the wheel exactly when it asked to be woken.
class FakeHost : public Wheel::Host {
 public:
  Monotonic now() override { return now_; }
  void arm(Monotonic when) override { wanted_ = when; }

  void run_until(Monotonic end, Wheel& wheel) {
    while (wanted_ != Monotonic{} && wanted_ <= end) {
      now_ = std::max(now_, std::exchange(wanted_, Monotonic{}));
      ++wakeups;
      wheel.advance();
    }
    now_ = end;
  }
  Monotonic now_ = Monotonic{} + 1234567ns;
  Monotonic wanted_{};
  int wakeups = 0;
};

class Probe : public Timer {
 public:
  explicit Probe(FakeHost& host) : host_(host) {}
  Monotonic fired_at{};
  int fired = 0;

 private:
  void fire() override {
    fired_at = host_.now();
    ++fired;
  }
  FakeHost& host_;
};

TEST(Wheel, FiresNeverEarlyAndAtMostOneTickLate) {
  FakeHost host;
  Wheel wheel(host);
  const Monotonic start = host.now();
  const Duration delays[] = {0ns, 1ns, 9ms,   10ms,  11ms,  639ms, 640ms, 641ms, 5s,  40s,
                             41s, 60s, 10min, 43min, 44min, 3h,    12h,   46h,   47h, 30 * 24h};
  for (const Duration delay : delays) {
    Probe probe(host);
    const Monotonic begun = host.now();
    wheel.add(probe, delay);
    host.run_until(begun + delay + Wheel::tick, wheel);
    EXPECT_EQ(probe.fired, 1) << delay.count();
    EXPECT_GE(probe.fired_at, begun + delay) << delay.count();
    EXPECT_LE(probe.fired_at, begun + delay + Wheel::tick) << delay.count();
  }
  EXPECT_GT(host.now(), start);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(Wheel, AgreesWithASortedListOnRandomTimers) {
  std::mt19937_64 random(7);
  FakeHost host;
  Wheel wheel(host);
  struct Entry {
    std::unique_ptr<Probe> probe;
    Monotonic due;
    bool removed = false;
  };
  std::vector<Entry> entries;
  for (int round = 0; round < 4000; ++round) {
    const Duration delay(static_cast<Duration::rep>(random() % (1ULL << (20 + random() % 25))));  // 1 ms .. 4.8 h
    entries.push_back({std::make_unique<Probe>(host), host.now() + delay});
    wheel.add(*entries.back().probe, delay);
    if (random() % 3 == 0) {
      Entry& victim = entries[random() % entries.size()];
      victim.removed |= victim.probe->armed();
      wheel.remove(*victim.probe);
    }
    host.run_until(host.now() + Duration(static_cast<Duration::rep>(random() % 3'000'000'000)), wheel);
  }
  host.run_until(host.now() + 6h, wheel);
  for (const Entry& entry : entries) {
    ASSERT_EQ(entry.probe->fired, entry.removed ? 0 : 1);
    if (entry.removed) continue;
    ASSERT_GE(entry.probe->fired_at, entry.due);
    ASSERT_LE(entry.probe->fired_at, entry.due + Wheel::tick);
  }
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(Wheel, WakesForTimersAndNotForTicks) {
  FakeHost host;
  Wheel wheel(host);
  Probe probe(host);
  wheel.add(probe, 60s);
  host.run_until(host.now() + 61s, wheel);
  EXPECT_EQ(probe.fired, 1);
  EXPECT_LE(host.wakeups, 3);  // one a level that the timer passes
}

TEST(Wheel, AsksForNothingWhenNoTimerIsLeft) {
  FakeHost host;
  Wheel wheel(host);
  Probe probe(host);
  wheel.add(probe, 50ms);
  wheel.remove(probe);
  host.run_until(host.now() + 1s, wheel);
  EXPECT_EQ(host.wanted_, Monotonic{});
  EXPECT_EQ(probe.fired, 0);
}

TEST(Wheel, MovesATimerThatIsAddedAgain) {
  FakeHost host;
  Wheel wheel(host);
  Probe probe(host);
  wheel.add(probe, 50ms);
  wheel.add(probe, 500ms);
  EXPECT_EQ(wheel.size(), 1U);
  host.run_until(host.now() + 499ms, wheel);
  EXPECT_EQ(probe.fired, 0);
  host.run_until(host.now() + 12ms, wheel);
  EXPECT_EQ(probe.fired, 1);
}

// The daemon was stopped, the machine suspended, or one handler ran for long.
TEST(Wheel, FiresEverythingThatCameDueWhileItSlept) {
  FakeHost host;
  Wheel wheel(host);
  Probe a(host), b(host), c(host);
  wheel.add(a, 20ms);
  wheel.add(b, 30s);
  wheel.add(c, 2h);
  host.now_ += 1h;
  wheel.advance();
  EXPECT_EQ(a.fired + b.fired, 2);
  EXPECT_EQ(c.fired, 0);
  host.run_until(host.now() + 1h + Wheel::tick, wheel);
  EXPECT_EQ(c.fired, 1);
}

class Again : public Timer {
 public:
  explicit Again(Wheel& wheel) : wheel_(wheel) {}
  int fired = 0;

 private:
  void fire() override {
    if (++fired < 5) wheel_.add(*this, 0ns);
  }
  Wheel& wheel_;
};

TEST(Wheel, LetsATimerPutItselfInAgain) {
  FakeHost host;
  Wheel wheel(host);
  Again again(wheel);
  wheel.add(again, 1ms);
  host.run_until(host.now() + 100ms, wheel);
  EXPECT_EQ(again.fired, 5);
}

class Remover : public Timer {
 public:
  Remover(Wheel& wheel, Timer& other) : wheel_(wheel), other_(other) {}

 private:
  void fire() override { wheel_.remove(other_); }
  Wheel& wheel_;
  Timer& other_;
};

TEST(Wheel, LetsATimerRemoveAnotherThatIsDueAtTheSameTick) {
  FakeHost host;
  Wheel wheel(host);
  Probe before(host), after(host);
  Remover first(wheel, before), last(wheel, after);
  wheel.add(before, 10ms);
  wheel.add(first, 10ms);
  wheel.add(last, 10ms);
  wheel.add(after, 10ms);
  host.run_until(host.now() + 30ms, wheel);
  EXPECT_EQ(before.fired + after.fired, 1);  // whichever stood in front of its remover
  EXPECT_EQ(wheel.size(), 0U);
}

}  // namespace
}  // namespace weir::io
