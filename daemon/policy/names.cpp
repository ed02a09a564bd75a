#include "policy/names.h"

#include <algorithm>
#include <functional>

#include "base/name.h"

namespace weir::policy {

namespace {

std::uint64_t both(std::uint32_t a, std::uint32_t b) { return std::uint64_t{a} << 32 | b; }

/// Spreads a hash over `slots` by its upper half and leaves its lower bits for the tag.
std::size_t place(std::uint64_t hash, std::size_t slots) { return (hash >> 32) * slots >> 32; }
std::uint32_t tag_of(std::uint64_t hash) { return hash & 0xffffff; }

}  // namespace

NameTable::NameTable(std::size_t names, std::size_t sources) : slots_(names + names / 2 + 1) {
  sets_.number(Bits(sources));
  pair({0, 0});
}

std::size_t NameTable::locate(std::string_view name) const {
  const std::uint64_t hash = std::hash<std::string_view>()(name);
  for (std::size_t at = place(hash, slots_.size());; at = at + 1 == slots_.size() ? 0 : at + 1) {
    const Slot& slot = slots_[at];
    if (slot.length == 0 || (slot.tag == tag_of(hash) && text(slot) == name)) return at;
  }
}

void NameTable::add(std::string_view name, bool subtree, std::uint32_t source) {
  Slot& slot = slots_[locate(name)];
  if (slot.length == 0) {
    slot = {.offset = static_cast<std::uint32_t>(texts_.size()),
            .pair = 0,
            .length = static_cast<std::uint32_t>(name.size()),
            .tag = tag_of(std::hash<std::string_view>()(name))};
    texts_ += name;
    ++size_;
  }
  Sets sets = pairs_[slot.pair];
  std::uint32_t& changed = subtree ? sets.below : sets.exact;
  changed = with(changed, source);
  slot.pair = pair(sets);
}

void NameTable::fold() {
  // Ancestors first: by the number of dots, of which a name has fewer than 128.
  std::vector<std::vector<Slot*>> by_depth;
  for (Slot& slot : slots_) {
    if (slot.length == 0) continue;
    const std::size_t depth = std::ranges::count(text(slot), '.');
    if (by_depth.size() <= depth) by_depth.resize(depth + 1);
    by_depth[depth].push_back(&slot);
  }
  for (const auto& slots : by_depth) {
    for (Slot* slot : slots) {
      const Sets own = pairs_[slot->pair];
      const std::uint32_t below = united(own.below, inherited(text(*slot)));
      slot->pair = pair({.exact = united(own.exact, below), .below = below});
    }
  }
  texts_.shrink_to_fit();
  pair_numbers_ = unions_ = additions_ = {};
}

std::uint32_t NameTable::inherited(std::string_view name) const {
  for (name = parent(name); !name.empty(); name = parent(name)) {
    const Slot& slot = slots_[locate(name)];
    if (slot.length != 0) return pairs_[slot.pair].below;
  }
  return 0;
}

std::uint32_t NameTable::find(std::string_view name) const {
  const Slot& slot = slots_[locate(name)];
  return slot.length != 0 ? pairs_[slot.pair].exact : inherited(name);
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
