// Numbers that one thread raises and another reads.  The hot path must not pay for the reader: every worker has its own
// block, a relaxed load and store instead of a locked add, and readers take the sum of blocks that may be a few events
// apart.  A counter starts at zero with the process and never goes down.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "weir/cache_result.h"
#include "weir/reasons.h"
#include "weir/words.h"

namespace weir::account {

/// One value per row of include/weir/counters.def.
enum class Count : std::uint8_t {
#define WEIR_COUNTER(name, text) name,
#include "weir/counters.def"
#undef WEIR_COUNTER
};
inline constexpr int counts = 0
#define WEIR_COUNTER(name, text) +1
#include "weir/counters.def"
#undef WEIR_COUNTER
    ;
std::string_view word(Count count);

inline constexpr int depths = 5;
inline constexpr int actions = 5;

/// Written by one thread, read by any.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  std::uint64_t read() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// The shape shared by a worker's block (T = Counter) and by sums (T = integer).
template <class T>
struct CountersOf {
  std::array<T, counts> count{};
  std::array<T, depths> depth{};               ///< connections by the depth at which they were judged
  std::array<T, actions> action{};             ///< records by what was done
  std::array<T, actions> would{};              ///< records by what a shadow or gateway.observe kept from being done
  std::array<T, close_reasons> records{};      ///< log lines by reason: a request, or a connection without one
  std::array<T, close_reasons> connections{};  ///< ends of connections by reason
  std::array<T, cache_results> cache{};        ///< requests by what the cache did

  T& of(Count c) { return count[static_cast<int>(c)]; }
  T& of(Depth d) { return depth[static_cast<int>(d)]; }
  T& of(Action a) { return action[static_cast<int>(a)]; }
  T& of(CacheResult r) { return cache[static_cast<int>(r)]; }
  const T& of(Count c) const { return count[static_cast<int>(c)]; }
  const T& of(Depth d) const { return depth[static_cast<int>(d)]; }
  const T& of(Action a) const { return action[static_cast<int>(a)]; }
  const T& of(CacheResult r) const { return cache[static_cast<int>(r)]; }
};

struct alignas(64) Counters : CountersOf<Counter> {};

struct Totals : CountersOf<std::uint64_t> {
  Totals& operator+=(const Counters& block);
  std::uint64_t open() const;    ///< connections that have begun and not ended
  std::uint64_t failed() const;  ///< records whose reason is a failure
  std::uint64_t all() const;     ///< records
};

}  // namespace weir::account
