#include "io/wheel.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace weir::io {

Timer::~Timer() {
  if (armed()) wheel_->remove(*this);
}

Wheel::Wheel(Host& host) : host_(host), start_(host.now()) {}

Wheel::~Wheel() {
  if (size_ != 0) std::abort();
}

void Wheel::add(Timer& timer, Duration delay) {
  if (timer.armed()) unlink(timer);
  const Duration since = host_.now() - start_;
  if (size_ == 0 && !advancing_) current_ = std::max(current_, since / tick);  // nothing to run: catch up for free
  timer.wheel_ = this;
  timer.tick_ = std::max((since + std::max(delay, Duration::zero()) + tick - Duration(1)) / tick, current_ + 1);
  place(timer);
  ++size_;
  if (!advancing_) rearm();
}

void Wheel::remove(Timer& timer) {
  if (timer.armed()) unlink(timer);
}

void Wheel::advance() {
  const Tick until = (host_.now() - start_) / tick;
  armed_ = 0;
  advancing_ = true;
  while (size_ > 0) {
    const Tick next = next_tick();
    if (next > until) break;
    current_ = next;
    for (int level = levels - 1; level > 0; --level) {
      const bool turned = (current_ & ((Tick{1} << (bits * level)) - 1)) == 0;
      if (turned) spread(level, static_cast<std::size_t>(current_ >> (bits * level)) % slots);
    }
    run_slot(static_cast<std::size_t>(current_) % slots);
  }
  current_ = std::max(current_, until);
  advancing_ = false;
  rearm();
}

// Into the lowest level whose turn reaches the timer's tick, seen from the current one.
void Wheel::place(Timer& timer) {
  constexpr Tick reach = (Tick{1} << (bits * levels)) - 1;
  const Tick ahead = std::min(timer.tick_ - current_, reach);
  int level = 0;
  while (ahead >> (bits * (level + 1)) != 0) ++level;
  const std::size_t slot = static_cast<std::size_t>((current_ + ahead) >> (bits * level)) % slots;

  Timer*& head = slot_[level][slot];
  timer.slot_ = &head;
  timer.prev_ = nullptr;
  timer.next_ = head;
  if (head != nullptr) head->prev_ = &timer;
  head = &timer;
  used_[level] |= std::uint64_t{1} << slot;
}

void Wheel::unlink(Timer& timer) {
  (timer.prev_ != nullptr ? timer.prev_->next_ : *timer.slot_) = timer.next_;
  if (timer.next_ != nullptr) timer.next_->prev_ = timer.prev_;
  if (*timer.slot_ == nullptr) {
    const auto index = static_cast<std::size_t>(timer.slot_ - &slot_[0][0]);
    used_[index / slots] &= ~(std::uint64_t{1} << (index % slots));
  }
  timer.slot_ = nullptr;
  --size_;
}

void Wheel::spread(int level, std::size_t slot) {
  while (Timer* timer = slot_[level][slot]) {
    unlink(*timer);
    place(*timer);
    ++size_;
  }
}

void Wheel::run_slot(std::size_t slot) {
  while (Timer* timer = slot_[0][slot]) {
    unlink(*timer);
    timer->fire();  // may add and remove timers; none can come into this slot, its time is over
  }
}

Wheel::Tick Wheel::next_tick() const {
  Tick first = 0;
  for (int level = 0; level < levels; ++level) {
    if (used_[level] == 0) continue;
    const Tick turn = current_ >> (bits * level);
    const int behind = static_cast<int>(turn + 1) & (slots - 1);
    const Tick ahead = 1 + std::countr_zero(std::rotr(used_[level], behind));
    const Tick comes_up = (turn + ahead) << (bits * level);
    if (first == 0 || comes_up < first) first = comes_up;
  }
  return first;
}

void Wheel::rearm() {
  if (size_ == 0) return;
  const Tick next = next_tick();
  if (armed_ != 0 && armed_ <= next) return;
  armed_ = next;
  host_.arm(start_ + next * tick);
}

bool Sleep::begin() {
  wheel_.add(*this, delay_);
  return false;
}

Result<void> Sleep::await_resume() const {
  if (error()) return std::unexpected(*error());
  return {};
}

}  // namespace weir::io
