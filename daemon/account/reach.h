// Whether anybody behind the gateway answers: an uplink that is down shows in nothing else, since whoever cannot be
// reached leaves no time to be measured.
//
// An answer is a SYN-ACK, a reset, or bytes.  Silence is that since the last answer several addresses were asked, and
// none said anything for some time.  IPv4 and IPv6 are told apart: often only one of them is broken.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/addr.h"
#include "base/clock.h"
#include "base/units.h"

namespace weir::account {

/// Any thread.
class Reach {
 public:
  static constexpr std::size_t enough = 3, most = 1024;  ///< addresses that must have been asked; that are remembered
  static constexpr Duration patience = std::chrono::seconds(15), memory = std::chrono::minutes(5);
  /// As long as this a SYN on the wire may go without an answer.
  static constexpr Duration unanswered_after = std::chrono::seconds(3);

  void answered(const Address& origin, Monotonic at) {
    // Every answer of a busy gateway comes by here: few of them need to write.
    std::atomic<Monotonic::rep>& last = of(origin).answered;
    const Monotonic::rep now = at.time_since_epoch().count(), before = last.load(std::memory_order_relaxed);
    if (now - before > grain.count()) last.store(now, std::memory_order_relaxed);
  }
  /// It was asked at `asked`, had its time, and said nothing.  May be said again and again.
  void silent(const Address& origin, Monotonic asked);

  struct Silence {
    Monotonic since;        ///< the first of them was asked; of both families: from then on it is so of both
    std::size_t asked = 0;  ///< addresses, lately
    bool v4 = false, v6 = false;
    bool total = false;  ///< nothing came over the other family since then either
  };
  /// Empty: origins answer, or too few were asked.
  std::optional<Silence> silence(Monotonic now) const;
  /// Over IPv4, or over IPv6; the clock's begin when there was none.
  Monotonic last_answer(bool v4) const { return families_[v4 ? 0 : 1].last(); }

 private:
  static constexpr Duration grain = std::chrono::milliseconds(100);
  struct Asked {
    Monotonic first, last;
  };
  struct Family {
    std::atomic<Monotonic::rep> answered{0};
    std::unordered_map<Address, Asked, AddressHash> asked;
    Monotonic tidied{};  // when what counts no more was thrown out

    Monotonic last() const { return Monotonic(Monotonic::duration(answered.load(std::memory_order_relaxed))); }
    /// That belong to a silence of now.
    bool counts(const Asked& one, Monotonic now) const { return one.first > last() && now - one.last < memory; }
    std::optional<Silence> silence(Monotonic now) const;
  };
  Family& of(const Address& origin) { return families_[origin.is_v4() ? 0 : 1]; }

  mutable std::mutex mutex_;  // of what was asked
  std::array<Family, 2> families_;
};

}  // namespace weir::account
