// Wheel: all the timers of a worker, behind one timer of the kernel.
//
// Nearly every timer of a proxy is taken back before it is due, so arming and disarming must cost a few stores: no
// system call, no allocation, no search.  Four levels of 64 slots; a slot of the lowest level is one tick, a slot of
// any other is one turn of the level below.  A timer lies in the lowest level whose turn reaches its due time; when its
// slot comes up on a higher level it moves down.  A bitmap a level names the slots in use, so that the worker wakes for
// the next slot in use and not for every tick.  Timers fire at or up to one tick after their time, never before. Beyond
// 46 hours a timer lies in the last slot within reach and is put in again from there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/units.h"
#include "io/wait.h"

namespace weir::io {

/// Something with a due time.  Lives in its owner's frame or object; taken out of the wheel when destroyed.
class Timer {
 public:
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  bool armed() const { return slot_ != nullptr; }

 protected:
  Timer() = default;
  virtual ~Timer();
  /// The time has come; the timer is out of the wheel and may be put in again.
  virtual void fire() = 0;

 private:
  friend class Wheel;
  Monotonic::rep tick_ = 0;
  Timer** slot_ = nullptr;  // head of the list in which it lies
  Timer* next_ = nullptr;
  Timer* prev_ = nullptr;
  class Wheel* wheel_ = nullptr;
};

class Wheel {
 public:
  static constexpr Duration tick = std::chrono::milliseconds(10);

  /// Who owns the clock and wakes the wheel.
  class Host {
   public:
    virtual Monotonic now() = 0;
    /// Call advance() at `when`; replaces an earlier request that is still open.
    virtual void arm(Monotonic when) = 0;

    virtual ~Host() = default;
  };

  explicit Wheel(Host& host);
  ~Wheel();  ///< no timer may be left
  Wheel(const Wheel&) = delete;
  Wheel& operator=(const Wheel&) = delete;

  /// Has `timer` fire after `delay` (counted from Host::now()).  A timer that is armed already is moved.
  void add(Timer& timer, Duration delay);
  void remove(Timer& timer);
  /// Fires what is due at Host::now() and asks the host for the next wake-up, if any timer is left.
  void advance();

  Monotonic now() { return host_.now(); }
  std::size_t size() const { return size_; }

 private:
  static constexpr int levels = 4;
  static constexpr int bits = 6;
  static constexpr std::size_t slots = 1U << bits;
  using Tick = Monotonic::rep;

  void place(Timer& timer);
  void unlink(Timer& timer);
  void spread(int level, std::size_t slot);
  void run_slot(std::size_t slot);
  Tick next_tick() const;  ///< the first tick at which a slot in use comes up; only while size_ > 0
  void rearm();

  Host& host_;
  Monotonic start_;
  Tick current_ = 0;  // every tick up to this one has been run
  Tick armed_ = 0;    // tick for which the host was asked, 0 = none
  std::size_t size_ = 0;
  bool advancing_ = false;
  std::array<std::uint64_t, levels> used_{};
  std::array<std::array<Timer*, slots>, levels> slot_{};
};

/// `co_await sleep(wheel, delay)`: success after `delay`, or Errc::stopped.
class [[nodiscard]] Sleep : Wait, Timer {
 public:
  Sleep(Wheel& wheel, Duration delay) : wheel_(wheel), delay_(delay) {}
  using Wait::await_ready;
  using Wait::await_suspend;
  Result<void> await_resume() const;

 private:
  bool begin() override;
  void withdraw() override { wheel_.remove(*this); }
  void fire() override { wake(); }

  Wheel& wheel_;
  Duration delay_;
};
inline Sleep sleep(Wheel& wheel, Duration delay) { return Sleep(wheel, delay); }

}  // namespace weir::io
