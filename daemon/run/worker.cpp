#include "run/worker.h"

#include <pthread.h>

#include "run/policies.h"
#include "run/session.h"

namespace weir::run {
namespace {

constexpr Duration turn = std::chrono::milliseconds(50);

}  // namespace

bool Turning::within(Duration limit) const { return std::chrono::steady_clock::now() - last() < limit; }

void Turning::fire() {
  last_.store(std::chrono::steady_clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  wheel_.add(*this, turn);
}

void Spliced::judge(const policy::Snapshot& policy) {
  if (refused || !run::refuses(policy.evaluate(Stage::hello, facts))) return;
  refused = true;
  deadline.restart(Duration(1));
}

Worker::Worker(unsigned number, Shared& shared, account::Ledger& ledger, Terms terms)
    : number_(number),
      shared_(shared),
      ledger_(ledger),
      terms_(std::move(terms)),
      resolver_(loop_),
      dialer_(loop_, ledger, terms_.source, resolver_),
      pool_(loop_),
      services_{.loop = loop_,
                .dialer = dialer_,
                .pool = pool_,
                .policy = terms_.policy,
                .ledger = ledger,
                .cache = &shared.cache,
                .resolver = &resolver_,
                .out_of_memory = &shared.out_of_memory} {}

Result<std::unique_ptr<Worker>> Worker::make(unsigned number, Shared& shared, account::Ledger& ledger, Terms terms) {
  std::unique_ptr<Worker> worker(new Worker(number, shared, ledger, std::move(terms)));
  auto door = intake::Door::open(worker->loop_);
  if (!door) return std::unexpected(door.error());
  worker->door_.emplace(std::move(*door));
  return worker;
}

void Worker::start() {
  turning_.start();
  loop_.spawn(pool_.sweep());
  loop_.spawn(admit(false));
  if (door_->v6() >= 0) loop_.spawn(admit(true));
  thread_ = std::jthread([this] {
    pthread_setname_np(pthread_self(), ("weir-" + std::to_string(number_)).c_str());
    loop_.run();
  });
}

void Worker::drain() {
  loop_.post([this] { engine::drain(services_); });
}

void Worker::resume() {
  loop_.post([this] { engine::resume(services_); });
}

void Worker::forget_origins() {
  loop_.post([this] { engine::forget_origins(services_); });
}

void Worker::stop() { loop_.stop(); }

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::carry_on(Terms terms) {
  loop_.post([this, terms = std::move(terms)]() mutable {
    terms_ = std::move(terms);
    for (Spliced* spliced : spliced_) spliced->judge(*terms_.policy);
  });
}

/// Takes connections of one family until the loop stops.  Beyond the limits a connection is reset at once: the
/// heartbeat says "overloaded" from then on, so that the kernel sends no more.
io::Task<void> Worker::admit(bool v6) {
  io::TaskGroup sessions(loop_);
  for (;;) {
    auto arrival = co_await door_->next(v6, shared_.kernel);
    if (!arrival) {
      if (arrival.error() == Errc::stopped) break;
      continue;
    }
    if (!shared_.take_place()) {
      turn_away(*this, std::move(*arrival));
      continue;
    }
    sessions.spawn(session(*this, std::move(*arrival)));
  }
  door_->close();
  co_await sessions.join();
}

}  // namespace weir::run
