#include "account/timing.h"

namespace weir::account {

std::string_view stage(Span span) {
  switch (span) {
    case Span::client_passed:
    case Span::client_held: return "client";
    case Span::inside: return "inside";
    case Span::origin_passed:
    case Span::origin_held: return "origin";
    case Span::answer: return "answer";
  }
  return {};
}

std::string_view carrier(Span span) {
  return span == Span::client_passed || span == Span::origin_passed ? "passed" : "held";
}

std::string_view word(Way way) { return way == Way::client ? "client" : "origin"; }

namespace {

/// Calls `each(T&, const U&)` for every number of two blocks of one shape.
template <class T, class U, class Each>
void pairwise(TimingsOf<T>& a, const TimingsOf<U>& b, Each each) {
  for (int s = 0; s < spans; ++s) {
    for (int i = 0; i < buckets; ++i) each(a.took[s].bucket[i], b.took[s].bucket[i]);
    each(a.took[s].sum_us, b.took[s].sum_us);
  }
  for (int w = 0; w < ways; ++w) {
    each(a.handshakes[w].sent, b.handshakes[w].sent);
    each(a.handshakes[w].again, b.handshakes[w].again);
    each(a.segments[w].sent, b.segments[w].sent);
    each(a.segments[w].again, b.segments[w].again);
  }
}

}  // namespace

TimingSums& TimingSums::operator+=(const Timings& block) {
  pairwise(*this, block, [](std::uint64_t& sum, const Counter& counter) { sum += counter.read(); });
  return *this;
}

TimingSums TimingSums::since(const TimingSums& before) const {
  TimingSums left = *this;
  pairwise(left, before, [](std::uint64_t& now, std::uint64_t then) { now -= then; });
  return left;
}

std::uint64_t TimingSums::count(Span span) const {
  std::uint64_t sum = 0;
  for (const std::uint64_t n : of(span).bucket) sum += n;
  return sum;
}

std::uint64_t TimingSums::middle(Span span) const {
  const std::uint64_t all = count(span);
  const double wanted = static_cast<double>(all) / 2;
  double below = 0;
  for (int i = 0; i < buckets && all > 0; ++i) {
    const auto here = static_cast<double>(of(span).bucket[i]);
    if (below + here < wanted || here == 0) {
      below += here;
      continue;
    }
    const auto least = static_cast<double>(i == 0 ? 0 : bound(i - 1));
    const auto most = i == buckets - 1 ? least : static_cast<double>(bound(i));
    return static_cast<std::uint64_t>(least + (most - least) * (wanted - below) / here);
  }
  return 0;
}

}  // namespace weir::account
