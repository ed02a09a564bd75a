// A DNS server of the test's own, on one address and port by UDP and TCP, that behaves as the test tells it.
#pragma once

#include <arpa/nameser.h>
#include <sys/socket.h>

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/addr.h"
#include "base/fd.h"

namespace weir::resolve::test {

/// What the server does with a question.
enum class How {
  answers,
  silent,
  truncates,  ///< by UDP says only that the reply is too long for it
  forges,     ///< sends two replies that must not be believed ahead of the true one
  waits,      ///< holds the reply back until release()
};

struct Served {
  std::vector<std::string> addresses = {};
  std::uint32_t ttl = 300;
  std::string alias = {};  ///< if any, the addresses are those of this name
  std::uint32_t alias_ttl = 300;
  int rcode = ns_r_noerror;
  How how = How::answers;
};

/// The reply by RFC 1035 §4 to a question for `name`; `id` are its first two bytes.
std::string reply(const std::string& id, const std::string& name, int type, const Served& served);

class NameServer {
 public:
  explicit NameServer(const char* address = "127.0.0.1", std::uint16_t port = 0);
  ~NameServer();

  Endpoint at() const { return at_; }
  /// NXDOMAIN for what was never set.
  void set(const std::string& name, int type, Served served) {
    const std::lock_guard lock(mutex_);
    served_[{name, type}] = std::move(served);
  }
  /// Questions heard for this name, of both types and by both transports.
  int asked(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return asked_[name];
  }
  int asked_by_tcp() {
    const std::lock_guard lock(mutex_);
    return by_tcp_;
  }
  /// Ports from which it was asked by UDP.
  std::vector<std::uint16_t> ports() {
    const std::lock_guard lock(mutex_);
    return ports_;
  }
  /// Sends what was held back.
  void release();

 private:
  struct Question {
    std::string id, name;
    int type;
    Served served;
  };
  struct Held {
    std::string bytes;
    sockaddr_storage to;
  };

  Question read(const std::string& packet);  ///< under the lock
  void serve_udp();
  bool serve_tcp(int peer);  ///< one message; false: the peer is gone
  void send(const std::string& bytes, const sockaddr_storage& to);
  void run();

  Fd udp_, tcp_, end_;
  Endpoint at_;
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, Served> served_;
  std::map<std::string, int> asked_;
  std::vector<std::uint16_t> ports_;
  std::vector<Held> held_;
  std::vector<Fd> peers_;
  int by_tcp_ = 0;
  std::thread thread_;
};

}  // namespace weir::resolve::test
