#include "run/pulse.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "base/name.h"
#include "engine/judgement.h"
#include "run/log.h"

namespace weir::run {
namespace {

constexpr auto beat_every = std::chrono::milliseconds(100);
constexpr auto sweep_every = std::chrono::seconds(5);
constexpr Duration handshake_for = std::chrono::seconds(30);
/// Browsers keep connections open in advance; beyond this they get a reset with their first byte and come again.
constexpr Duration undecided_for = std::chrono::minutes(5);

}  // namespace

Pulse::Pulse(steer::Kernel& kernel, account::Ledger& ledger, account::Clients& clients, Shared& shared,
             std::vector<std::unique_ptr<Worker>>& workers, const Policies& policies)
    : kernel_(kernel), ledger_(ledger), clients_(clients), shared_(shared), workers_(workers), policies_(policies) {}

void Pulse::start() {
  beat();
  next_beat_ = std::chrono::steady_clock::now() + beat_every;
  thread_ = std::jthread([this](std::stop_token stop) {
    pthread_setname_np(pthread_self(), "weir-pulse");
    // A busy host must not make a living daemon look dead.  Without the privilege the beat is merely less punctual.
    setpriority(PRIO_PROCESS, gettid(), -20);
    run(stop);
  });
}

void Pulse::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  hear();
  kernel_.rest();
}

void Pulse::rest() {
  resting_ = true;
  kernel_.rest();
}

void Pulse::beat_again() { resting_ = false; }

bool Pulse::is_alive(Duration limit) const { return std::chrono::steady_clock::now() - turned() < limit; }

void Pulse::run(std::stop_token stop) {
  auto next_sweep = std::chrono::steady_clock::now() + sweep_every;
  while (!stop.stop_requested()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(next_beat_ - std::chrono::steady_clock::now()).count();
    pollfd events{.fd = kernel_.events_fd(), .events = POLLIN, .revents = 0};
    if (left > 0) poll(&events, 1, static_cast<int>(left));
    hear();
    beat_if_due();
    if (std::chrono::steady_clock::now() < next_sweep) continue;
    sweep();
    next_sweep = std::chrono::steady_clock::now() + sweep_every;
  }
}

/// Also between two events: a flood of them must not make the daemon look dead.
void Pulse::beat_if_due() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_beat_) return;
  beat();
  next_beat_ = std::max(next_beat_ + beat_every, now);  // later than planned: we were stopped for a while
}

void Pulse::beat() {
  turned_.store(std::chrono::steady_clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  follow_limits();
  if (resting_) return;
  bool crowded = shared_.is_full();
  for (const auto& worker : workers_) {
    if (!worker->is_alive(hung_after)) return;  // the old beat grows stale and new flows follow on_failure
    crowded |= worker->door().is_crowded();
  }
  kernel_.beat(crowded);
  if (resting_) kernel_.rest();  // said between the look above and the beat
}

/// What the daemon counts and the programs hold.
void Pulse::follow_limits() {
  const std::uint64_t all = memory_.in_use(), cache = shared_.cache.used();
  shared_.weigh(all - std::min(all, cache));
  for (const auto& [client, full] : clients_.turned()) kernel_.refuse_more(client, full);
}

void Pulse::hear() {
  events_.clear();
  kernel_.drain(events_);
  for (const weir_event& event : events_) {
    beat_if_due();
    switch (event.type) {
      case WEIR_EVENT_passed: passed(event); break;
      case WEIR_EVENT_ended: ended(event); break;
      case WEIR_EVENT_destroy: destroy(event); break;
      case WEIR_EVENT_reset: reset(event); break;
    }
  }
}

void Pulse::passed(const weir_event& event) {
  const Flow flow = steer::flow_of(event.key, event.mac);
  const Depth depth = event.reason == WEIR_WIRE_passed_hello ? Depth::inspect : Depth::pass;
  const auto now = policies_.in_force();
  const unsigned most = now->allowance(flow.client.address, flow.mac).connections;
  ledger_.opened(
      {.flow = flow, .depth = depth, .id = event.id, .since = steer::monotonic(event.started_ns), .most = most});
  const std::string name = normalise_name({event.name, event.name_length}).value_or("");
  account::Judgement judgement{.host = name, .depth = depth};
  if (auto policy = policies_.find(event.policy))
    judgement = engine::judgement(*policy, judge_passing(*policy, flow, depth, name), name, depth);
  ledger_.judged(event.id, std::move(judgement));
  if (depth == Depth::inspect) ledger_.answered(flow.origin.address, std::chrono::steady_clock::now());
  note_handshake(event);
  OnWire& flowing = on_wire_[event.id] = {.seen = sweeps_, .beyond = most > 0 && ledger_.exceeds(event.id)};
  // Judged by a policy that was replaced before the flow was heard of: the reload did not find it among the living.
  const bool refused = now->id() != event.policy && refuses(judge_passing(*now, flow, depth, name));
  if (refused || flowing.beyond) kernel_.reset_passed(flow);
}

/// Of a connection that was watched from its SYN on.
void Pulse::note_handshake(const weir_event& event) {
  account::Timings& timings = ledger_.timings();
  if (event.origin_us == 0) return;
  timings.add(account::Span::origin_passed, std::chrono::microseconds(event.origin_us));
  timings.handshake(account::Way::origin, (event.again & WEIR_AGAIN_origin) != 0);
  if (event.client_us == 0) return;
  timings.add(account::Span::client_passed, std::chrono::microseconds(event.client_us));
  timings.handshake(account::Way::client, (event.again & WEIR_AGAIN_client) != 0);
}

void Pulse::ended(const weir_event& event) {
  const auto flowing = on_wire_.extract(event.id);
  if (!flowing) return;
  CloseReason reason = CloseReason::done;
  if (event.state & WEIR_PASSED_reset)
    reason = flowing.mapped().beyond ? CloseReason::client_limit : CloseReason::policy_changed;
  else if (event.state & WEIR_PASSED_rst)
    reason = CloseReason::wire_reset;
  ledger_.ended(event.id, reason, account::Traffic{.in = event.bytes_up, .out = event.bytes_down});
}

/// Both halves of an old connection stand in the way of a new one with the same addresses and ports.  If the new one
/// has been taken over since the event, the sockets that stand there are its own.
void Pulse::destroy(const weir_event& event) {
  const Flow flow = steer::flow_of(event.key);
  if (const auto now = kernel_.held(flow); now && now->state == WEIR_HELD_taken) return;
  if (!destroyer_) {
    auto opened = steer::Destroyer::open();
    if (!opened) return;
    destroyer_ = std::move(*opened);
  }
  const auto client_half = destroyer_->destroy(flow.origin, flow.client);
  const auto origin_half = destroyer_->destroy(flow.client, flow.origin);
  if (!client_half || !origin_half) destroyer_.reset();  // a netlink socket in doubt is made anew
}

/// Before the flow's first bytes.
void Pulse::reset(const weir_event& event) {
  const Flow flow = steer::flow_of(event.key, event.mac);
  ledger_.answered(flow.origin.address, std::chrono::steady_clock::now());
  unmade(flow, event.id, steer::monotonic(event.started_ns),
         event.origin_us == 0 ? CloseReason::origin_refused : CloseReason::origin_reset);
}

/// A watched connection that came to nothing on the origin's side.  Nothing of it was read, and no rule judged it.
void Pulse::unmade(const Flow& flow, FlowId id, Monotonic since, CloseReason reason) {
  const unsigned most = policies_.in_force()->allowance(flow.client.address, flow.mac).connections;
  ledger_.opened({.flow = flow, .depth = Depth::inspect, .id = id, .since = since, .most = most});
  ledger_.ended(id, reason);
}

void Pulse::passing(const weir_flow_key& key, const weir_passed& flow) {
  ledger_.moved(flow.id, {.in = flow.bytes_up, .out = flow.bytes_down});
  const auto known = on_wire_.find(flow.id);
  if (known == on_wire_.end()) return;
  known->second.seen = sweeps_;
  if (std::exchange(known->second.heard, flow.packets_down) != flow.packets_down)
    ledger_.answered(steer::flow_of(key).origin.address, std::chrono::steady_clock::now());
}

void Pulse::sweep() {
  ++sweeps_;
  std::unordered_set<FlowId> unclaimed;
  std::unordered_map<ClientKey, account::Clients::Waiting, ClientKeyHash> waiting;
  const auto policy = policies_.in_force();
  const bool limits = std::ranges::any_of(policy->config().client_limits,
                                          [](const config::Limit& limit) { return limit.connections > 0; });
  std::size_t seen = 0;
  kernel_.sweep({.handshake = handshake_for,
                 .undecided = undecided_for,
                 .quiet = account::Clients::quiet,
                 // A takeover that never became an accepted socket belongs to nobody; one sweep's grace for one that is
                 // being accepted now.
                 .orphaned =
                     [&](FlowId id) {
                       if (ledger_.lives(id)) return false;
                       unclaimed.insert(id);
                       return unclaimed_.contains(id);
                     },
                 .passing = [&](const weir_flow_key& key, const weir_passed& flow) { passing(key, flow); },
                 .waiting =
                     [&](const Flow& flow) {
                       if (!limits) return;
                       if (++seen % 1024 == 0) beat_if_due();
                       const auto [at, first] = waiting.try_emplace(clients_.key_of(flow));
                       if (first) {
                         const auto allowance = policy->allowance(flow.client.address, flow.mac);
                         at->second = {.address = flow.client.address, .most = allowance.connections};
                       }
                       ++at->second.count;
                     },
                 .patience = account::Reach::unanswered_after,
                 .silent =
                     [&](const Address& origin, Monotonic asked) {
                       if (++seen % 1024 == 0) beat_if_due();
                       ledger_.silent(origin, asked);
                     },
                 .answered = [&](const Address& origin, Monotonic when) { ledger_.answered(origin, when); },
                 .unanswered =
                     [&](const Flow& flow, const weir_held& held) {
                       beat_if_due();  // the origins of a whole flood may be silent
                       unmade(flow, held.id, steer::monotonic(held.started_ns), CloseReason::origin_timeout);
                     }});
  clients_.waiting(waiting, std::chrono::system_clock::now());
  unclaimed_ = std::move(unclaimed);
  // What was announced before the last two sweeps and seen by neither has left the map without saying good-bye.
  std::erase_if(on_wire_, [&](const auto& entry) {
    if (entry.second.seen + 2 > sweeps_) return false;
    ledger_.ended(entry.first, CloseReason::evicted);
    return true;
  });
}

}  // namespace weir::run
