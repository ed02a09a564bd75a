#include "cache/entry.h"

#include "cache/vary.h"

namespace weir::cache {

Entry::Entry(Memory& memory, OwnedKey key, Variant variant, StoredHead head, const Facts& facts,
             std::shared_ptr<Body> body)
    : memory_(memory),
      key_(std::move(key)),
      variant_(std::move(variant)),
      head_(std::move(head)),
      facts_(facts),
      body_(std::move(body)) {}

/// Its own octets, its places in the index and in a queue, and what malloc adds to each.
std::size_t Entry::bookkeeping() const {
  constexpr std::size_t places = 384;
  return sizeof(Entry) + sizeof(Body) + places + key_.memory() + variant_.nominated.capacity() +
         variant_.selected.capacity() + head_.memory();
}

std::shared_ptr<Entry> Entry::make(Memory& memory, OwnedKey key, Variant variant, StoredHead head, const Facts& facts,
                                   std::shared_ptr<Body> body) {
  std::shared_ptr<Entry> made(
      new Entry(memory, std::move(key), std::move(variant), std::move(head), facts, std::move(body)));
  const std::size_t needed = made->bookkeeping();
  if (!memory.take(needed)) return nullptr;
  made->charged_ = needed;
  return made;
}

std::shared_ptr<Entry> Entry::under(const Key& key) const {
  auto same = make(memory_, OwnedKey(key), variant_, head_.copy(), facts_, body_);
  if (same) {
    same->uses = uses.load();
    same->octets_out = octets_out.load();
  }
  return same;
}

Entry::~Entry() { memory_.give(charged_); }

bool Entry::answers(const Key& key, const http::Fields& request) const {
  if (key_.view() != key) return false;
  return variant_.nominated.empty() || selected(variant_.nominated, request) == variant_.selected;
}

}  // namespace weir::cache
