// A worker with the engine on a thread of its own; the test plays the client and the origin with blocking sockets.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <condition_variable>
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

class ServedTest : public testing::Test {
 protected:
  explicit ServedTest(std::vector<config::Rule> rules = {}) {
    config::Config config;
    config.rules = std::move(rules);
    config.limits.head = std::chrono::milliseconds(300);
    config.limits.idle = std::chrono::milliseconds(600);
    policy_ = policy::Snapshot::build(std::move(config), {}, 1);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~ServedTest() override {
    loop_.stop();
    thread_.join();
  }

  /// A client whose connection the engine serves towards `origin`.
  Peer client() {
    const Fd connecting(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage to;
    const socklen_t length = door_.where().to(to);
    connect(connecting.get(), reinterpret_cast<sockaddr*>(&to), length);
    Peer accepted = door_.accept();
    loop_.post([this, fd = dup(accepted.fd())] { loop_.spawn(serve(fd)); });
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

  Listening origin_;

 private:
  io::Task<void> serve(int fd) {
    auto client = io::Tcp::adopt(loop_, Fd(fd));
    const Flow flow{.client = *client->peer(), .origin = origin_where_};
    const FlowId id = ledger_.opened({.flow = flow});
    const Served served = co_await serve_h1(services_, flow, id, *client);
    ledger_.ended(id, served.reason, served.traffic);
    const std::lock_guard lock(mutex_);
    endings_.push_back(served);
    changed_.notify_all();
  }

  Endpoint origin_where_ = origin_.where();
  Listening door_;
  account::Books books_{1, ""};
  account::Ledger& ledger_ = books_.ledger(0);
  std::shared_ptr<const policy::Snapshot> policy_;
  io::Loop loop_;
  const upstream::SourcePolicy source_{};
  upstream::Dialer dialer_{loop_, ledger_, source_};
  upstream::Pool pool_{loop_};
  Services services_{.loop = loop_, .dialer = dialer_, .pool = pool_, .policy = policy_, .ledger = ledger_};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Served> endings_;
  std::thread thread_;
};

inline constexpr std::string_view get = "GET /a?q HTTP/1.1\r\nHost: origin.example\r\n\r\n";
inline constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace weir::engine
