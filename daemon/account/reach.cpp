#include "account/reach.h"

#include <algorithm>

namespace weir::account {

void Reach::silent(const Address& origin, Monotonic asked) {
  Family& family = of(origin);
  if (asked <= family.last()) return;
  std::lock_guard lock(mutex_);
  const bool full = family.asked.size() >= most && !family.asked.contains(origin);
  if (full && asked - family.tidied > std::chrono::seconds(1)) {
    family.tidied = asked;
    std::erase_if(family.asked, [&](const auto& one) { return !family.counts(one.second, asked); });
  }
  if (full && family.asked.size() >= most) return;  // enough is known
  const auto [at, added] = family.asked.try_emplace(origin, Asked{asked, asked});
  Asked& known = at->second;
  if (!family.counts(known, asked)) known.first = asked;
  known.last = std::max(known.last, asked);
}

std::optional<Reach::Silence> Reach::Family::silence(Monotonic now) const {
  Silence silence{.since = now};
  for (const auto& [address, one] : asked) {
    if (!counts(one, now)) continue;
    silence.since = std::min(silence.since, one.first);
    ++silence.asked;
  }
  if (silence.asked < enough || now - silence.since < patience) return std::nullopt;
  return silence;
}

std::optional<Reach::Silence> Reach::silence(Monotonic now) const {
  std::lock_guard lock(mutex_);
  const auto& [v4, v6] = families_;
  const auto of_v4 = v4.silence(now), of_v6 = v6.silence(now);
  if (!of_v4 && !of_v6) return std::nullopt;
  Silence found = of_v4 ? *of_v4 : *of_v6;
  if (of_v4 && of_v6) {
    found.since = std::max(of_v4->since, of_v6->since);  // one of them may be broken since long ago
    found.asked += of_v6->asked;
  }
  found.v4 = of_v4.has_value();
  found.v6 = of_v6.has_value();
  found.total = (found.v4 && found.v6) || std::max(v4.last(), v6.last()) < found.since;
  return found;
}

}  // namespace weir::account
