#include "engine/cached.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "engine/answer.h"
#include "engine/fetch.h"
#include "engine/forward.h"
#include "engine/stored.h"
#include "io/wheel.h"

namespace weir::engine {

namespace {

using Asks = Caching::Asks;
using Use = Caching::Use;

/// How long a request waits, in all, for heads of other requests' fetches.  Some answers are held back on purpose until
/// something happens; whoever asks for one of those must not wait for the events of others.
constexpr Duration patience = std::chrono::seconds(5);

WallTime wall_clock() { return std::chrono::system_clock::now(); }

/// Port of the authority, as the URI has it (RFC 9110 §4.2.3).
std::uint16_t port_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  std::uint16_t port = 80;
  if (colon != authority.npos && authority.find(']', colon) == authority.npos)
    std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), port);
  return port;
}

cache::Key dialled_key(const Connection& c, const http::Request& request) {
  return {.host = request.host,
          .port = port_of(request.authority),
          .target = request.path,
          .dialled = c.towards.port,
          .address = c.towards.address};
}

/// Finds out, behind everybody's back, which addresses are the host's.  `entry`, if any, is what came from one that
/// was not known to be.
io::Task<void> verify(Services& services, std::string host, std::shared_ptr<cache::Entry> entry) {
  const auto answer = co_await services.resolver->addresses(host);
  --services.verifying;
  if (!answer) co_return;
  services.cache->verified().learn(host, answer->addresses, answer->ttl, wall_clock());
  // One that is still arriving is promoted at its end.
  if (!entry || !entry->body()->whole()) co_return;
  const cache::Key key = entry->key();
  if (services.cache->resolved(key, wall_clock()).key != key) services.cache->promote(entry);
}

/// Whoever finds too many questions under way leaves it to a later one.
void begin_to_verify(Services& services, std::string_view host, std::shared_ptr<cache::Entry> entry = {}) {
  constexpr unsigned most = 256;
  if (services.resolver == nullptr || services.verifying >= most) return;
  ++services.verifying;
  services.loop.spawn(verify(services, std::string(host), std::move(entry)));
}

cache::Key key_of(const Connection& c, const http::Request& request) {
  const auto resolved = c.services.cache->resolved(dialled_key(c, request), wall_clock());
  if (resolved.due) begin_to_verify(c.services, request.host);
  return resolved.key;
}

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

/// What a request wants that only the origin can say, whatever is stored: conditions on its state, or several parts.
bool wants_origin(const http::Request& request) {
  for (const http::Field& field : request.fields) {
    if (field.known == http::Name::if_match || field.known == http::Name::if_unmodified_since) return true;
    if (field.known == http::Name::range && field.value.find(',') != field.value.npos) return true;
  }
  return false;
}

bool has(const http::Request& request, http::Name name) { return request.fields.find(name) != nullptr; }

/// From here on the request is read after more of the client's octets have come: it gets a place of its own.
void keep_request(Workspace& w) {
  const std::string_view head = as_text(w.client.unread()).substr(0, w.request.size);
  w.request_text.assign(head);
  http::HeadScan scan;
  (void)http::decode_request(as_bytes(w.request_text), {}, scan, w.request);  // it was accepted a moment ago
}

/// Rings after a while unless somebody else does before.
class Alarm : io::Timer {
 public:
  Alarm(io::Wheel& wheel, cache::Bell& bell, Duration after) : wheel_(wheel), bell_(bell) { wheel_.add(*this, after); }
  ~Alarm() override { wheel_.remove(*this); }

 private:
  void fire() override { bell_.event().set(); }
  io::Wheel& wheel_;
  cache::Bell& bell_;
};

/// Until it is known what came of somebody else's fetch, or `until`.
io::Task<Result<void>> wait_for(Connection& c, cache::Fill& fill, Monotonic until) {
  io::Loop& loop = c.services.loop;
  auto bell = std::make_shared<cache::Bell>(loop);
  if (!fill.wait(bell)) co_return Result<void>();
  const Duration left = std::max<Duration>(Duration(1), until - loop.now());
  const Alarm alarm(loop.wheel(), *bell, left);
  co_return co_await bell->wait();
}

/// The request of which nothing was consumed yet, to be answered with what is stored.
io::Task<Step> tell(Connection& c, Workspace& w, const std::shared_ptr<cache::Entry>& entry, CacheResult result) {
  const http::Request& request = w.request;
  const Ask ask{.version = request.version,
                .asked = {.head = request.is_head()},
                .persistent = request.persistent && !c.services.draining,
                .head_size = request.size};
  w.client.used(ask.head_size);  // its octets stay where they are until more is read
  co_return co_await tell_stored(c, w, ask, entry, result);
}

/// stale-while-revalidate: one request at a time asks for news behind everybody's back.
void refresh_behind(Connection& c, Workspace& w, const cache::Shard::Found& found) {
  const auto& entry = found.entry;
  if (entry->refreshing.exchange(true)) return;
  const http::Validators validators = entry->head().validators();
  Refresh news{.services = c.services, .flow = c.route(), .entry = entry, .epoch = found.epoch};
  news.request_text = as_text(w.client.unread()).substr(0, w.request.size);
  http::encode_request(w.request, news.request_head, &validators);
  c.services.loop.spawn(refresh(std::move(news)));
}

/// The response has a head that may be stored: its content goes into the entry, and from there to the client.
io::Task<Step> keep_and_pass(Connection& c, Workspace& w, const Ask& ask, Caching& caching, io::Tcp origin) {
  const http::Response& response = w.response;
  const http::Delivery delivery = delivery_of(ask, response, true);
  w.response_head.clear();
  http::encode_response(response, delivery, w.response_head);

  const auto loan = std::make_shared<Loan>();
  Fetch fetch{.services = c.services,
              .origin = std::move(origin),
              .entry = caching.entry,
              .decoder = http::BodyDecoder(response.framing),
              .length = response.framing.kind == http::Framing::Kind::length ? std::optional(response.framing.length)
                                                                             : std::nullopt,
              .reusable = response.persistent,
              .pool = c.personal ? std::nullopt
                                 : std::optional(upstream::PoolKey{c.towards, c.services.dialer.source(c.route())}),
              .loan = loan};
  const int status = response.status;
  w.origin.used(response.size);
  caching.store.put(caching.entry, caching.epoch);
  cache::Reader reader(caching.entry->body(), c.services.loop);  // first: a fetch that nobody reads may end at once
  if (!begin_fetch(std::move(fetch), w.origin)) {
    caching.lead.settle(false);
    co_return co_await refuse(c, Errc::response_malformed, ask.asked.head);
  }
  if (caching.key.address != Address{}) begin_to_verify(c.services, caching.key.host, caching.entry);
  caching.lead.settle(!caching.entry->facts().shareable());
  const Passing passing{.connection = c,
                        .workspace = w,
                        .ask = ask,
                        .entry = *caching.entry,
                        .reader = reader,
                        .framing = delivery.framing,
                        .status = status,
                        .close = delivery.close};
  Step step = co_await pass_on(passing);
  loan->wanted = false;
  if (loan->origin) c.origin = std::move(loan->origin);
  step.cache = CacheResult::miss;
  co_return step;
}

/// Takes the request to the origin, and makes of the response what the cache can.
io::Task<Step> ask_origin(Connection& c, Workspace& w, Caching& caching) {
  const bool validating = caching.asks == Asks::validate;
  const http::Validators validators = validating ? caching.prior->head().validators() : http::Validators{};
  const Ask ask = prepare(c, w, validating ? &validators : nullptr);
  caching.asked = wall_clock();
  Forwarded forwarded = co_await forward(c, w, ask, &caching);
  switch (caching.use) {
    case Use::deliver:
      if (caching.asks != Asks::change) forwarded.step.cache = CacheResult::bypass;
      co_return forwarded.step;
    case Use::keep: co_return co_await keep_and_pass(c, w, ask, caching, std::move(*forwarded.origin));
    case Use::unchanged: {
      if (forwarded.reusable) c.origin = std::move(forwarded.origin);
      const auto entry = caching.freshened(w.response);
      caching.lead.settle(false);
      co_return co_await tell_stored(c, w, ask, entry, CacheResult::revalidated);
    }
    case Use::stale: {
      caching.lead.settle(false);
      co_return co_await tell_stored(c, w, ask, caching.prior, CacheResult::stale);
    }
  }
  co_return forwarded.step;
}

/// RFC 9111 §5.2.1.7: the client wants nothing that would have to be fetched.
io::Task<Step> refuse_unstored(Connection& c, Workspace& w) {
  const http::Request& request = w.request;
  const bool go_on = request.persistent && !c.services.draining;
  const AnswerTo to{
      .head = request.is_head(), .close = !go_on, .keep_alive = go_on && request.version == http::Version::http10};
  const std::size_t size = request.size;
  w.client.used(size);
  Step step =
      co_await answer(c, refusal(Errc::not_stored, to), http_status(Errc::not_stored), CloseReason::done, !go_on);
  step.traffic.in = size;
  co_return step;
}

/// To the origin and back, as if there were no cache.
io::Task<Step> pass_by(Connection& c, Workspace& w) {
  const Ask ask = prepare(c, w);
  Forwarded forwarded = co_await forward(c, w, ask);
  forwarded.step.cache = CacheResult::bypass;
  co_return forwarded.step;
}

/// A change at the origin: goes there whatever is stored.
io::Task<Step> change(Connection& c, Workspace& w) {
  keep_request(w);
  // What is stored under either key of the host is outdated, so the one with the address names both.
  const cache::Key key = dialled_key(c, w.request);
  Caching caching{.store = *c.services.cache, .asks = Asks::change, .key = key, .request = w.request};
  co_return co_await ask_origin(c, w, caching);
}

/// What a look into the store says is to be done.
struct Looked {
  std::optional<CacheResult> answer;  ///< with `found.entry`
  bool behind = false;                ///< and ask for news behind it
  cache::Shard::Found found;
};
Looked look(cache::Store& store, const cache::Key& key, const http::Request& request, const cache::Wish& wish) {
  const WallTime now = wall_clock();
  Looked looked{.found = store.find(key, request.fields, now)};
  const auto& entry = looked.found.entry;
  if (!entry) return looked;
  // A part is cut out of the whole only; of one that is still arriving the origin cuts it.
  const bool whole = entry->body()->whole();
  if (!whole && has(request, http::Name::range)) return looked;
  switch (cache::judge(entry->facts(), wish, now)) {
    case cache::Verdict::fresh: looked.answer = whole ? CacheResult::hit : CacheResult::joined; break;
    case cache::Verdict::behind: looked.behind = true; [[fallthrough]];
    case cache::Verdict::stale: looked.answer = CacheResult::stale; break;
    case cache::Verdict::validate: break;
  }
  return looked;
}

Asks asks_of(const http::Request& request, const std::shared_ptr<cache::Entry>& prior) {
  if (request.is_head()) return Asks::head;
  return prior && prior->body()->whole() && prior->head().validators().any() ? Asks::validate : Asks::get;
}

/// The origin has to be asked: who asks for the same at the same time waits for what comes of it.  Those whose
/// request bears conditions, or for whom nothing can be shared, ask for themselves.
bool may_wait(const Looked& looked, const http::Request& request, const cache::Wish& wish) {
  if (looked.found.marked || request.is_head() || wish.control.no_cache || wish.control.max_age == Duration::zero())
    return false;
  if (has(request, http::Name::if_none_match) || has(request, http::Name::if_modified_since)) return false;
  return !looked.found.entry || looked.found.entry->facts().shareable();
}

}  // namespace

bool concerns_cache(const Connection& c, const http::Request& request, bool from_memory) {
  if (c.services.cache == nullptr || !c.services.cache->on() || c.identified) return false;
  if (request.host.empty() || !request.path.starts_with('/') || request.upgrade) return false;
  if (request.method == "GET" || request.method == "HEAD") return from_memory && request.framing.empty();
  return !is_safe(request.method);
}

io::Task<Step> serve_cached(Connection& c, Workspace& w) {
  const http::Request& request = w.request;
  if (!is_safe(request.method)) co_return co_await change(c, w);
  cache::Store& store = *c.services.cache;
  cache::Wish wish = cache::wish_of(request.fields);
  const bool only_stored = wish.control.only_if_cached;  // RFC 9111 §5.2.1.7: that, or 504
  if (wants_origin(request)) {
    if (only_stored) co_return co_await refuse_unstored(c, w);
    co_return co_await pass_by(c, w);
  }
  if (wish.control.no_store && !only_stored) co_return co_await pass_by(c, w);

  const Monotonic until = c.services.loop.now() + patience;
  Looked looked;
  cache::Shard::Joined joined;
  for (;;) {
    const cache::Key key = key_of(c, request);
    looked = look(store, key, request, wish);
    if (looked.answer) {
      if (looked.behind && !wish.control.no_store) refresh_behind(c, w, looked.found);
      co_return co_await tell(c, w, looked.found.entry, *looked.answer);
    }
    if (only_stored) co_return co_await refuse_unstored(c, w);
    // What could not be stored a moment ago costs this look-up and nothing else.
    if (!looked.found.entry && looked.found.marked) co_return co_await pass_by(c, w);
    if (has(request, http::Name::range) || !may_wait(looked, request, wish) || c.services.loop.now() >= until) break;
    joined = store.join(key);
    if (joined.mine) break;
    w.inside.stop(std::chrono::steady_clock::now());
    const auto waited = co_await wait_for(c, *joined.fill, until);
    w.inside.go_on(c.services.loop.now());
    if (!waited) co_return Step{.reason = reason_of(waited.error().code), .parting = Parting::close};
  }

  const bool plain = has(request, http::Name::range);
  if (plain) looked.found.entry.reset();
  keep_request(w);
  Caching caching{.store = store,
                  .asks = asks_of(w.request, looked.found.entry),
                  .key = key_of(c, w.request),
                  .request = w.request,
                  .wish = std::move(wish),
                  .prior = looked.found.entry,
                  .epoch = looked.found.epoch,
                  .lead = Lead(joined.mine ? &store : nullptr, c.services.loop, std::move(joined))};
  co_return co_await ask_origin(c, w, caching);
}

}  // namespace weir::engine
