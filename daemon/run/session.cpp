// THE SPINE.  One coroutine a connection, read from top to bottom: look, decide, then exactly one of block, splice and
// serve, then one close with one reason.  Stages take values and return values.
#include "run/session.h"

#include <algorithm>
#include <chrono>
#include <list>

#include "account/stopwatch.h"
#include "engine/connection.h"
#include "engine/judgement.h"
#include "engine/serve.h"
#include "io/deadline.h"
#include "relay/relay.h"
#include "run/block.h"
#include "run/look.h"
#include "run/policies.h"
#include "steer/takeover.h"

namespace weir::run {
namespace {

/// How long a client may stay silent before Weir asks the origin whether it speaks first.
constexpr Duration patience = std::chrono::milliseconds(500);

/// What a session gathers on its way and the ledger is told at its end.
using Ending = engine::Served;

CloseReason reason_of(Errc error) {
  switch (error) {
    case Errc::reset: return CloseReason::client_reset;
    case Errc::stopped: return CloseReason::shutdown;
    case Errc::timed_out: return CloseReason::client_idle;
    case Errc::closed: return CloseReason::client_closed;
    case Errc::origin_refused: return CloseReason::origin_refused;
    case Errc::origin_unreachable: return CloseReason::origin_unreachable;
    case Errc::origin_timeout: return CloseReason::origin_timeout;
    case Errc::no_free_port: return CloseReason::no_free_port;
    case Errc::name_unknown:
    case Errc::resolver_timeout:
    case Errc::resolver_failed: return CloseReason::dial_unresolved;
    default: return CloseReason::internal;
  }
}

policy::Facts facts_of(const intake::Arrival& arrival, std::string_view name = {}) {
  return {.client = arrival.flow.client.address,
          .dest = arrival.flow.origin.address,
          .port = arrival.flow.origin.port,
          .name = name,
          .mac = arrival.flow.mac};
}

/// What the ledger is told of a connection that begins.
account::Opening opening_of(const policy::Snapshot& policy, const intake::Arrival& arrival) {
  return {.flow = arrival.flow,
          .depth = Depth::splice,
          .id = arrival.taken ? arrival.taken->id : 0,
          .most = policy.allowance(arrival.flow.client.address, arrival.flow.mac).connections};
}

/// An origin whose connection was taken over and that is not to have it must not be left waiting: it is reset.
void let_origin_go(Worker& w, const intake::Arrival& arrival) {
  if (!arrival.taken) return;
  if (auto half = steer::adopt_origin(arrival.flow, *arrival.taken))
    if (auto origin = io::Tcp::adopt(w.loop(), std::move(*half))) origin->reset();
}

/// What a rule's `dial` leads to instead of the origin.
io::Task<Result<io::Tcp>> reach_instead(Worker& w, const intake::Arrival& arrival, std::string_view name) {
  let_origin_go(w, arrival);
  const auto where = co_await w.dialer().instead(arrival.flow, name);
  if (!where) co_return std::unexpected(where.error());
  co_return co_await w.dialer().dial({arrival.flow.client, *where});
}

/// The origin's half: adopted where the connection came off the wire, dialled otherwise.  `dial`: see the rule's.
io::Task<Result<io::Tcp>> reach_origin(Worker& w, const intake::Arrival& arrival, std::string_view dial = {}) {
  if (!dial.empty()) co_return co_await reach_instead(w, arrival, dial);
  if (!arrival.taken) co_return co_await w.dialer().dial(arrival.flow);
  auto half = steer::adopt_origin(arrival.flow, *arrival.taken);
  if (!half) co_return std::unexpected(half.error());
  co_return io::Tcp::adopt(w.loop(), std::move(*half));
}

/// The same beside a watch of what Weir itself does: it stands while an origin is dialled.
io::Task<Result<io::Tcp>> reach_origin(Worker& w, const intake::Arrival& arrival, std::string_view dial,
                                       account::Stopwatch& inside) {
  const bool dials = !arrival.taken || !dial.empty();
  if (dials) inside.stop(std::chrono::steady_clock::now());
  auto origin = co_await reach_origin(w, arrival, dial);
  inside.go_on(w.loop().now());
  co_return origin;
}

/// A connection that was taken over: its handshake was seen on the wire.
void note_handshake(Worker& w, const Flow& flow, const weir_held& taken) {
  account::Timings& timings = w.ledger().timings();
  if (taken.synack_ns > 0) w.ledger().answered(flow.origin.address, w.loop().now());
  if (taken.synack_ns > taken.started_ns)
    timings.add(account::Span::origin_held, Duration(taken.synack_ns - taken.started_ns));
  if (taken.client_us > 0) timings.add(account::Span::client_held, std::chrono::microseconds(taken.client_us));
}

/// Ends a connection that a rule refuses.
io::Task<CloseReason> block(Worker& w, intake::Arrival& arrival, Action action) {
  let_origin_go(w, arrival);
  if (action == Action::reset) {
    arrival.client.reset();
    co_return CloseReason::blocked_reset;
  }
  co_await alert(std::move(arrival.client), w.wheel(), Alert::access_denied);
  co_return CloseReason::blocked;
}

/// A place among the worker's spliced connections.
class Place {
 public:
  Place(std::list<Spliced*>& all, Spliced& spliced) : all_(all), at_(all.insert(all.end(), &spliced)) {}
  Place(const Place&) = delete;
  ~Place() { all_.erase(at_); }

 private:
  std::list<Spliced*>& all_;
  std::list<Spliced*>::iterator at_;
};

/// Two halves become one until both ends are done, or a new policy refuses what is between them.
io::Task<Ending> splice(Worker& w, const policy::Snapshot& policy, intake::Arrival& arrival, io::Tcp origin,
                        std::string name = {}) {
  io::Deadline deadline(w.wheel(), arrival.client, origin, Duration::zero());
  Spliced spliced{.facts = facts_of(arrival, name), .deadline = deadline};
  const Place place(w.spliced(), spliced);
  if (&policy != w.terms().policy.get()) spliced.judge(*w.terms().policy);  // replaced since the verdict
  const bool asks = w.ledger().samples_path();
  relay::Outcome outcome = co_await relay::splice(w.wheel(), arrival.client, origin, {.ask_paths = asks});
  if (asks) {
    engine::note_path(w.ledger().timings(), account::Way::client, outcome.to_client);
    engine::note_path(w.ledger().timings(), account::Way::origin, outcome.to_origin);
  }
  if (spliced.refused) outcome.reason = CloseReason::policy_changed;
  co_return Ending{outcome.reason, {.in = outcome.from_client, .out = outcome.from_origin}};
}

/// A connection whose origin cannot be reached ends as it would without Weir: with a reset.
Ending unreachable(intake::Arrival& arrival, const Error& error) {
  arrival.client.reset();
  const CloseReason reason = reason_of(error.code);
  return {arrival.taken && reason == CloseReason::internal ? CloseReason::adopt_failed : reason};
}

/// A client that says nothing: the origin is dialled, and whoever speaks first decides.
struct FirstWord {
  std::optional<Error> failed;
  std::optional<io::Tcp> origin;
  bool origin_spoke = false;
};
io::Task<FirstWord> who_speaks(Worker& w, intake::Arrival& arrival, Duration idle, std::string_view dial) {
  auto origin = co_await reach_origin(w, arrival, dial);
  if (!origin) co_return FirstWord{.failed = origin.error()};
  io::Deadline deadline(w.wheel(), arrival.client, *origin, idle);
  auto ready = co_await io::first_readable(arrival.client, *origin);
  if (!ready) co_return FirstWord{.failed = ready.error()};
  const bool client_spoke = ready->a & io::want_in;
  co_return FirstWord{.origin = std::move(*origin), .origin_spoke = !client_spoke};
}

/// Plain HTTP on a TLS port.  Each of its requests names a host of its own, so it is served like any other.
io::Task<Ending> carry_plain(Worker& w, FlowId id, intake::Arrival& arrival, std::optional<io::Tcp> origin) {
  if (arrival.taken && !origin) {
    auto adopted = co_await reach_origin(w, arrival);
    if (!adopted) co_return unreachable(arrival, adopted.error());
    origin = std::move(*adopted);
  }
  const bool personal = arrival.taken.has_value();
  co_return co_await engine::serve_h1(w.services(), arrival.flow, id, arrival.client, std::move(origin), personal);
}

/// A hello, which may name somebody: refused, or spliced with the origin or with what a rule dials instead.  `origin`,
/// if it is reached already, is at `dialled`; "": where the client dialled.  `inside` runs since the hello was read.
io::Task<Ending> carry_named(Worker& w, const policy::Snapshot& policy, FlowId id, intake::Arrival& arrival,
                             std::string name, std::optional<io::Tcp> origin, std::string_view dialled,
                             account::Stopwatch inside) {
  const policy::Verdict verdict = policy.evaluate(Stage::hello, facts_of(arrival, name));
  w.ledger().judged(id, engine::judgement(policy, verdict, name, Depth::splice));
  if (refuses(verdict)) co_return Ending{co_await block(w, arrival, verdict.action)};

  const std::string_view dial = policy.dial(verdict);
  if (origin && dial != dialled) origin.reset();
  if (!origin) {
    auto reached = co_await reach_origin(w, arrival, dial, inside);
    if (!reached) co_return unreachable(arrival, reached.error());
    origin = std::move(*reached);
  }
  inside.stop(std::chrono::steady_clock::now());
  w.ledger().timings().add(account::Span::inside, inside.total());
  co_return co_await splice(w, policy, arrival, std::move(*origin), name);
}

/// A connection on a TLS port: refused by its name, or spliced.
io::Task<Ending> carry_tls(Worker& w, const policy::Snapshot& policy, FlowId id, intake::Arrival& arrival) {
  const config::Limits& limits = policy.config().limits;
  std::optional<io::Tcp> origin;
  std::string_view dialled;  // where `origin` is; "": where the client dialled
  Looked looked = co_await look(arrival.client, w.wheel(), arrival.taken ? Duration{} : patience, limits.head);

  if (looked.end == Looked::End::silent) {
    const auto nameless = policy.evaluate(Stage::hello, facts_of(arrival));
    if (refuses(nameless)) {
      arrival.client.reset();
      co_return Ending{CloseReason::client_silent};
    }
    dialled = policy.dial(nameless);
    FirstWord first = co_await who_speaks(w, arrival, limits.idle, dialled);
    if (first.failed && first.failed->code == Errc::timed_out) {
      arrival.client.reset();
      co_return Ending{CloseReason::client_silent};
    }
    if (first.failed) co_return unreachable(arrival, *first.failed);
    if (first.origin_spoke) {
      w.ledger().judged(id, engine::judgement(policy, nameless, {}, Depth::splice));
      co_return co_await splice(w, policy, arrival, std::move(*first.origin));
    }
    origin = std::move(first.origin);
    looked = co_await look(arrival.client, w.wheel(), Duration{}, limits.head);
  }
  switch (looked.end) {
    case Looked::End::found: break;
    case Looked::End::closed: let_origin_go(w, arrival); co_return Ending{CloseReason::client_closed};
    case Looked::End::silent:
    case Looked::End::slow:
      let_origin_go(w, arrival);
      arrival.client.reset();
      co_return Ending{CloseReason::client_slow};
    case Looked::End::failed: let_origin_go(w, arrival); co_return Ending{reason_of(looked.error.code)};
  }
  account::Stopwatch inside;
  inside.start(w.loop().now());
  const bool observe = policy.config().gateway.observe;
  if (looked.finding.kind == inspect::Finding::Kind::malformed && !observe) {
    let_origin_go(w, arrival);
    co_await alert(std::move(arrival.client), w.wheel(), Alert::decode_error);
    co_return Ending{CloseReason::hello_malformed};
  }

  const bool by_name = !policy.evaluate(Stage::syn, facts_of(arrival)).decided;
  if (looked.finding.kind == inspect::Finding::Kind::http && by_name) {
    if (!dialled.empty()) origin.reset();
    co_return co_await carry_plain(w, id, arrival, std::move(origin));
  }

  co_return co_await carry_named(w, policy, id, arrival, looked.finding.hello.server_name, std::move(origin), dialled,
                                 inside);
}

/// A connection on an HTTP port: served, unless the origin speaks first.
io::Task<Ending> carry_http(Worker& w, const policy::Snapshot& policy, FlowId id, intake::Arrival& arrival) {
  const config::Limits& limits = policy.config().limits;
  std::optional<io::Tcp> origin;
  bool silent = false;
  {
    io::Deadline deadline(w.wheel(), arrival.client, patience);
    if (auto ready = co_await arrival.client.readable(); !ready) {
      if (ready.error() != Errc::timed_out) co_return Ending{reason_of(ready.error().code)};
      silent = true;
    }
  }
  const auto goes_to_its_origin = [&] {
    const policy::Verdict nameless = policy.evaluate(Stage::hello, facts_of(arrival));
    return !refuses(nameless) && policy.dial(nameless).empty();
  };
  if (silent && goes_to_its_origin()) {
    FirstWord first = co_await who_speaks(w, arrival, limits.idle, {});
    if (first.failed && first.failed->code == Errc::timed_out) {
      arrival.client.reset();
      co_return Ending{CloseReason::client_idle};
    }
    if (first.failed) co_return unreachable(arrival, *first.failed);
    if (first.origin_spoke) {
      w.ledger().judged(id, {.depth = Depth::splice});
      co_return co_await splice(w, policy, arrival, std::move(*first.origin));
    }
    origin = std::move(first.origin);
  }
  co_return co_await engine::serve_h1(w.services(), arrival.flow, id, arrival.client, std::move(origin));
}

bool is_http(const config::Config& config, std::uint16_t port) {
  return std::ranges::find(config.gateway.http, port) != config.gateway.http.end();
}

}  // namespace

io::Task<void> session(Worker& w, intake::Arrival arrival) {
  // A connection is judged by the policy under which it began; one that is spliced then ends if a newer one refuses it.
  const std::shared_ptr<const policy::Snapshot> policy = w.terms().policy;
  const account::Opening opening = opening_of(*policy, arrival);
  const FlowId id = w.ledger().opened(opening);

  if (arrival.taken) note_handshake(w, arrival.flow, *arrival.taken);
  const policy::Verdict at_syn = policy->evaluate(Stage::syn, facts_of(arrival));
  Ending ending{CloseReason::client_limit};
  if (opening.most > 0 && w.ledger().exceeds(id)) {
    let_origin_go(w, arrival);
    arrival.client.reset();
  } else if (at_syn.decided && at_syn.action == Action::reset) {
    w.ledger().judged(id, engine::judgement(*policy, at_syn, {}, Depth::splice));
    ending.reason = co_await block(w, arrival, Action::reset);
  } else if (is_http(policy->config(), arrival.flow.origin.port)) {
    ending = co_await carry_http(w, *policy, id, arrival);
  } else {
    ending = co_await carry_tls(w, *policy, id, arrival);
  }

  w.ledger().ended(id, ending.reason, ending.traffic);
  if (arrival.taken) w.shared().kernel.forget(arrival.flow, id);
  w.shared().connections.fetch_sub(1, std::memory_order_relaxed);
}

void turn_away(Worker& w, intake::Arrival arrival) {
  const FlowId id = w.ledger().opened(opening_of(*w.terms().policy, arrival));
  let_origin_go(w, arrival);
  arrival.client.reset();
  w.ledger().ended(id, CloseReason::limit);
  if (arrival.taken) w.shared().kernel.forget(arrival.flow, id);
}

}  // namespace weir::run
