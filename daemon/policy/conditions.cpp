#include "policy/conditions.h"

#include <algorithm>

namespace weir::policy {

void Conditions::add(std::size_t rule, std::uint32_t source, bool negated) {
  auto& elements = negated ? lists_[rule].unwanted : lists_[rule].wanted;
  if (std::ranges::find(elements, source) == elements.end()) elements.push_back(source);
}

Bits Conditions::matching(const Bits& sources) const {
  const auto held = [&](std::uint32_t source) { return holds(sources, source); };
  Bits rules(lists_.size());
  for (std::size_t r = 0; r < lists_.size(); ++r) {
    const MatchList& list = lists_[r];
    if (std::ranges::any_of(list.unwanted, held)) continue;
    if (list.wanted.empty() || std::ranges::any_of(list.wanted, held)) rules.set(r);
  }
  return rules;
}

Conditions::Met Conditions::met(const Bits& sources) const {
  const auto held = [&](std::uint32_t source) { return holds(sources, source); };
  Met met{Bits(lists_.size()), Bits(lists_.size())};
  for (std::size_t r = 0; r < lists_.size(); ++r) {
    if (std::ranges::any_of(lists_[r].wanted, held)) met.wanted.set(r);
    if (std::ranges::any_of(lists_[r].unwanted, held)) met.unwanted.set(r);
  }
  return met;
}

Bits Conditions::content() const {
  Bits rules(lists_.size());
  for (std::size_t r = 0; r < lists_.size(); ++r) {
    if (!wants(r)) rules.set(r);
  }
  return rules;
}

std::vector<Bits> Conditions::matching(const Interner& sets) const {
  std::vector<Bits> rules;
  rules.reserve(sets.size());
  for (std::uint32_t set = 0; set < sets.size(); ++set) rules.push_back(matching(sets[set]));
  return rules;
}

}  // namespace weir::policy
