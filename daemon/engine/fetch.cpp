#include "engine/fetch.h"

#include <chrono>
#include <cstring>

#include "engine/caching.h"
#include "engine/exchange.h"
#include "io/deadline.h"

namespace weir::engine {

namespace {

/// How often a fetch whose origin keeps silent looks whether anybody still reads: one that nobody waits for must not
/// hold its connection as long as one that somebody does.
constexpr Duration glance = std::chrono::seconds(10);
/// How long an origin may take to answer when it is asked behind an answer.
constexpr Duration patience = std::chrono::seconds(30);
/// Octets without which a fetch that nobody reads is still brought to its end.
constexpr std::uint64_t worth_finishing = 1 << 20;

/// Where a connection goes that nothing forbids to use again.
void give_back(Fetch& f) {
  if (!f.reusable) return;
  if (f.loan && f.loan->wanted)
    f.loan->origin = std::move(f.origin);
  else if (f.pool)
    f.services.pool.put(*f.pool, std::move(f.origin));
}

void complete(Fetch& f) {
  f.entry->body()->finish(f.decoder.trailers(), f.services.loop);
  cache::Store& store = *f.services.cache;
  store.weigh(f.entry);
  const cache::Key key = f.entry->key();
  const bool apart = key.address != Address{};
  if (apart && store.resolved(key, std::chrono::system_clock::now()).key != key) store.promote(f.entry);  // learned
  give_back(f);
}

void broken(Fetch& f, Errc why) {
  f.services.cache->remove(f.entry);  // first: who comes from now on begins anew
  f.entry->body()->fail(why, f.services.loop);
  f.origin.reset();
}

/// Nobody reads any more.  Then the fetch goes on only if it is known to end soon; else a client that begins great
/// downloads and leaves would have the uplink spend itself for nobody.
bool is_forlorn(const Fetch& f) {
  const cache::Body& body = *f.entry->body();
  if (f.for_all || body.readers() > 0) return false;
  return body.is_window() || !f.length || *f.length - body.size() > worth_finishing;
}

/// Room for the next octets.  A body that is too large for the store, or for what is left of it, goes on as a window:
/// who reads it has it, and nobody else will.  Empty: nobody reads.
io::Task<Result<MutableBytes>> find_room(Fetch& f, std::shared_ptr<cache::Bell>& bell) {
  cache::Body& body = *f.entry->body();
  for (;;) {
    if (bell) bell->hush();
    const auto expected = f.length ? std::optional(*f.length - body.size()) : std::nullopt;
    if (!body.is_window() && body.size() > f.services.cache->largest()) {
      f.services.cache->remove(f.entry);
      body.become_window();
    }
    const MutableBytes room = body.room(expected);
    if (!room.empty()) co_return room;
    if (!body.is_window()) {
      f.services.cache->remove(f.entry);
      body.become_window();
      continue;
    }
    if (body.readers() == 0) co_return MutableBytes{};
    if (!bell) {
      bell = std::make_shared<cache::Bell>(f.services.loop);
      body.ring_for_room(bell);
      continue;  // a reader may have moved on before it knew of the bell
    }
    if (const auto rung = co_await bell->wait(); !rung) co_return std::unexpected(rung.error());
  }
}

io::Task<Result<std::size_t>> read_some(Fetch& f, MutableBytes room, io::Deadline& deadline) {
  for (Duration silent{};;) {
    deadline.restart(glance);
    const auto got = co_await f.origin.read(room);
    if (got || got.error() != Errc::timed_out) co_return got;
    silent += glance;
    if (f.entry->body()->readers() == 0 || silent >= stall) co_return got;
  }
}

/// Reads straight into the body's chunks until it is complete, or something is wrong.
io::Task<std::optional<Errc>> fill(Fetch& f, io::Deadline& deadline) {
  cache::Body& body = *f.entry->body();
  std::shared_ptr<cache::Bell> bell;
  for (;;) {
    const auto room = co_await find_room(f, bell);
    if (!room) co_return room.error().code;
    if (room->empty()) co_return Errc::closed;
    const auto got = co_await read_some(f, *room, deadline);
    if (!got) co_return of_origin(got.error());
    if (*got == 0) {
      f.reusable = false;
      co_return f.decoder.closed() ? std::nullopt : std::optional(Errc::response_truncated);
    }
    const auto piece = f.decoder.decode(room->first(*got));
    if (!piece) co_return Errc::response_malformed;
    const Bytes payload = piece->payload;
    if (!payload.empty()) {
      if (payload.data() != room->data()) std::memmove(room->data(), payload.data(), payload.size());
      body.add(payload.size(), f.services.loop);
    }
    if (!f.decoder.done()) {
      if (is_forlorn(f)) co_return Errc::closed;
      continue;
    }
    f.reusable &= piece->consumed == *got;  // octets behind the end were asked for by nobody
    co_return std::nullopt;
  }
}

io::Task<void> fetch_rest(Fetch f) {
  std::optional<Errc> failed;
  {
    io::Deadline deadline(f.services.loop.wheel(), f.origin, glance);
    failed = co_await fill(f, deadline);
  }
  if (failed)
    broken(f, *failed);
  else
    complete(f);
}

io::Task<Result<io::Tcp>> reach(Services& services, const Flow& flow) {
  const upstream::PoolKey key{flow.origin, services.dialer.source(flow)};
  if (auto pooled = services.pool.take(key)) co_return std::move(*pooled);
  co_return co_await services.dialer.dial(flow);
}

/// Asks, and reads the head of the final answer into the workspace.
io::Task<Result<void>> ask(io::Tcp& origin, const std::string& request, Workspace& w) {
  if (const auto sent = co_await origin.write(as_bytes(request)); !sent) co_return std::unexpected(sent.error());
  w.origin.clear();
  http::HeadScan scan;
  for (;;) {
    const auto complete = http::decode_response(w.origin.unread(), {}, {}, scan, w.response);
    if (!complete) co_return std::unexpected(complete.error());
    if (*complete && !w.response.interim()) co_return Result<void>();
    if (*complete) {
      w.origin.used(w.response.size);
      scan = {};
      continue;
    }
    const auto got = co_await origin.read(w.origin.space());
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0) co_return fail(Errc::origin_closed);
    w.origin.filled(*got);
  }
}

/// What the origin says becomes of what is stored.
void take_news(Refresh& r, Workspace& w, Caching& caching, io::Tcp origin) {
  const http::Response& response = w.response;
  caching.hear(response, w.origin.unread().size() - response.size);
  const bool length = response.framing.kind == http::Framing::Kind::length;
  std::optional<upstream::PoolKey> pool;
  if (!caching.wish.authorized) pool = upstream::PoolKey{r.flow.origin, r.services.dialer.source(r.flow)};
  if (caching.use == Caching::Use::unchanged) {
    caching.freshened(response);
    if (pool && response.persistent && w.origin.unread().size() == response.size)
      r.services.pool.put(*pool, std::move(origin));
  } else if (caching.use == Caching::Use::keep) {
    Fetch fetch{.services = r.services,
                .origin = std::move(origin),
                .entry = caching.entry,
                .decoder = http::BodyDecoder(response.framing),
                .length = length ? std::optional(response.framing.length) : std::nullopt,
                .reusable = response.persistent,
                .pool = pool,
                .for_all = true};
    caching.store.put(caching.entry, caching.epoch);
    w.origin.used(response.size);
    begin_fetch(std::move(fetch), w.origin);
  }
}

}  // namespace

io::Task<void> refresh(Refresh r) {
  const Workspaces::Lease w = r.services.workspaces.take();
  http::HeadScan scan;
  (void)http::decode_request(as_bytes(r.request_text), {}, scan, w->request);  // it was accepted before
  const bool validates = r.entry->head().validators().any();
  Caching caching{.store = *r.services.cache,
                  .asks = validates ? Caching::Asks::validate : Caching::Asks::get,
                  .key = r.entry->key(),
                  .request = w->request,
                  .wish = cache::wish_of(w->request.fields),
                  .prior = r.entry,
                  .epoch = r.epoch,
                  .asked = std::chrono::system_clock::now()};
  Result<io::Tcp> origin = co_await reach(r.services, r.flow);
  if (origin) {
    Result<void> answered;
    {
      io::Deadline deadline(r.services.loop.wheel(), *origin, patience);
      answered = co_await ask(*origin, r.request_head, *w);
    }
    if (answered) take_news(r, *w, caching, std::move(*origin));
  }
  r.entry->refreshing = false;
}

bool begin_fetch(Fetch f, Buffer& buffer) {
  cache::Body& body = *f.entry->body();
  const auto piece = f.decoder.decode(buffer.unread());
  if (!piece) {
    broken(f, Errc::response_malformed);
    return false;
  }
  for (Bytes rest = piece->payload; !rest.empty();) {
    const MutableBytes room = body.room(rest.size());
    if (room.empty()) {  // the first room was made sure of, and all that can be here fits into it
      broken(f, Errc::response_truncated);
      return false;
    }
    const std::size_t size = std::min(room.size(), rest.size());
    std::memcpy(room.data(), rest.data(), size);
    body.add(size, f.services.loop);
    rest = rest.subspan(size);
  }
  buffer.used(piece->consumed);
  if (f.decoder.done()) {
    f.reusable &= buffer.empty();
    complete(f);
    return true;
  }
  f.services.loop.spawn(fetch_rest(std::move(f)));
  return true;
}

}  // namespace weir::engine
