#include "engine/serve.h"

#include <chrono>

#include "account/flow_ids.h"
#include "base/text.h"
#include "engine/answer.h"
#include "engine/cached.h"
#include "engine/connection.h"
#include "engine/forward.h"
#include "engine/judgement.h"
#include "http/h1_decode.h"
#include "io/deadline.h"

namespace weir::engine {

namespace {

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

/// "http://host/path"; with the query string only where the operator wants it: that is often secret.
std::string url_of(const http::Request& request, const Flow& flow, bool query) {
  std::string url = "http://";
  if (request.authority.empty())
    url += flow.origin.to_string();
  else
    url += request.authority;
  const std::string_view path = query ? request.path : request.path.substr(0, request.path.find('?'));
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
  record.url = url_of(request, c.flow, c.services.ledger.wants_query());
  return record;
}

/// What only some formats of the access log have; null where none wants it.
std::shared_ptr<account::Heads> heads_of(const account::Ledger& ledger, const http::Request& request) {
  if (!ledger.wants_heads()) return nullptr;
  const auto value = [&](std::string_view name) {
    const http::Field* field = request.fields.find(name);
    return std::string(field == nullptr ? std::string_view() : field->value);
  };
  return std::make_shared<account::Heads>(account::Heads{.http10 = request.version == http::Version::http10,
                                                         .referer = value("Referer"),
                                                         .agent = value("User-Agent"),
                                                         .range = value("Range"),
                                                         .content_type = {}});
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

/// RFC 4559 §6: these schemes authenticate a connection; what later requests on it are answered is for this client,
/// though they bear no Authorization.
bool identifies_connection(const http::Request& request) {
  const http::Field* field = request.fields.find(http::Name::authorization);
  if (field == nullptr) return false;
  const std::string_view scheme = field->value.substr(0, field->value.find(' '));
  return equal_fold(scheme, "Negotiate") || equal_fold(scheme, "NTLM");
}

/// Where the requests of the connection go from now on.
void head_for(Connection& c, const Endpoint& towards) {
  if (towards == c.towards) return;
  c.origin.reset();
  c.towards = towards;
}

/// Judges the request in the workspace, and answers or forwards it.
io::Task<Step> handle(Connection& c, Workspace& w, account::Record& record) {
  const std::shared_ptr<const policy::Snapshot> policy = c.services.policy;
  const http::Request& request = w.request;
  const policy::Verdict verdict = policy->evaluate(Stage::hello, {.client = c.flow.client.address,
                                                                  .dest = c.flow.origin.address,
                                                                  .port = c.flow.origin.port,
                                                                  .name = request.host,
                                                                  .mac = c.flow.mac});
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
      const std::string code = account::flow_code(c.id);
      const Refused refused{.rule = record.rule, .host = host, .contact = policy->config().page.contact, .code = code};
      step = co_await answer(c, block_page(refused, to), 403, CloseReason::blocked, to.close);
    } else if (request.method == "OPTIONS") {
      step = co_await answer(c, empty_answer(to), 200, CloseReason::done, to.close);
    } else {
      step = co_await refuse(c, Errc::method_refused, false);  // TRACE would show what other hops added
    }
    w.client.used(size);
    step.traffic.in = size;
    co_return step;
  }
  if (const std::string_view name = policy->dial(verdict); name.empty()) {
    head_for(c, c.flow.origin);
  } else {
    w.inside.stop(std::chrono::steady_clock::now());
    const auto instead = co_await c.services.dialer.instead(c.flow, name);
    w.inside.go_on(c.services.loop.now());
    if (!instead) co_return co_await refuse(c, instead.error().code, request.is_head());
    head_for(c, *instead);
  }
  c.identified |= identifies_connection(request);
  const bool from_memory = verdict.action != Action::pass && !policy->config().gateway.observe;
  if (concerns_cache(c, request, from_memory)) co_return co_await serve_cached(c, w);
  const Ask ask = prepare(c, w);
  Forwarded forwarded = co_await forward(c, w, ask);
  co_return forwarded.step;
}

/// What the request cost in time, where it was answered.  An answer of our own ends when it has been written.
void note_time(const Connection& c, Workspace& w) {
  if (w.waited) c.services.ledger.answered(c.flow.origin.address, c.services.loop.now());
  account::Timings& timings = c.services.ledger.timings();
  w.inside.stop(std::chrono::steady_clock::now());
  timings.add(account::Span::inside, w.inside.total());
  const bool at_once = w.request.framing.empty();  // else the client may have taken its time over the body
  if (w.waited && at_once) timings.add(account::Span::answer, *w.waited);
}

/// One request from its first octet to its record.  Returns how the connection ends, if it does.
io::Task<std::optional<End>> serve_one(Connection& c, Workspace& w) {
  const Duration limit = c.services.policy->config().limits.head;
  const auto read = co_await read_request(c, w, limit);
  const Monotonic begun = c.services.loop.now();
  account::Record record;
  Step step;
  if (read) {
    w.inside.start(begun);
    w.waited.reset();
    record = begin_record(c, w.request);
    const std::shared_ptr<account::Heads> heads = heads_of(c.services.ledger, w.request);
    w.wants_type = heads != nullptr;
    w.content_type.clear();
    step = co_await handle(c, w, record);
    if (step.status != 0) note_time(c, w);
    if (heads) heads->content_type = w.content_type;
    record.heads = heads;
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
  record.cache = step.cache;
  record.duration = c.services.loop.now() - begun;
  c.services.ledger.request(std::move(record));
  c.traffic.in += step.traffic.in;
  c.traffic.out += step.traffic.out;
  c.services.ledger.moved(c.id, c.traffic);
  if (!step.parting) co_return std::nullopt;
  co_return End{step.reason, *step.parting};
}

bool is_short_of_memory(const Services& services) {
  return services.out_of_memory && services.out_of_memory->load(std::memory_order_relaxed) &&
         !services.workspaces.has_spare();
}

/// Requests one after another, in order (RFC 9112 §9.3.2), until the connection ends.
io::Task<End> serve_all(Connection& c) {
  for (;;) {
    const Duration idle = c.services.policy->config().limits.idle;
    if (const auto ready = co_await await_request(c, idle); !ready) {
      const bool drained = c.services.draining && ready.error() == Errc::timed_out;
      co_return End{drained ? CloseReason::shutdown : reason_of(ready.error().code), Parting::close};
    }
    if (is_short_of_memory(c.services)) co_return End{CloseReason::limit, Parting::reset};
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

void resume(Services& services) { services.draining = false; }

void forget_origins(Services& services) {
  ++services.forgotten;
  services.pool.clear();
}

io::Task<Served> serve_h1(Services& services, const Flow& flow, FlowId id, io::Tcp& client,
                          std::optional<io::Tcp> origin, bool personal) {
  Connection c{.services = services,
               .flow = flow,
               .id = id,
               .client = client,
               .origin = std::move(origin),
               .towards = flow.origin,
               .personal = personal,
               .identified = personal};
  const End end = co_await serve_all(c);
  if (c.asks_path) {
    if (c.client) note_path(services.ledger.timings(), account::Way::client, c.client.path());
    if (c.origin) note_path(services.ledger.timings(), account::Way::origin, c.origin->path());
  }
  if (c.origin && !c.personal && c.forgotten == services.forgotten && end.reason != CloseReason::shutdown) {
    services.pool.put({c.towards, services.dialer.source(c.route())}, std::move(*c.origin));
  }
  co_await part(c, end.parting);
  co_return Served{end.reason, c.traffic};
}

}  // namespace weir::engine
