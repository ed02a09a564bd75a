#include "engine/serve.h"

#include "engine/answer.h"
#include "engine/exchange.h"
#include "engine/judgement.h"
#include "http/h1_decode.h"
#include "http/h1_encode.h"
#include "io/deadline.h"
#include "relay/relay.h"

namespace weir::engine {

namespace {

/// How a client connection is left.
enum class Parting : std::uint8_t {
  drain,  ///< FIN, after everything that was written has arrived
  close,  ///< there is nobody to say anything to
  reset,  ///< as the origin ended, or as a rule wants it
};
struct End {
  CloseReason reason;
  Parting parting;
};

/// What a connection keeps from one request to the next.
struct Connection {
  Services& services;
  const Flow& flow;
  const FlowId id;
  io::Tcp& client;
  std::optional<io::Tcp> origin;  ///< between requests: where the next one goes
  bool personal = false;          ///< `origin` may have been told who this client is: it is nobody else's
  account::Traffic traffic = {};
  std::string judged_host = {};  ///< of the last judgement told to the ledger
  policy::Verdict judged = {};   ///< of it; not decided: none yet
};

CloseReason reason_of(Errc code) {
  switch (code) {
    case Errc::closed: return CloseReason::client_closed;
    case Errc::reset: return CloseReason::client_reset;
    case Errc::timed_out: return CloseReason::client_idle;
    case Errc::head_timeout: return CloseReason::client_slow;
    case Errc::stopped: return CloseReason::shutdown;
    case Errc::head_malformed: return CloseReason::head_malformed;
    case Errc::host_missing: return CloseReason::host_missing;
    case Errc::host_invalid: return CloseReason::host_invalid;
    case Errc::framing_ambiguous: return CloseReason::framing_ambiguous;
    case Errc::body_malformed: return CloseReason::body_malformed;
    case Errc::target_too_long: return CloseReason::target_too_long;
    case Errc::head_too_large: return CloseReason::head_too_large;
    case Errc::method_refused: return CloseReason::method_refused;
    case Errc::coding_unknown: return CloseReason::coding_unknown;
    case Errc::version_unsupported: return CloseReason::version_unsupported;
    case Errc::origin_refused: return CloseReason::origin_refused;
    case Errc::origin_unreachable: return CloseReason::origin_unreachable;
    case Errc::origin_timeout: return CloseReason::origin_timeout;
    case Errc::origin_closed: return CloseReason::origin_closed;
    case Errc::origin_reset: return CloseReason::origin_reset;
    case Errc::response_malformed: return CloseReason::response_malformed;
    case Errc::response_truncated: return CloseReason::response_truncated;
    case Errc::no_free_port: return CloseReason::no_free_port;
    default: return CloseReason::internal;
  }
}

/// A place among those that wait for a request.
class Waiting {
 public:
  Waiting(Services& services, io::Deadline& deadline)
      : all_(services.waiting), place_(all_.insert(all_.end(), &deadline)) {}
  Waiting(const Waiting&) = delete;
  ~Waiting() { all_.erase(place_); }

 private:
  std::list<io::Deadline*>& all_;
  std::list<io::Deadline*>::iterator place_;
};

/// Waits for the first octet of a request, holding no buffer.  An origin that ends meanwhile is let go.
io::Task<Result<void>> await_request(Connection& c, Duration idle) {
  io::Deadline deadline(c.services.loop.wheel(), c.client, idle);
  const Waiting place(c.services, deadline);
  while (c.origin) {
    const auto ready = co_await io::first_readable(c.client, *c.origin);
    if (!ready) co_return std::unexpected(ready.error());
    if (ready->b != io::want_nothing) c.origin.reset();
    if (ready->a != io::want_nothing) co_return Result<void>();
  }
  co_return co_await c.client.readable();
}

/// Reads one request head into the workspace.  Errors: those of decode_request; closed, reset; head_timeout when a
/// head was begun and not finished in time, timed_out when none was begun.
io::Task<Result<void>> read_request(Connection& c, Workspace& w, Duration limit) {
  io::Deadline deadline(c.services.loop.wheel(), c.client, limit);
  http::HeadScan scan;
  for (;;) {
    if (!w.client.empty()) {
      const auto complete = http::decode_request(w.client.unread(), {}, scan, w.request);
      if (!complete) co_return std::unexpected(complete.error());
      if (*complete) co_return Result<void>();
    }
    const auto got = co_await c.client.read(w.client.space());
    if (!got && got.error() == Errc::timed_out && !w.client.empty()) co_return fail(Errc::head_timeout);
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0) co_return fail(Errc::closed);
    w.client.filled(*got);
  }
}

/// "http://host/path", without the query string: that is often secret, and never needed to find a request again.
std::string url_of(const http::Request& request, const Flow& flow) {
  std::string url = "http://";
  if (request.authority.empty())
    url += flow.origin.to_string();
  else
    url += request.authority;
  const std::string_view path = request.path.substr(0, request.path.find('?'));
  if (!path.starts_with('/')) url += '/';
  if (path != "*") url += path;
  return url;
}

account::Record begin_record(const Connection& c, const http::Request& request) {
  account::Record record;
  record.ts = std::chrono::system_clock::now();
  record.id = c.id;
  record.flow = c.flow;
  record.depth = Depth::serve;
  record.host = request.host;
  record.method = request.method;
  record.url = url_of(request, c.flow);
  return record;
}

/// What became of one request.
struct Step {
  int status = 0;
  CloseReason reason = CloseReason::done;  ///< of the request
  account::Traffic traffic = {};
  std::optional<Parting> parting = {};  ///< set: the connection ends with it
};

/// Weir's own answer.  A client that takes it no more is noticed at the next read.
io::Task<Step> answer(Connection& c, std::string text, int status, CloseReason reason, bool close) {
  io::Deadline deadline(c.services.loop.wheel(), c.client, stall);
  const auto sent = co_await c.client.write(as_bytes(text));
  Step step{.status = status, .reason = reason, .traffic = {.out = text.size()}};
  if (close) step.parting = Parting::drain;
  if (!sent) step.parting = Parting::close;
  co_return step;
}

/// Answers a failure with its status, where it has one and nothing of another answer was sent; then the connection
/// ends.
io::Task<Step> refuse(Connection& c, Errc code, bool head) {
  if (http_status(code) != 0) {
    co_return co_await answer(c, refusal(code, {.head = head, .close = true}), http_status(code), reason_of(code),
                              true);
  }
  // An origin that refuses or cannot be reached looks so to the client.
  const bool client = side(code) == Side::client;
  co_return Step{.reason = reason_of(code), .parting = client ? Parting::close : Parting::reset};
}

/// A connection to the origin: the one of the last request, one of the pool, or a new one.
struct Leg {
  io::Tcp tcp;
  bool reused;
};
/// One that exists already and is quiet.  Any of them may close this very moment.  With its own last one the client
/// would have run that risk by itself; one of the pool is only for a request that can be repeated.
std::optional<Leg> existing_leg(Connection& c, bool repeatable) {
  std::optional<io::Tcp> kept = std::exchange(c.origin, std::nullopt);
  if (kept && upstream::quiet(*kept)) return Leg{std::move(*kept), true};
  if (!repeatable) return {};
  const upstream::PoolKey key{c.flow.origin, c.services.dialer.source(c.flow)};
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

/// How a failed exchange is passed on to the client.
io::Task<Step> give_up(Connection& c, const Exchange& x) {
  if (!x.answered) co_return co_await refuse(c, *x.failed, x.ask.asked.head);
  // The client has a part of the answer, and must see that it is only a part.
  Step step{.status = x.status, .reason = reason_of(*x.failed), .parting = Parting::drain};
  if (side(*x.failed) == Side::client) step.parting = Parting::close;
  if (*x.failed == Errc::origin_reset) step.parting = Parting::reset;
  co_return step;
}

/// Takes the request in the workspace to the origin and its response back.  RFC 9112 §9.3.1: a reused connection may
/// have died before it saw the request; then a request that may be repeated is, once, on a new one.
io::Task<Step> forward(Connection& c, Workspace& w) {
  const http::Request& request = w.request;
  const Ask ask{.framing = request.framing,
                .version = request.version,
                .asked = {.head = request.is_head(), .upgrade = request.upgrade},
                .persistent = request.persistent && !c.services.draining};
  const bool repeatable = request.idempotent() && request.framing.empty();
  const std::size_t head_size = request.size;
  // Some schemes (NTLM, Negotiate: RFC 4559 §6) authenticate the connection, not the request.
  c.personal |= request.fields.find("Authorization") != nullptr;
  w.request_head.clear();
  http::encode_request(request, w.request_head);
  w.client.used(head_size);

  for (bool fresh = false;; fresh = true) {
    std::optional<Leg> leg;
    if (!fresh) leg = existing_leg(c, repeatable);
    if (!leg) {
      Result<io::Tcp> dialled = co_await c.services.dialer.dial(c.flow);
      if (!dialled && dialled.error() == Errc::origin_timeout) {
        // It would have kept silent without Weir too: no page, the client's own connection fails.
        co_return Step{.reason = CloseReason::origin_timeout, .parting = Parting::reset};
      }
      if (!dialled) co_return co_await refuse(c, dialled.error().code, ask.asked.head);
      leg = Leg{std::move(*dialled), false};
    }
    w.origin.clear();
    Exchange x{.loop = c.services.loop, .workspace = w, .client = c.client, .origin = leg->tcp, .ask = ask};
    co_await run(x);
    if (x.failed && leg->reused && !x.heard && repeatable && retry_on_fresh(*x.failed)) continue;

    x.traffic.in += head_size;
    Step step{.status = x.status};
    if (x.failed) {
      leg->tcp.reset();
      step = co_await give_up(c, x);
    } else if (x.upgraded) {
      step = co_await tunnel(c, w, std::move(leg->tcp));
    } else {
      if (x.origin_persists) c.origin = std::move(leg->tcp);
      if (!x.client_persists) step.parting = Parting::drain;
    }
    step.traffic.in += x.traffic.in;
    step.traffic.out += x.traffic.out;
    co_return step;
  }
}

/// Tells the ledger what the connection was judged to be, when that changes.
void note_judgement(Connection& c, const policy::Snapshot& policy, const policy::Verdict& verdict,
                    const std::string& host) {
  const policy::Verdict& last = c.judged;
  if (last.decided && verdict.rule == last.rule && verdict.shadow == last.shadow && host == c.judged_host) return;
  c.judged = verdict;
  c.judged_host = host;
  c.services.ledger.judged(c.id, judgement(policy, verdict, host, Depth::serve));
}

/// Judges the request in the workspace, and answers or forwards it.
io::Task<Step> handle(Connection& c, Workspace& w, account::Record& record) {
  const std::shared_ptr<const policy::Snapshot> policy = c.services.policy;
  const http::Request& request = w.request;
  const policy::Verdict verdict = policy->evaluate(Stage::hello, {.client = c.flow.client.address,
                                                                  .dest = c.flow.origin.address,
                                                                  .port = c.flow.origin.port,
                                                                  .name = request.host});
  note_judgement(c, *policy, verdict, request.host);
  record.action = verdict.action;
  record.rule = policy->rule_name(verdict.rule);
  record.would = policy->would(verdict);
  record.would_rule = policy->rule_name(verdict.shadow);

  // An answer of our own leaves the body unread: only a request without one lets the connection go on.
  const bool go_on = request.persistent && request.framing.empty() && !c.services.draining;
  const AnswerTo to{
      .head = request.is_head(), .close = !go_on, .keep_alive = go_on && request.version == http::Version::http10};
  if (verdict.action == Action::reset) {
    co_return Step{.reason = CloseReason::blocked_reset, .parting = Parting::reset};
  }
  if (refuses(verdict.action) || request.last_hop) {
    const std::size_t size = request.size;
    Step step;
    if (verdict.action == Action::redirect) {
      const std::string& location = policy->config().rules[verdict.rule].location;
      step = co_await answer(c, redirection(record.rule, location, to), 302, CloseReason::redirected, to.close);
    } else if (verdict.action == Action::block) {
      const std::string host = request.host.empty() ? c.flow.origin.address.to_string() : request.host;
      step = co_await answer(c, block_page(record.rule, host, to), 403, CloseReason::blocked, to.close);
    } else if (request.method == "OPTIONS") {
      step = co_await answer(c, empty_answer(to), 200, CloseReason::done, to.close);
    } else {
      step = co_await refuse(c, Errc::method_refused, false);  // TRACE would show what other hops added
    }
    w.client.used(size);
    step.traffic.in = size;
    co_return step;
  }
  co_return co_await forward(c, w);
}

/// One request from its first octet to its record.  Returns how the connection ends, if it does.
io::Task<std::optional<End>> serve_one(Connection& c, Workspace& w) {
  const Duration limit = c.services.policy->config().limits.head;
  const auto read = co_await read_request(c, w, limit);
  const Monotonic begun = c.services.loop.now();
  account::Record record;
  Step step;
  if (read) {
    record = begin_record(c, w.request);
    step = co_await handle(c, w, record);
  } else {
    const Errc code = read.error().code;
    if (http_status(code) == 0) co_return End{reason_of(code), Parting::close};
    w.request = {};
    record = begin_record(c, w.request);
    record.url.clear();
    step = co_await refuse(c, code, false);
    step.traffic.in = w.client.unread().size();
  }
  record.reason = step.reason;
  record.status = step.status;
  record.bytes_in = step.traffic.in;
  record.bytes_out = step.traffic.out;
  record.duration = c.services.loop.now() - begun;
  c.services.ledger.request(record);
  c.traffic.in += step.traffic.in;
  c.traffic.out += step.traffic.out;
  c.services.ledger.moved(c.id, c.traffic);
  if (!step.parting) co_return std::nullopt;
  co_return End{step.reason, *step.parting};
}

/// Requests one after another, in order (RFC 9112 §9.3.2), until the connection ends.
io::Task<End> serve_all(Connection& c) {
  for (;;) {
    const Duration idle = c.services.policy->config().limits.idle;
    if (const auto ready = co_await await_request(c, idle); !ready) {
      const bool drained = c.services.draining && ready.error() == Errc::timed_out;
      co_return End{drained ? CloseReason::shutdown : reason_of(ready.error().code), Parting::close};
    }
    const Workspaces::Lease workspace = c.services.workspaces.take();
    do {
      if (const auto end = co_await serve_one(c, *workspace); end) co_return *end;
    } while (!workspace->client.empty());
    if (c.services.draining) co_return End{CloseReason::shutdown, Parting::drain};
  }
}

io::Task<void> part(Connection& c, Parting parting) {
  constexpr Duration time = std::chrono::seconds(2);
  constexpr std::size_t most = 1 << 20;
  if (!c.client) co_return;  // the tunnel closed it
  switch (parting) {
    case Parting::drain: co_await io::drain_and_close(std::move(c.client), c.services.loop.wheel(), time, most); break;
    case Parting::close: c.client.close(); break;
    case Parting::reset: c.client.reset(); break;
  }
}

}  // namespace

void drain(Services& services) {
  services.draining = true;
  for (io::Deadline* deadline : services.waiting) deadline->restart(Duration(1));
}

io::Task<Served> serve_h1(Services& services, const Flow& flow, FlowId id, io::Tcp& client,
                          std::optional<io::Tcp> origin, bool personal) {
  Connection c{services, flow, id, client, std::move(origin), personal};
  const End end = co_await serve_all(c);
  if (c.origin && !c.personal && end.reason != CloseReason::shutdown) {
    services.pool.put({flow.origin, services.dialer.source(flow)}, std::move(*c.origin));
  }
  co_await part(c, end.parting);
  co_return Served{end.reason, c.traffic};
}

}  // namespace weir::engine
