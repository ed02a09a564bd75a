#include "cache/shard.h"

#include <algorithm>

namespace weir::cache {

std::shared_ptr<Entry> Shard::Slot::find(const Key& key, const Entry::Variant& variant) const {
  for (const auto& entry : variants) {
    if (entry->key() == key && entry->variant() == variant) return entry;
  }
  return nullptr;
}

Shard::Found Shard::find(const Key& key, std::uint64_t hash, const http::Fields& request, WallTime now) {
  const std::lock_guard lock(mutex_);
  Found found{.epoch = epochs_[hash % epochs]};
  const Mark& mark = marks_[hash % marks];
  found.marked = mark.hash == hash && now < mark.until;
  const auto slot = slots_.find(hash);
  if (slot == slots_.end()) return found;
  for (const auto& entry : slot->second.variants) {
    if (!entry->answers(key, request)) continue;
    entry->favour_ = static_cast<std::uint8_t>(std::min(entry->favour_ + 1, 3));
    found.entry = entry;
    break;
  }
  return found;
}

Shard::Joined Shard::join(std::uint64_t hash) {
  const std::lock_guard lock(mutex_);
  Slot& slot = slots_[hash];
  if (slot.fill) return {slot.fill, false, hash};
  slot.fill = std::make_shared<Fill>();
  return {slot.fill, true, hash};
}

void Shard::leave(std::uint64_t hash, const std::shared_ptr<Fill>& fill, bool unstorable, WallTime now) {
  const std::lock_guard lock(mutex_);
  if (unstorable) marks_[hash % marks] = {hash, now + mark_life};
  const auto slot = slots_.find(hash);
  if (slot == slots_.end() || slot->second.fill != fill) return;
  slot->second.fill.reset();
  if (slot->second.empty()) slots_.erase(slot);
}

bool Shard::put(std::shared_ptr<Entry> entry, std::uint64_t hash, std::uint64_t epoch) {
  std::shared_ptr<Entry> replaced, oldest;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  if (epoch != epochs_[hash % epochs]) return false;
  if (marks_[hash % marks].hash == hash) marks_[hash % marks] = {};
  entry->hash_ = hash;
  Slot& slot = slots_[hash];
  bool proven = ghosts_[hash % ghosts] == hash;
  if ((replaced = slot.find(entry->key(), entry->variant()))) {
    proven |= replaced->proven_ || replaced->favour_ > 0;
    std::erase(slot.variants, replaced);
    unseat(*replaced);
  } else if (slot.variants.size() == most_variants) {
    oldest = slot.variants.back();
    slot.variants.pop_back();
    unseat(*oldest);
  }
  slot.variants.insert(slot.variants.begin(), entry);
  seat(entry, proven);
  return true;
}

bool Shard::replace(const std::shared_ptr<Entry>& old, std::shared_ptr<Entry> entry) {
  const std::lock_guard lock(mutex_);
  if (!old->seated_) return false;
  entry->hash_ = old->hash_;
  entry->favour_ = old->favour_;
  entry->uses = old->uses.load();
  entry->octets_out = old->octets_out.load();
  const bool proven = old->proven_;
  auto& variants = slots_[old->hash_].variants;
  *std::ranges::find(variants, old) = entry;
  unseat(*old);
  seat(entry, proven);
  return true;
}

bool Shard::remove(const std::shared_ptr<Entry>& entry) {
  const std::lock_guard lock(mutex_);
  if (!entry->seated_) return false;
  unlink(*entry);
  return true;
}

std::optional<std::uint64_t> Shard::vacant(const Key& key, std::uint64_t hash, const Entry::Variant& variant) const {
  const std::lock_guard lock(mutex_);
  const auto slot = slots_.find(hash);
  if (slot == slots_.end() || !slot->second.find(key, variant)) return epochs_[hash % epochs];
  return {};
}

void Shard::weigh(const std::shared_ptr<Entry>& entry) {
  const std::size_t weight = entry->memory();
  const std::lock_guard lock(mutex_);
  if (entry->seated_) weigh_anew(*entry, weight);
}

void Shard::weigh_anew(Entry& entry, std::size_t weight) {
  std::uint64_t& octets = entry.proven_ ? proven_octets_ : fresh_octets_;
  octets += weight - entry.weight_;
  entry.weight_ = weight;
}

void Shard::seat(const std::shared_ptr<Entry>& entry, bool proven) {
  Queue& queue = proven ? proven_ : fresh_;
  queue.push_front(entry);
  entry->place_ = queue.begin();
  entry->seated_ = true;
  entry->proven_ = proven;
  weigh_anew(*entry, entry->memory());
}

void Shard::unseat(Entry& entry) {
  weigh_anew(entry, 0);
  entry.seated_ = false;
  (entry.proven_ ? proven_ : fresh_).erase(entry.place_);
}

void Shard::unlink(Entry& entry) {
  const auto slot = slots_.find(entry.hash_);
  std::erase_if(slot->second.variants, [&](const auto& other) { return other.get() == &entry; });
  if (slot->second.empty()) slots_.erase(slot);
  unseat(entry);
}

Shard::Gone Shard::forget(const Key& key, std::uint64_t hash) {
  Gone total;
  std::vector<std::shared_ptr<Entry>> dying;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  ++epochs_[hash % epochs];
  const auto slot = slots_.find(hash);
  if (slot == slots_.end()) return total;
  for (const auto& entry : slot->second.variants) {
    if (entry->key() == key) dying.push_back(entry);
  }
  for (const auto& entry : dying) {
    ++total.count;
    total.octets += entry->memory();
    unlink(*entry);
  }
  return total;
}

bool Shard::is_scanned() const {
  constexpr std::uint64_t share = 10;
  return fresh_octets_ * share > fresh_octets_ + proven_octets_;
}

std::shared_ptr<Entry> Shard::candidate(bool sparing, bool merciless) {
  // Entries in use are passed over, so that a walk may find none; it must not hold the lock for long.
  constexpr int longest_walk = 64;
  constexpr long own_shares = 2;  // of the queue and of the slot
  for (int step = 0; step < longest_walk; ++step) {
    const bool from_fresh = proven_.empty() || is_scanned();
    if (sparing && !is_scanned()) return nullptr;
    Queue& queue = from_fresh && !fresh_.empty() ? fresh_ : proven_;
    if (queue.empty()) return nullptr;
    const std::shared_ptr<Entry>& last = queue.back();
    if (last.use_count() == own_shares && (merciless || last->favour_ == 0)) return last;
    queue.splice(queue.begin(), queue, std::prev(queue.end()));
    Entry& passed = *queue.front();
    if (passed.favour_ == 0) continue;
    --passed.favour_;
    if (!from_fresh || merciless) continue;
    const std::size_t weight = passed.weight_;
    weigh_anew(passed, 0);
    proven_.splice(proven_.begin(), fresh_, passed.place_);
    passed.proven_ = true;
    weigh_anew(passed, weight);
  }
  return nullptr;
}

std::shared_ptr<Entry> Shard::let_go(bool sparing) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Entry> found = candidate(sparing, false);
  if (!found && !sparing) found = candidate(false, true);
  if (!found) return nullptr;
  if (!found->proven_) ghosts_[found->hash_ % ghosts] = found->hash_;
  unlink(*found);
  return found;
}

std::size_t Shard::size() const {
  const std::lock_guard lock(mutex_);
  return fresh_.size() + proven_.size();
}

}  // namespace weir::cache
