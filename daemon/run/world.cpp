#include "run/world.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>

#include "load/zone.h"
#include "run/log.h"
#include "run/memory.h"
#include "run/setup.h"

namespace weir::run {
namespace {

/// One gateway a network namespace: a second one would fight over rules, marks and tables.  An abstract unix socket
/// belongs to the namespace and goes with its process, however that ends.
Result<Fd> claim_namespace() {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{.sun_family = AF_UNIX, .sun_path = "\0weir-gateway"};
  const socklen_t length = offsetof(sockaddr_un, sun_path) + sizeof "\0weir-gateway" - 1;
  if (!fd || bind(fd.get(), reinterpret_cast<sockaddr*>(&name), length)) return fail_errno();
  return fd;
}

steer::Obstacle obstacle(const steer::Refusal& refusal) {
  return {"cannot set up " + refusal.what + ": " + refusal.why, "see proxyctl doctor"};
}

steer::Obstacle obstacle(std::string what, const Error& error) {
  return {std::move(what) + ": " + error.cause.message(), "run weir as root, or see proxyctl doctor"};
}

unsigned worker_count(const config::Config& config) {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return std::min<unsigned>(config.gateway.workers ? config.gateway.workers : cores, WEIR_MAX_WORKERS - 1);
}

/// How many connections, up to `wanted`, this process may have descriptors for: two sockets each, and a pipe while a
/// slow receiver holds bytes up.  Beyond that new ones follow on_failure; without descriptors they would hang in a
/// queue.
unsigned affordable(unsigned wanted) {
  constexpr rlim_t of_one = 4, own = 256;
  rlimit now{};
  if (getrlimit(RLIMIT_NOFILE, &now)) return wanted;
  const rlim_t needed = wanted * of_one + own;
  for (const rlim_t hard : {std::max(now.rlim_max, needed), now.rlim_max}) {  // the first needs CAP_SYS_RESOURCE
    const rlimit raised{std::max(now.rlim_cur, std::min(hard, needed)), hard};
    if (setrlimit(RLIMIT_NOFILE, &raised)) continue;
    now = raised;
    break;
  }
  if (now.rlim_cur >= needed) return wanted;
  return static_cast<unsigned>((std::max<rlim_t>(now.rlim_cur, own + of_one) - own) / of_one);
}

/// Keys that are read once; a reload that changes one says so.
std::vector<std::string> needs_restart(const config::Config& now, const config::Config& next) {
  std::vector<std::string> keys;
  if (now.gateway.workers != next.gateway.workers) keys.push_back("gateway.workers");
  if (now.gateway.mark != next.gateway.mark) keys.push_back("gateway.mark");
  if (now.gateway.table != next.gateway.table) keys.push_back("gateway.table");
  if (now.gateway.timezone != next.gateway.timezone) keys.push_back("gateway.timezone");
  if (now.control.socket != next.control.socket) keys.push_back("control.socket");
  if (now.control.state != next.control.state) keys.push_back("control.state");
  if (now.control.metrics != next.control.metrics) keys.push_back("control.metrics");
  return keys;
}

/// "since 14:02:11" on this machine's clock.
std::string since_text(Monotonic then) {
  const auto ago = std::chrono::steady_clock::now() - then;
  const std::time_t at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() -
                                                              std::chrono::duration_cast<WallTime::duration>(ago));
  std::tm local{};
  localtime_r(&at, &local);
  char text[16];
  std::strftime(text, sizeof text, "since %H:%M:%S", &local);
  return text;
}

std::size_t rules_in_force(const policy::Snapshot& policy) {
  std::size_t count = 0;
  for (std::size_t r = 0; r < policy.config().rules.size(); ++r) count += policy.in_force(r);
  return count;
}

/// What a reload cannot change stays as it runs.
void keep_running_values(config::Config& next, const config::Config& now) {
  next.gateway.workers = now.gateway.workers;
  next.gateway.mark = now.gateway.mark;
  next.gateway.table = now.gateway.table;
  next.gateway.timezone = now.gateway.timezone;
  next.control = now.control;
}

}  // namespace

/// With the devices that its leases and hosts files name.
policy::Moment World::present() { return load::moment_of(std::chrono::system_clock::now()); }

World::World(std::string path, load::Loaded loaded) : path_(std::move(path)), loaded_(std::move(loaded)) {
  started_ = in_force_since_ = std::chrono::system_clock::now();
}

std::expected<std::unique_ptr<World>, steer::Obstacle> World::start(std::string path, load::Loaded loaded) {
  std::unique_ptr<World> world(new World(std::move(path), std::move(loaded)));
  if (auto up = world->bring_up(); !up) return std::unexpected(up.error());
  return world;
}

std::expected<void, steer::Obstacle> World::bring_up() {
  auto claimed = claim_namespace();
  if (!claimed)
    return std::unexpected(claimed.error().cause == std::errc::address_in_use
                               ? steer::Obstacle{"another weir runs in this network namespace", "stop it first"}
                               : obstacle("cannot claim this network namespace", claimed.error()));
  claim_ = std::move(*claimed);
  auto monitor = steer::Monitor::open();  // before the first look, so that no change is lost between
  if (!monitor) return std::unexpected(obstacle("cannot watch interfaces", monitor.error()));
  monitor_ = std::move(*monitor);
  find_links();
  auto kernel = steer::Kernel::load(settings());  // first of all: what lacks privilege fails here, with one message
  if (!kernel) return std::unexpected(kernel.error());
  kernel_ = std::move(*kernel);
  touched_ = true;
  guard_stays_ = steer::is_guarded();
  if (auto guarded = steer::guard(footprint()); !guarded) return std::unexpected(obstacle(guarded.error()));
  find_source();
  recall_changes();
  terms_.policy = compile(loaded_, next_id_++);
  policies_.put(terms_.policy);
  if (auto opened = open_workers(); !opened) return opened;

  if (auto done = kernel_->commit(terms_.policy->plan(hasher_)); !done)
    return std::unexpected(obstacle("the policy does not fit into the kernel", done.error()));
  if (auto done = steer::install(footprint()); !done) return std::unexpected(obstacle(done.error()));
  if (auto done = kernel_->attach_lookup(); !done) return done;
  for (auto& worker : workers_) worker->start();
  pulse_->start();
  if (auto attached = attach_links(); !attached) return attached;
  lists_.follow(loaded_, std::chrono::steady_clock::now(), started_);
  guard_stays_ = false;
  return {};
}

std::expected<void, steer::Obstacle> World::open_workers() {
  const unsigned count = worker_count(*loaded_.config);
  shared_ = std::make_unique<Shared>(*kernel_, loaded_.config->cache.memory);
  limit_connections();
  limit_memory();
  books_ =
      std::make_unique<account::Books>(count + 1, access_settings(loaded_.config->log));  // the last one is the pulse's
  follow_clients();
  for (unsigned i = 0; i < count; ++i) {
    auto worker = Worker::make(i, *shared_, books_->ledger(i), terms_);
    if (!worker) return std::unexpected(obstacle("cannot open a listener", worker.error()));
    if (auto set = kernel_->set_listeners(i, (*worker)->door().v4(), (*worker)->door().v6()); !set)
      return std::unexpected(obstacle("cannot register a listener", set.error()));
    workers_.push_back(std::move(*worker));
  }
  pulse_ = std::make_unique<Pulse>(*kernel_, books_->ledger(count), books_->clients(), *shared_, workers_, policies_);
  return {};
}

void World::limit_connections() {
  const unsigned wanted = loaded_.config->limits.connections, granted = affordable(wanted);
  if (shared_->most_connections.exchange(granted) == granted || granted == wanted) return;
  log_warning("limits.connections=" + std::to_string(wanted) + " lowered to " + std::to_string(granted) +
              ": no more open files are allowed");
}

void World::limit_memory() {
  const std::uint64_t at_hand = memory_at_hand(), cache = loaded_.config->cache.memory;
  const std::uint64_t most = loaded_.config->limits.memory.value_or((at_hand - std::min(at_hand, cache)) / 2);
  const std::uint64_t all = MemoryGauge().in_use(), own = all - std::min<std::uint64_t>(all, shared_->cache.used());
  shared_->most_memory = most;
  if (most > 0 && own >= most)
    log_warning("limits.memory=\"" + size_text(most) + "\" is less than Weir takes for itself and its lists, " +
                size_text(own) + ": new connections follow on_failure");
}

/// What is free goes back to the machine only when it is told to: else one flood would look like many.
void World::tend_memory() {
  constexpr Duration least = std::chrono::seconds(2), most = std::chrono::seconds(60);
  const auto now = std::chrono::steady_clock::now();
  if (!shared_->out_of_memory) trim_pause_ = least;
  if (!shared_->out_of_memory || now < next_trim_) return;
  malloc_trim(0);
  next_trim_ = now + trim_pause_;
  trim_pause_ = std::min(most, trim_pause_ * 2);  // it holds workers up while it looks
}

World::~World() {
  if (pulse_) pulse_->stop();
  for (auto& worker : workers_) worker->stop();
  for (auto& worker : workers_) worker->join();
  workers_.clear();
  kernel_.reset();
  if (!touched_) return;
  const auto removed = steer::remove_footprint(footprint().sysctl_state, guard_stays_);
  if (!removed) log_error("cannot remove " + removed.error().what + ": " + removed.error().why);
}

std::string World::ailment() const {
  for (const auto& worker : workers_) {
    if (!worker->is_alive(hung_after)) return "a worker hangs " + since_text(worker->turned());
  }
  if (!pulse_->is_alive(4 * hung_after)) return "the heartbeat stands still " + since_text(pulse_->turned());
  if (shared_->out_of_memory)
    return "limits.memory is reached: " + size_text(shared_->memory) + " of " + size_text(shared_->most_memory);
  if (shared_->connections.load() >= shared_->most_connections)
    return "limits.connections is reached: " + std::to_string(shared_->most_connections);
  return {};
}

void World::find_links() {
  if (auto links = steer::links()) links_ = std::move(*links);
  const config::Gateway& gateway = loaded_.config->gateway;
  wan_ = gateway.wan;
  if (!wan_.empty()) return;
  if (auto found = steer::default_links(gateway.table)) wan_ = std::move(*found);
  std::erase_if(wan_,
                [&](const std::string& name) { return std::ranges::find(gateway.lan, name) != gateway.lan.end(); });
}

/// Whose address origins see, for each family: `auto` follows what NAT does to it anyway.
void World::find_source() {
  const config::Gateway& gateway = loaded_.config->gateway;
  const auto cover = steer::wan_nat(gateway.lan, wan_).value_or(steer::NatCover{});
  nat_ = cover.v4 || cover.v6;
  const bool automatic = gateway.source == config::Source::automatic;
  const bool client = gateway.source == config::Source::client;
  terms_.source.as_client_v4 = client || (automatic && !cover.v4);
  terms_.source.as_client_v6 = client || (automatic && !cover.v6);
}

steer::Settings World::settings() const {
  const config::Config& config = *loaded_.config;
  return {.mark = config.gateway.mark,
          .workers = worker_count(config),
          .closed = !aside_ && policy::failure(config) == OnFailure::closed,
          .guarded = !aside_ && policy::guarded(config, *policy::devices_in(config, *loaded_.directory)),
          .floor_splice = config.gateway.floor == config::Floor::splice,
          .quic_reject = config.gateway.quic == config::Quic::reject && !config.gateway.observe,
          .http = config.gateway.http,
          .tls = config.gateway.tls,
          .held_flows = std::max(65536u, config.limits.connections),
          .hash_point = hasher_.point(),
          .client_bits = config.clients.ipv6};
}

steer::FootprintPlan World::footprint() const {
  steer::FootprintPlan plan = footprint_of(*loaded_.config, *policy::devices_in(*loaded_.config, *loaded_.directory));
  plan.wan = wan_;
  plan.nat = nat_;
  if (aside_) {
    plan.closed = false;
    plan.failures = {};
  }
  if (!workers_.empty()) {
    plan.listener_v4 = workers_.front()->door().port_v4();
    plan.listener_v6 = workers_.front()->door().port_v6();
  }
  return plan;
}

std::expected<void, steer::Obstacle> World::follow_addresses() {
  const auto addresses = steer::addresses();
  if (!addresses) return {};
  std::vector<Address> own;
  for (const auto& local : *addresses) own.push_back(local.address);
  if (auto set = kernel_->set_local(own); !set)
    return std::unexpected(obstacle("cannot tell the kernel the gateway's addresses", set.error()));
  const auto gone = [&](const Address& address) { return std::ranges::find(own, address) == own.end(); };
  if (std::ranges::any_of(own_, gone)) {
    for (auto& worker : workers_) worker->forget_origins();
  }
  own_ = std::move(own);
  if (auto prefixes = steer::attached_prefixes(loaded_.config->gateway.lan)) {
    if (auto set = kernel_->set_adjacent(*prefixes); !set)
      return std::unexpected(obstacle("cannot tell the kernel the prefixes of the LAN", set.error()));
    books_->clients().adjacent(std::move(*prefixes));
  }
  return {};
}

std::expected<void, steer::Obstacle> World::attach_links() {
  if (auto followed = follow_addresses(); !followed) return followed;
  for (bool lan : {true, false}) {
    for (const std::string& name : lan ? loaded_.config->gateway.lan : wan_) {
      auto link = steer::find_link(links_, name);
      if (!link) continue;  // attached when it appears
      auto attached = kernel_->attach(
          {.ifindex = static_cast<int>(link->index), .name = name, .link_header = link->header, .lan = lan});
      if (!attached) return attached;
    }
  }
  return {};
}

/// Interfaces that the configuration names no longer.
void World::detach_links() {
  for (const steer::Link& link : links_) {
    const auto names = [&](const std::vector<std::string>& list) {
      return std::ranges::find(list, link.name) != list.end();
    };
    if (!names(loaded_.config->gateway.lan) && !names(wan_)) kernel_->detach(static_cast<int>(link.index));
  }
}

void World::look_around() {
  const auto changes = monitor_->drain();
  if (!changes.any()) return;
  const std::vector<steer::Link> before = links_;
  const std::vector<std::string> wan_before = wan_;
  find_links();
  for (const steer::Link& old : before) {
    const bool gone = std::ranges::none_of(links_, [&](const steer::Link& l) { return l.index == old.index; });
    if (gone) kernel_->detach(static_cast<int>(old.index));
  }
  if (wan_ != wan_before) {
    find_source();
    for (auto& worker : workers_) worker->carry_on(terms_);
    if (auto done = steer::install(footprint()); !done)
      log_error("cannot follow the interfaces: " + done.error().what + ": " + done.error().why);
  }
  if (auto attached = attach_links(); !attached) log_warning(attached.error().what);
}

World::Reload World::reload(load::Loaded next) {
  Reload result{.diagnostics = next.diagnostics};
  auto refuse = [&](std::string why) {
    refused_ = std::move(why);
    refused_at_ = std::chrono::system_clock::now();
    return result;
  };
  if (!next.config) {
    auto first = std::ranges::find(next.diagnostics, config::Severity::error, &config::Diagnostic::severity);
    return refuse(first == next.diagnostics.end() ? "unreadable" : to_text(first->where) + ": " + first->message);
  }
  result.waiting = needs_restart(*loaded_.config, *next.config);
  keep_running_values(*next.config, *loaded_.config);

  load::look_up_zone();
  guard_files(next);
  auto policy = compile(next, next_id_++);
  if (auto done = change(std::move(next), std::move(policy)); !done) {
    result.diagnostics.push_back({config::Severity::error,
                                  {.file = path_},
                                  "the kernel refused the new policy: " + done.error().cause.message(),
                                  "see proxyctl doctor"});
    return refuse(result.diagnostics.back().message);
  }
  refused_.clear();
  in_force_since_ = std::chrono::system_clock::now();
  lists_.follow(loaded_, std::chrono::steady_clock::now(), in_force_since_);
  follow_clients();
  result.reset = reset_refused();
  result.done = true;
  accept_unguarded();
  number_exceptions();
  return result;
}

/// All or nothing: when the kernel refuses the new policy, everything is as it was.
Result<void> World::change(load::Loaded next, std::shared_ptr<const policy::Snapshot> policy) {
  load::Loaded previous = std::exchange(loaded_, std::move(next));
  const Terms previous_terms = terms_;
  auto done = put_in_force(std::move(policy));
  if (done) return done;
  policies_.take_back();
  loaded_ = std::move(previous);
  terms_ = previous_terms;
  find_links();
  kernel_->apply(settings());
  steer::install(footprint());
  return done;
}

Result<void> World::put_in_force(std::shared_ptr<const policy::Snapshot> policy) {
  find_links();
  find_source();
  policies_.put(policy);  // before the first flow that is judged by it
  if (auto done = kernel_->apply(settings()); !done) return done;
  if (auto done = steer::install(footprint()); !done) return fail(Errc::system);
  if (auto done = judge_by(std::move(policy)); !done) return done;  // last: it cannot be taken back
  limit_connections();
  limit_memory();
  shared_->cache.resize(loaded_.config->cache.memory);
  detach_links();
  if (auto attached = attach_links(); !attached) log_warning(attached.error().what);
  return {};
}

Result<void> World::judge_by(std::shared_ptr<const policy::Snapshot> policy) {
  if (auto done = kernel_->commit(policy->plan(hasher_)); !done) return done;
  terms_.policy = std::move(policy);
  books_->clients().limit([&](const Address& address, const std::optional<Mac>& mac) {
    return terms_.policy->allowance(address, mac).connections;
  });
  for (auto& worker : workers_) worker->carry_on(terms_);
  return {};
}

void World::look_at_clock() {
  constexpr Duration patience = std::chrono::seconds(10);
  end_changes();
  const policy::Moment now = present();
  if (draining_ || !terms_.policy->changes_at(now) || std::chrono::steady_clock::now() < next_try_) return;
  auto policy = terms_.policy->at(now, next_id_++);
  policies_.put(policy);
  if (auto done = judge_by(std::move(policy)); !done) {
    policies_.take_back();
    next_try_ = std::chrono::steady_clock::now() + patience;
    log_error("the kernel refused the rules whose time has come: " + done.error().cause.message());
    return;
  }
  const std::uint64_t reset = reset_refused();
  log_info("other rules hold by the clock: wall=\"" + (now ? wall_text(*now) : "not set") +
           "\" rules=" + std::to_string(rules_in_force(*terms_.policy)) + " reset=" + std::to_string(reset));
}

std::optional<std::chrono::sys_seconds> World::next_change() const {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (!load::moment_of(now)) return {};
  return policy::next_change(loaded_.config->rules, now, load::wall_at);
}

/// Passing connections that the new policy refuses end now.  Workers judge what they splice when they are told of it;
/// requests are judged one by one.
std::uint64_t World::reset_refused() {
  std::uint64_t reset = 0;
  for (const account::Record& record : books_->live({.limit = std::numeric_limits<std::size_t>::max()})) {
    if (record.depth != Depth::pass && record.depth != Depth::inspect) continue;
    if (!refuses(judge_passing(*terms_.policy, record.flow, record.depth, record.host))) continue;
    kernel_->reset_passed(record.flow);
    ++reset;
  }
  return reset;
}

void World::drain() {
  stopping_ = true;
  take_no_more();
}

void World::take_no_more() {
  if (std::exchange(draining_, true)) return;
  pulse_->rest();
  for (auto& worker : workers_) worker->drain();
}

/// Opened before the beat rests, so that no client meets a closed gateway in between.
void World::stand_aside() {
  if (std::exchange(aside_, true)) return;
  follow_aside();
  take_no_more();
}

/// The beat comes first: what the guard lets pass then, a live program has marked.
void World::come_back() {
  if (stopping_ || !std::exchange(aside_, false)) return;
  draining_ = false;
  for (auto& worker : workers_) worker->resume();
  pulse_->beat_again();
  follow_aside();
}

void World::follow_aside() {
  const auto applied = kernel_->apply(settings());
  if (!applied) log_error("cannot tell the kernel about on_failure: " + applied.error().cause.message());
  if (const auto guarded = steer::guard(footprint()); !guarded)
    log_error("cannot set up " + guarded.error().what + ": " + guarded.error().why);
}

bool World::is_alive(Duration limit) const {
  const auto alive = [&](const std::unique_ptr<Worker>& worker) { return worker->is_alive(limit); };
  return pulse_->is_alive(limit) && std::ranges::all_of(workers_, alive);
}

}  // namespace weir::run
