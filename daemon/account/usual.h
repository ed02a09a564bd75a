// What is slow now, against what is usual at this hour.  Time and sums in, values out: nothing here reads a clock.
//
// Kept are: where the sums stood every half minute of the last five (what "now" is), the last 24 hours in pieces of
// five minutes (since when, and the usual of a gateway that has no days yet), and every hour of the last seven days.
// All of it takes about 100 KiB; the hours outlive a restart when somebody keeps them.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "account/timing.h"

namespace weir::account {

/// The middle of what a span took.
struct Middle {
  std::uint64_t count = 0;
  std::uint64_t us = 0;
};

/// A piece of time.
struct Summary {
  std::int64_t begin = 0;  ///< seconds since 1970
  std::array<Middle, spans> took{};
  std::array<SentOf<std::uint64_t>, ways> handshakes{}, segments{};

  const Middle& of(Span span) const { return took[static_cast<int>(span)]; }
  Middle& of(Span span) { return took[static_cast<int>(span)]; }
};
Summary summary_of(const TimingSums& sums, std::int64_t begin);

inline constexpr std::uint64_t enough = 5;  ///< measured in a piece of time, to say anything about it

/// Three times the usual and more by what somebody would feel.
bool is_slow(Span span, const Middle& now, const Middle& usual);

enum class Verdict : std::uint8_t { unknown, nothing, client, inside, origin, answer };
std::string_view word(Verdict verdict);

struct Judged {
  Verdict verdict = Verdict::unknown;
  std::optional<Span> by;  ///< the span that is slowest beyond its usual
  /// Passed connections, which Weir does not touch, are slow alike.
  bool passed_too = false;
};
/// `usual`: its spans without a count have none.  Where connections that Weir holds take longer to reach their origins
/// and those that pass do not, it is Weir that is slow.
Judged judge(const Summary& now, const Summary& usual);

class Usual {
 public:
  static constexpr std::int64_t window = 300, look_every = 30, hour = 3600, days = 7;
  static constexpr std::size_t pieces_needed = 12, days_needed = 2;

  /// The sums so far, every `look_every` or so.  True when an hour has ended: there is something to keep.
  bool look(const TimingSums& sums, std::int64_t now);

  struct Compared {
    Summary now;
    Summary usual;
    std::size_t days = 0;    ///< at this hour that the usual is made of; 0: of `pieces`
    std::size_t pieces = 0;  ///< of today; 0 too: there is no usual yet
    Judged judged;
    std::int64_t since = 0;  ///< of a verdict that something is slow
  };
  Compared compare(const TimingSums& sums, std::int64_t now) const;

  /// Whole hours, the oldest first; `begin` on the hour.
  const std::deque<Summary>& hours() const { return hours_; }
  /// From an earlier run.  What is too old, or from the future, is left out.
  void recall(std::vector<Summary> hours, std::int64_t now);

 private:
  struct Stand {
    std::int64_t at = 0;
    TimingSums sums;
  };
  void forget(std::int64_t now);
  void find_usual(Compared& compared, std::int64_t now) const;
  std::int64_t begin_of(const Compared& compared) const;

  std::deque<Stand> stands_;    // of the last window, the oldest first
  std::optional<Stand> piece_;  // where the sums stood when the piece and the hour that run now began
  std::optional<Stand> hour_;
  std::deque<Summary> pieces_;
  std::deque<Summary> hours_;
};

}  // namespace weir::account
