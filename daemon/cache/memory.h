// The ceiling.  Nothing of the cache is allocated before it was charged here, so the sum cannot pass the ceiling, not
// even for a moment.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::cache {

/// Any thread.
class Memory {
 public:
  virtual ~Memory() = default;

  /// Charges `octets`, making room for them if there is none.  False: it cannot be made; nothing is charged.
  bool take(std::size_t octets) {
    for (;;) {
      std::uint64_t used = used_.load(std::memory_order_relaxed);
      while (used + octets <= ceiling_.load(std::memory_order_relaxed)) {
        if (used_.compare_exchange_weak(used, used + octets, std::memory_order_relaxed)) return true;
      }
      if (octets > ceiling_ || !make_room()) return false;
    }
  }
  void give(std::size_t octets) { used_.fetch_sub(octets, std::memory_order_relaxed); }

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t ceiling() const { return ceiling_.load(std::memory_order_relaxed); }

 protected:
  explicit Memory(std::uint64_t ceiling) : ceiling_(ceiling) {}
  /// Lets something go.  False: there is nothing that could.
  virtual bool make_room() = 0;
  void set_ceiling(std::uint64_t octets) { ceiling_ = octets; }

 private:
  std::atomic<std::uint64_t> used_{0};
  std::atomic<std::uint64_t> ceiling_;
};

}  // namespace weir::cache
