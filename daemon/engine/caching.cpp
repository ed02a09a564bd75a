#include "engine/caching.h"

#include <chrono>

#include "base/name.h"
#include "base/text.h"
#include "cache/vary.h"

namespace weir::engine {

namespace {

WallTime wall_clock() { return std::chrono::system_clock::now(); }

std::optional<std::uint64_t> length_of(const http::Response& response) {
  switch (response.framing.kind) {
    case http::Framing::Kind::none: return 0;
    case http::Framing::Kind::length: return response.framing.length;
    default: return {};
  }
}

/// RFC 9111 §4.3.5: what a HEAD says of itself contradicts what is stored.
bool contradicts(const http::Response& head, const cache::StoredHead& stored) {
  const http::Validators now = http::validators_of(head.fields), before = stored.validators();
  if (!now.etag.empty() && now.etag != before.etag) return true;
  if (!now.last_modified.empty() && now.last_modified != before.last_modified) return true;
  const http::Field* length = head.fields.find(http::Name::content_length);
  if (length == nullptr) return false;
  const http::Response decoded = stored.decoded();
  const http::Field* stored_length = decoded.fields.find(http::Name::content_length);
  return stored_length != nullptr && stored_length->value != length->value;
}

std::shared_ptr<cache::Entry> updated(cache::Store& store, const cache::Entry& prior, const http::Response& newer,
                                      WallTime asked, WallTime now) {
  cache::StoredHead head = prior.head().updated_by(newer, now);
  const cache::Facts facts = cache::facts_of(head.decoded(), newer.fields, asked, now);
  return cache::Entry::make(store, cache::OwnedKey(prior.key()), prior.variant(), std::move(head), facts, prior.body());
}

}  // namespace

void Lead::settle(bool unstorable) {
  if (store_ == nullptr) return;
  std::exchange(store_, nullptr)->leave(joined_, unstorable, wall_clock());
  joined_.fill->settle(*loop_);
}

void Caching::hear(const http::Response& response, std::size_t behind) {
  const WallTime now = wall_clock();
  switch (asks) {
    case Asks::change: return invalidate(response);
    case Asks::head: return update_by_head(response, now);
    case Asks::validate:
      if (response.status == 304) {
        use = Use::unchanged;
        return;
      }
      break;
    case Asks::get: break;
  }
  if (prior && cache::is_error(response.status) && cache::usable_on_error(prior->facts(), wish, true, now)) {
    use = Use::stale;
  } else if (keep(response, behind, now)) {
    use = Use::keep;
  } else {
    // The answer to a condition of the client's own says nothing about the next one.
    lead.settle(response.status != 304);
  }
}

bool Caching::hear_failure() {
  if (!prior || !cache::usable_on_error(prior->facts(), wish, false, wall_clock())) return false;
  use = Use::stale;
  return true;
}

/// Makes the entry, and sees to it that there is room for what is here already: from then on the response can be
/// delivered by way of it, whatever else the memory is needed for.
bool Caching::keep(const http::Response& response, std::size_t behind, WallTime now) {
  const auto facts = cache::may_store(response, wish, asked, now);
  const auto length = length_of(response);
  if (!facts || length.value_or(0) > store.largest()) return false;
  const auto nominated = cache::nominated(response.fields);
  if (!nominated) return false;
  auto body = std::make_shared<cache::Body>(store);
  const auto first = length ? length : behind > 0 ? std::optional<std::uint64_t>(behind) : std::nullopt;
  if (length != 0 && body->room(first).empty()) return false;
  entry = cache::Entry::make(store, cache::OwnedKey(key), {*nominated, cache::selected(*nominated, request.fields)},
                             cache::StoredHead::of(response, now), *facts, std::move(body));
  return entry != nullptr;
}

std::shared_ptr<cache::Entry> Caching::freshened(const http::Response& response) {
  auto fresh = updated(store, *prior, response, asked, wall_clock());
  if (!fresh || cache::forbids_keeping(response)) {
    store.remove(prior);
    return fresh ? fresh : prior;
  }
  store.replace(prior, fresh);
  return fresh;
}

void Caching::update_by_head(const http::Response& response, WallTime now) {
  if (!prior || response.status != prior->head().status()) return;
  if (contradicts(response, prior->head())) return store.remove(prior);
  if (!cache::may_store(response, wish, asked, now)) return;
  if (auto fresh = updated(store, *prior, response, asked, now)) store.replace(prior, std::move(fresh));
}

void Caching::invalidate(const http::Response& response) {
  if (response.status < 200 || response.status >= 400) return;
  store.invalidate(key);
  for (const http::Field& field : response.fields) {
    if (!equal_fold(field.name, "location") && !equal_fold(field.name, "content-location")) continue;
    std::string held;
    const auto target = target_of(key, field.value, held);
    if (!target) continue;
    cache::Key named = key;
    named.target = *target;
    store.invalidate(named);
  }
}

std::optional<std::string_view> target_of(const cache::Key& key, std::string_view reference, std::string& held) {
  constexpr std::string_view scheme = "http:";
  reference = reference.substr(0, reference.find('#'));
  if (equal_fold(reference.substr(0, scheme.size()), scheme)) reference.remove_prefix(scheme.size());
  if (reference.starts_with("//")) {
    reference.remove_prefix(2);
    const std::string_view authority = reference.substr(0, reference.find_first_of("/?"));
    reference.remove_prefix(authority.size());
    const std::size_t colon = authority.find(':');
    const std::string_view port = colon == authority.npos ? "80" : authority.substr(colon + 1);
    if (normalise_name(authority) != key.host || port != std::to_string(key.port)) return {};
    if (reference.starts_with('/')) return reference;
    held.assign("/").append(reference);
    return held;
  }
  if (reference.empty() || reference.find(':') < reference.find('/')) return {};  // another scheme
  if (reference.starts_with('/')) return reference;
  const std::string_view path = key.target.substr(0, key.target.find('?'));
  if (reference.starts_with('?'))
    held.assign(path);
  else
    held.assign(path.substr(0, path.rfind('/') + 1));
  held.append(reference);
  if (held.find("/.") != held.npos) return {};  // dot segments: nobody sends them here
  return held;
}

}  // namespace weir::engine
