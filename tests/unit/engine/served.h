// A worker with the engine on a thread of its own; the test plays the client and the origin with blocking sockets.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/serve.h"

namespace weir::engine {

/// One end of a connection.  Every wait is bounded, so that a test that goes wrong ends.
class Peer {
 public:
  Peer() = default;
  explicit Peer(int fd) : fd_(fd) {
    const timeval limit{5, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

  void say(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  /// Octets up to and including `end`; whatever came when the peer ends or keeps silent for too long.
  std::string hear_until(std::string_view end) {
    while (heard_.find(end) == heard_.npos && more()) {
    }
    const std::size_t at = heard_.find(end);
    return take(at == heard_.npos ? heard_.size() : at + end.size());
  }
  std::string hear(std::size_t octets) {
    while (heard_.size() < octets && more()) {
    }
    return take(std::min(octets, heard_.size()));
  }
  std::string head() { return hear_until("\r\n\r\n"); }
  /// Everything until FIN.
  std::string rest() {
    while (more()) {
    }
    return take(heard_.size());
  }
  bool ended() { return heard_.empty() && !more() && end_ == 0; }
  bool was_reset() { return heard_.empty() && !more() && end_ == ECONNRESET; }
  /// Nothing comes for a moment.
  bool silent() {
    pollfd ask{fd_.get(), POLLIN, 0};
    return heard_.empty() && poll(&ask, 1, 100) == 0;
  }
  void finish() { shutdown(fd_.get(), SHUT_WR); }
  void reset() {
    const linger now{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }
  void close() { fd_.reset(); }
  int fd() const { return fd_.get(); }

 private:
  bool more() {
    char buffer[16384];
    const ssize_t n = recv(fd_.get(), buffer, sizeof buffer, 0);
    if (n > 0) heard_.append(buffer, static_cast<std::size_t>(n));
    end_ = n < 0 ? errno : 0;
    return n > 0;
  }
  std::string take(std::size_t octets) {
    std::string taken = heard_.substr(0, octets);
    heard_.erase(0, octets);
    return taken;
  }

  Fd fd_;
  std::string heard_;
  int end_ = 0;
};

class Listening {
 public:
  Listening() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    bind(fd_.get(), reinterpret_cast<sockaddr*>(&any), sizeof any);
    listen(fd_.get(), 64);
  }
  Endpoint where() const {
    sockaddr_storage address;
    socklen_t length = sizeof address;
    getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return *Endpoint::from(address);
  }
  Peer accept() {
    pollfd ask{fd_.get(), POLLIN, 0};
    if (poll(&ask, 1, 5000) != 1) return {};
    return Peer(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  bool nobody_calls() {
    pollfd ask{fd_.get(), POLLIN, 0};
    return poll(&ask, 1, 200) == 0;
  }
  void stop() { fd_.reset(); }

 private:
  Fd fd_;
};

/// A worker of the test: the engine on a thread of its own.
class Hand {
 public:
  Hand(account::Ledger& ledger, const std::shared_ptr<const policy::Snapshot>& policy, cache::Store* store)
      : ledger_(ledger),
        services{.loop = loop, .dialer = dialer_, .pool = pool_, .policy = policy, .ledger = ledger, .cache = store},
        thread_([this] { loop.run(); }) {}
  ~Hand() { join(); }
  void join() {
    loop.stop();
    if (thread_.joinable()) thread_.join();
  }

  io::Loop loop;

 private:
  account::Ledger& ledger_;
  const upstream::SourcePolicy source_{};
  resolve::Resolver resolver_{loop};
  upstream::Dialer dialer_{loop, ledger_, source_, resolver_};
  upstream::Pool pool_{loop};

 public:
  Services services;

 private:
  std::thread thread_;
};

class ServedTest : public testing::Test {
 protected:
  /// `cache`: octets of memory, 0: none.
  explicit ServedTest(std::vector<config::Rule> rules = {}, std::uint64_t cache = 0, unsigned workers = 1)
      : store_(cache), books_(workers, {}) {
    config::Config config;
    config.rules = std::move(rules);
    config.limits.head = std::chrono::milliseconds(300);
    config.limits.idle = std::chrono::milliseconds(600);
    policy_ = policy::Snapshot::build(std::move(config), {}, 1);
    for (unsigned i = 0; i < workers; ++i) {
      workers_.push_back(std::make_unique<Hand>(books_.ledger(i), policy_, cache == 0 ? nullptr : &store_));
      workers_.back()->services.out_of_memory = &out_of_memory_;
    }
  }
  ~ServedTest() override {
    for (auto& worker : workers_) worker->join();  // all of them before the first is gone: they wake each other
  }

  /// A client whose connection the engine serves towards `origin`.
  Peer client(unsigned worker = 0) {
    const Fd connecting(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage to;
    const socklen_t length = door_.where().to(to);
    connect(connecting.get(), reinterpret_cast<sockaddr*>(&to), length);
    Peer accepted = door_.accept();
    Hand& by = *workers_.at(worker);
    by.loop.post([this, &by, fd = dup(accepted.fd())] { by.loop.spawn(serve(by, fd)); });
    return Peer(dup(connecting.get()));
  }
  /// Waits until `n` connections have ended.
  std::vector<Served> endings(std::size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(8), [&] { return endings_.size() >= n; });
    return endings_;
  }
  /// The records written so far, the last one first.
  std::vector<account::Record> records() { return books_.recent({.limit = 100}); }
  /// What things took so far.
  account::TimingSums timings() { return books_.timings(); }
  /// Waits until `n` records are written.
  std::vector<account::Record> records(std::size_t n) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (records().size() < n && std::chrono::steady_clock::now() < until) usleep(1000);
    return records();
  }

  Listening origin_;
  cache::Store store_;
  std::atomic<bool> out_of_memory_{false};

 private:
  io::Task<void> serve(Hand& by, int fd) {
    auto client = io::Tcp::adopt(by.loop, Fd(fd));
    account::Ledger& ledger = by.services.ledger;
    const Flow flow{.client = *client->peer(), .origin = origin_where_};
    const FlowId id = ledger.opened({.flow = flow});
    const Served served = co_await serve_h1(by.services, flow, id, *client);
    ledger.ended(id, served.reason, served.traffic);
    const std::lock_guard lock(mutex_);
    endings_.push_back(served);
    changed_.notify_all();
  }

  Endpoint origin_where_ = origin_.where();
  Listening door_;
  account::Books books_;
  std::shared_ptr<const policy::Snapshot> policy_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Served> endings_;
  std::vector<std::unique_ptr<Hand>> workers_;
};

inline constexpr std::string_view get = "GET /a?q HTTP/1.1\r\nHost: origin.example\r\n\r\n";
inline constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace weir::engine
