#include "policy/names.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/name.h"

namespace weir::policy {

namespace {

std::uint64_t both(std::uint32_t a, std::uint32_t b) { return std::uint64_t{a} << 32 | b; }

/// Spreads a hash over the slots by its upper half (place()) and leaves its lower bits for the tag.
std::uint32_t tag_of(std::uint64_t hash) { return hash & 0xffffff; }

}  // namespace

NameTable::NameTable(std::size_t names, std::size_t bytes, std::size_t sources)
    : slots_(names + names / 2 + 1), holders_(std::bit_ceil(names / 8 + 1)) {
  texts_.reserve(bytes);
  sets_.number(Bits(sources));
  pair({0, 0});
}

std::size_t NameTable::locate(std::string_view name, std::uint64_t hash) const {
  for (std::size_t at = place(hash);; at = at + 1 == slots_.size() ? 0 : at + 1) {
    const Slot& slot = slots_[at];
    if (slot.length == 0 || (slot.tag == tag_of(hash) && text(slot) == name)) return at;
  }
}

void NameTable::add(const Added& added) {
  Slot& slot = slots_[locate(added.name, added.hash)];
  if (slot.length == 0) {
    slot = {.offset = static_cast<std::uint32_t>(texts_.size()),
            .pair = 0,
            .length = static_cast<std::uint32_t>(added.name.size()),
            .tag = tag_of(added.hash)};
    texts_ += added.name;
    ++size_;
  }
  slot.pair = pair_with(slot.pair, added.subtree, added.source);
  if (added.subtree) holders_[added.hash / 64 % holders_.size()] |= std::uint64_t{1} << added.hash % 64;
}

void NameTable::add(const NameList& list, std::uint32_t source, std::uint32_t excepted) {
  std::array<Added, ahead> coming;
  std::size_t next = 0;
  list.for_each([&](std::string_view name, NameList::Kind kind) {
    if (next >= ahead) add(coming[next % ahead]);
    const std::uint64_t hash = hash_of(name);
    __builtin_prefetch(&slots_[place(hash)], 1);
    coming[next++ % ahead] = {hash, name, NameList::is_subtree(kind), NameList::is_exception(kind) ? excepted : source};
  });
  for (std::size_t n = next - std::min(next, ahead); n < next; ++n) add(coming[n % ahead]);
}

void NameTable::fold() {
  for (std::size_t at = 0; at < slots_.size(); ++at) {
    if (at + ahead < slots_.size()) __builtin_prefetch(texts_.data() + slots_[at + ahead].offset);
    Slot& slot = slots_[at];
    if (slot.length != 0) slot.pair = pair_below(slot.pair, gathered(text(slot)));
  }
  if (texts_.capacity() - texts_.size() > texts_.size() / 8) texts_.shrink_to_fit();  // many doubles
  holders_ = {};
  pair_numbers_ = unions_ = additions_ = pair_additions_ = pair_unions_ = {};
}

std::uint32_t NameTable::gathered(std::string_view name) {
  std::uint32_t all = 0;
  for (name = parent(name); !name.empty(); name = parent(name)) {
    const std::uint64_t hash = hash_of(name);
    if (!(holders_[hash / 64 % holders_.size()] >> hash % 64 & 1)) continue;
    const Slot& slot = slots_[locate(name, hash)];
    if (slot.length != 0) all = united(all, pairs_[slot.pair].below);
  }
  return all;
}

std::uint32_t NameTable::inherited(std::string_view name) const {
  for (name = parent(name); !name.empty(); name = parent(name)) {
    const Slot& slot = slots_[locate(name, hash_of(name))];
    if (slot.length != 0) return pairs_[slot.pair].below;
  }
  return 0;
}

std::uint32_t NameTable::find(std::string_view name) const {
  const Slot& slot = slots_[locate(name, hash_of(name))];
  return slot.length != 0 ? pairs_[slot.pair].exact : inherited(name);
}

/// The pair of a name that one more source holds.
std::uint32_t NameTable::pair_with(std::uint32_t number, bool subtree, std::uint32_t source) {
  const auto [at, added] = pair_additions_.try_emplace(both(number, source * 2 + subtree));
  if (added) {
    Sets sets = pairs_[number];
    std::uint32_t& changed = subtree ? sets.below : sets.exact;
    changed = with(changed, source);
    at->second = pair(sets);
  }
  return at->second;
}

/// The pair of a name whose ancestors say `inherited` of what is below them.
std::uint32_t NameTable::pair_below(std::uint32_t number, std::uint32_t inherited) {
  const auto [at, added] = pair_unions_.try_emplace(both(number, inherited));
  if (added) {
    const Sets own = pairs_[number];
    const std::uint32_t below = united(own.below, inherited);
    at->second = pair({.exact = united(own.exact, below), .below = below});
  }
  return at->second;
}

std::uint32_t NameTable::pair(Sets sets) {
  const auto [at, added] = pair_numbers_.try_emplace(both(sets.exact, sets.below), pairs_.size());
  if (added) pairs_.push_back(sets);
  return at->second;
}

std::uint32_t NameTable::united(std::uint32_t a, std::uint32_t b) {
  if (a == b || b == 0) return a;
  if (a == 0) return b;
  const auto [at, added] = unions_.try_emplace(both(a, b));
  if (added) {
    Bits set = sets_[a];
    set |= sets_[b];
    at->second = sets_.number(set);
  }
  return at->second;
}

std::uint32_t NameTable::with(std::uint32_t set, std::uint32_t source) {
  const auto [at, added] = additions_.try_emplace(both(set, source));
  if (added) {
    Bits more = sets_[set];
    more.set(source);
    at->second = sets_.number(more);
  }
  return at->second;
}

}  // namespace weir::policy
