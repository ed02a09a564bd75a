// How long it takes before, inside and behind Weir: histograms that one thread fills and any other reads, like
// counters.
//
// Buckets are half octaves, from 8 us to 17 s: fine enough to tell twice from usual, coarse enough to cost a few
// stores.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "account/counters.h"
#include "base/units.h"

namespace weir::account {

/// What is measured, and on whose connections: those that pass on the wire, or those that the daemon holds.
enum class Span : std::uint8_t {
  client_passed,  ///< SYN-ACK to the client's answer, at the gateway
  client_held,    ///< the kernel's least round trip to the client
  inside,         ///< a head in Weir, each way, without the waits for others
  origin_passed,  ///< SYN to SYN-ACK, at the gateway
  origin_held,    ///< the same, or a dial from beginning to end
  answer,         ///< a request without a body handed to the origin until the head of its response
};
inline constexpr int spans = 6;
std::string_view stage(Span span);    ///< "client", "inside", "origin", "answer"
std::string_view carrier(Span span);  ///< "passed", "held"

enum class Way : std::uint8_t { client, origin };  ///< to whom
inline constexpr int ways = 2;
std::string_view word(Way way);

inline constexpr int buckets = 44;  ///< the last one for whatever takes longer

/// The longest time of a bucket, in microseconds: 8, 12, 16, 24, 32 ...  Not of the last.
constexpr std::uint64_t bound(int bucket) {
  if (bucket == 0) return 8;
  const int octave = 3 + (bucket - 1) / 2;
  return bucket % 2 == 0 ? std::uint64_t{2} << octave : std::uint64_t{3} << (octave - 1);
}
constexpr int bucket_of(std::uint64_t us) {
  if (us <= 8) return 0;
  const int octave = std::bit_width(us - 1) - 1;
  const int half = static_cast<int>((us - 1) >> (octave - 1) & 1);
  const int bucket = 1 + 2 * (octave - 3) + half;
  return bucket < buckets ? bucket : buckets - 1;
}

template <class T>
struct HistogramOf {
  std::array<T, buckets> bucket{};
  T sum_us{};
};
/// Packets that went out on one side, and how many of them were sent again.
template <class T>
struct SentOf {
  T sent{}, again{};
};

/// The shape shared by a worker's block (T = Counter) and by sums (T = integer).
template <class T>
struct TimingsOf {
  std::array<HistogramOf<T>, spans> took{};
  std::array<SentOf<T>, ways> handshakes{};  ///< of passed connections; `again`: something of it was sent again
  std::array<SentOf<T>, ways> segments{};    ///< of held ones

  HistogramOf<T>& of(Span span) { return took[static_cast<int>(span)]; }
  const HistogramOf<T>& of(Span span) const { return took[static_cast<int>(span)]; }
};

struct alignas(64) Timings : TimingsOf<Counter> {
  void add(Span span, Duration duration) {
    const auto us = static_cast<std::uint64_t>(std::max<Duration::rep>(0, duration.count()) / 1000);
    of(span).bucket[bucket_of(us)].add();
    of(span).sum_us.add(us);
  }
  void handshake(Way way, bool again) {
    auto& to = handshakes[static_cast<int>(way)];
    to.sent.add();
    if (again) to.again.add();
  }
  void sent(Way way, std::uint64_t segments_sent, std::uint64_t again) {
    auto& to = segments[static_cast<int>(way)];
    to.sent.add(segments_sent);
    to.again.add(again);
  }
};

struct TimingSums : TimingsOf<std::uint64_t> {
  TimingSums& operator+=(const Timings& block);
  /// What came since `before`.
  TimingSums since(const TimingSums& before) const;
  std::uint64_t count(Span span) const;
  /// In microseconds: as long as the middle of all takes, or less; 0 when there is none.
  std::uint64_t middle(Span span) const;
};

}  // namespace weir::account
