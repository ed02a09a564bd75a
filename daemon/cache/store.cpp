#include "cache/store.h"

#include <algorithm>

namespace weir::cache {

namespace {

/// The shards themselves, charged like all else.
constexpr std::size_t fixed = sizeof(Store);

std::string url_of(const Key& key) {
  std::string url = "http://";
  url.append(key.host);
  if (key.port != 80) url.append(":").append(std::to_string(key.port));
  return url.append(key.target.substr(0, key.target.find('?')));  // the query string is often secret
}

}  // namespace

Store::Store(std::uint64_t ceiling) : Memory(ceiling) {
  if (on()) take(fixed);
}
Store::~Store() = default;

void Store::resize(std::uint64_t octets) {
  const bool was_on = on();
  set_ceiling(octets);
  if (!was_on && on()) take(fixed);
  if (was_on && !on()) {
    purge_all();
    give(fixed);
  }
  while (used() > octets && make_room()) {
  }
}

Store::Resolved Store::resolved(Key key, WallTime now) {
  const Verified::Standing standing = verified_.standing(key.host, key.address, now);
  if (standing != Verified::Standing::unknown) key.address = {};
  return {.key = key, .due = standing == Verified::Standing::due};
}

Shard::Found Store::find(const Key& key, const http::Fields& request, WallTime now) {
  const std::uint64_t hash = hasher_(key);
  return of(hash).find(key, hash, request, now);
}

Shard::Joined Store::join(const Key& key) {
  const std::uint64_t hash = hasher_(key);
  return of(hash).join(hash);
}

void Store::leave(const Shard::Joined& joined, bool unstorable, WallTime now) {
  of(joined.hash).leave(joined.hash, joined.fill, unstorable, now);
}

bool Store::put(std::shared_ptr<Entry> entry, std::uint64_t epoch) {
  const std::uint64_t hash = hasher_(entry->key());
  return on() && of(hash).put(std::move(entry), hash, epoch);
}

bool Store::replace(const std::shared_ptr<Entry>& old, std::shared_ptr<Entry> entry) {
  return of(hasher_(old->key())).replace(old, std::move(entry));
}

void Store::remove(const std::shared_ptr<Entry>& entry) { of(hasher_(entry->key())).remove(entry); }

void Store::weigh(const std::shared_ptr<Entry>& entry) { of(hasher_(entry->key())).weigh(entry); }

// What is forgotten meanwhile is not here any more to be taken out, or has begun a new epoch there.
void Store::promote(const std::shared_ptr<Entry>& entry) {
  Key key = entry->key();
  key.address = {};
  const std::uint64_t hash = hasher_(key);
  const auto epoch = of(hash).vacant(key, hash, entry->variant());
  if (!epoch) return;
  std::shared_ptr<Entry> promoted = entry->under(key);
  if (promoted && of(hasher_(entry->key())).remove(entry)) of(hash).put(std::move(promoted), hash, *epoch);
}

Shard::Gone Store::invalidate(const Key& key) {
  Key other = key;
  Shard::Gone gone;
  for (const Address& address : {key.address, Address{}}) {
    other.address = address;
    const std::uint64_t hash = hasher_(other);
    const auto part = of(hash).forget(other, hash);
    gone.count += part.count;
    gone.octets += part.octets;
    if (key.address == Address{}) break;
  }
  return gone;
}

template <class F>
Shard::Gone Store::forget_everywhere(F&& gone) {
  Shard::Gone total;
  for (Shard& shard : shards_) {
    const auto part = shard.forget(gone);
    total.count += part.count;
    total.octets += part.octets;
  }
  return total;
}

Shard::Gone Store::purge(std::string_view host, std::optional<std::string_view> target) {
  return forget_everywhere([&](const Entry& entry) {
    const Key key = entry.key();
    return key.host == host && (!target || key.target == *target);
  });
}

Shard::Gone Store::purge_all() {
  return forget_everywhere([](const Entry&) { return true; });
}

std::size_t Store::entries() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.size();
  return sum;
}

std::vector<Store::Top> Store::top(std::size_t count) const {
  const auto more = [](const std::shared_ptr<Entry>& a, const std::shared_ptr<Entry>& b) {
    return a->octets_out > b->octets_out;
  };
  std::vector<std::shared_ptr<Entry>> best;
  for (const Shard& shard : shards_) {
    shard.each([&](const std::shared_ptr<Entry>& entry) {
      if (entry->uses != 0) best.push_back(entry);
    });
    std::ranges::sort(best, more);
    if (best.size() > count) best.resize(count);
  }
  std::vector<Top> top;
  for (const auto& entry : best)
    top.push_back({url_of(entry->key()), entry->body()->size(), entry->uses.load(), entry->octets_out.load()});
  return top;
}

bool Store::make_room() {
  for (const bool sparing : {true, false}) {
    for (std::size_t i = 0; i < shards; ++i) {
      if (shards_[next_.fetch_add(1, std::memory_order_relaxed) % shards].let_go(sparing)) return true;
    }
  }
  return false;
}

}  // namespace weir::cache
