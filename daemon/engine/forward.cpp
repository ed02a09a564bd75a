#include "engine/forward.h"

#include <chrono>

#include "http/h1_encode.h"
#include "relay/relay.h"

namespace weir::engine {

namespace {

/// A connection to the origin: the one of the last request, one of the pool, or a new one.
struct Leg {
  io::Tcp tcp;
  bool reused;
};
/// One that exists already and is quiet.  Any of them may close this very moment.  With its own last one the client
/// would have run that risk by itself; one of the pool is only for a request that can be repeated.
std::optional<Leg> existing_leg(Connection& c, bool repeatable) {
  std::optional<io::Tcp> kept = std::exchange(c.origin, std::nullopt);
  const bool forgotten = std::exchange(c.forgotten, c.services.forgotten) != c.services.forgotten;
  if (kept && !forgotten && upstream::quiet(*kept)) return Leg{std::move(*kept), true};
  if (!repeatable) return {};
  const upstream::PoolKey key{c.towards, c.services.dialer.source(c.route())};
  if (auto pooled = c.services.pool.take(key)) return Leg{std::move(*pooled), true};
  return {};
}

/// The connections belong to another protocol now (RFC 9110 §7.8).
io::Task<Step> tunnel(Connection& c, Workspace& w, io::Tcp origin) {
  const auto outcome = co_await relay::splice(c.services.loop.wheel(), c.client, origin,
                                              {.to_origin = w.client.unread(), .to_client = w.origin.unread()});
  co_return Step{.status = 101,
                 .reason = outcome.reason,
                 .traffic = {.in = outcome.from_client, .out = outcome.from_origin},
                 .parting = Parting::close};
}

/// The origin cannot be dialled.
io::Task<Step> unreached(Connection& c, Errc code, bool head) {
  // It would have kept silent without Weir too: no page, the client's own connection fails.
  if (code == Errc::origin_timeout) co_return Step{.reason = CloseReason::origin_timeout, .parting = Parting::reset};
  co_return co_await refuse(c, code, head);
}

/// What is left to do once an exchange has ended.
io::Task<Forwarded> finish(Connection& c, Workspace& w, Exchange& x, Leg leg, Caching* caching) {
  Forwarded done{.step = {.status = x.status}};
  const bool over = x.failed || (!x.held && !x.upgraded && !x.origin_persists);
  if (over && c.asks_path) note_path(c.services.ledger.timings(), account::Way::origin, leg.tcp.path());
  if (x.failed) {
    leg.tcp.reset();
    const bool by_origin = side(*x.failed) == Side::origin && !x.answered;
    if (by_origin && caching != nullptr && caching->hear_failure()) co_return done;
    done.step = co_await give_up(
        c, {.failed = *x.failed, .answered = x.answered, .status = x.status, .head = x.ask.asked.head});
  } else if (x.held) {
    done.reusable = x.origin_persists;
    done.origin = std::move(leg.tcp);
  } else if (x.upgraded) {
    done.step = co_await tunnel(c, w, std::move(leg.tcp));
  } else {
    if (x.origin_persists) c.origin = std::move(leg.tcp);
    if (!x.client_persists) done.step.parting = Parting::drain;
  }
  co_return done;
}

}  // namespace

Ask prepare(Connection& c, Workspace& w, const http::Validators* own) {
  const http::Request& request = w.request;
  const Ask ask{.framing = request.framing,
                .version = request.version,
                .asked = {.head = request.is_head(), .upgrade = request.upgrade},
                .persistent = request.persistent && !c.services.draining,
                .repeatable = request.idempotent() && request.framing.empty(),
                .head_size = request.size};
  // Some schemes (NTLM, Negotiate: RFC 4559 §6) authenticate the connection, not the request.
  c.personal |= request.fields.find(http::Name::authorization) != nullptr;
  w.request_head.clear();
  http::encode_request(request, w.request_head, own);
  w.client.used(ask.head_size);
  return ask;
}

/// RFC 9112 §9.3.1: a reused connection may have died before it saw the request; then a request that may be repeated
/// is, once, on a new one.
io::Task<Forwarded> forward(Connection& c, Workspace& w, Ask ask, Caching* caching) {
  for (bool fresh = false;; fresh = true) {
    std::optional<Leg> leg;
    if (!fresh) leg = existing_leg(c, ask.repeatable);
    if (!leg) {
      w.inside.stop(std::chrono::steady_clock::now());
      Result<io::Tcp> dialled = co_await c.services.dialer.dial(c.route());
      w.inside.go_on(c.services.loop.now());
      if (!dialled) {
        const bool stopped = dialled.error() == Errc::stopped;
        Forwarded undone;
        if (!stopped && caching != nullptr && caching->hear_failure()) co_return undone;
        undone.step = co_await unreached(c, dialled.error().code, ask.asked.head);
        co_return undone;
      }
      leg = Leg{std::move(*dialled), false};
    }
    w.origin.clear();
    Exchange x{.loop = c.services.loop,
               .workspace = w,
               .client = c.client,
               .origin = leg->tcp,
               .ask = ask,
               .caching = caching};
    co_await run(x);
    if (x.failed && leg->reused && !x.heard && ask.repeatable && retry_on_fresh(*x.failed)) {
      w.inside.go_on(c.services.loop.now());
      continue;
    }

    Forwarded done = co_await finish(c, w, x, std::move(*leg), caching);
    done.step.traffic.in += x.traffic.in + ask.head_size;
    done.step.traffic.out += x.traffic.out;
    co_return done;
  }
}

}  // namespace weir::engine
