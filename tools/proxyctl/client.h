// One question to the daemon over its unix socket: HTTP/1.1, blocking, one connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace weir::proxyctl {

struct Question {
  std::string_view method = "GET";
  std::string_view path;
  std::vector<std::pair<std::string_view, std::string>> query = {};  ///< values as they are; empty ones are left out
  std::chrono::seconds patience{60};  ///< for each byte: a reload with a million names takes seconds
};

struct Answer {
  int status = 0;
  std::string body;
};

/// Why there is no answer.
struct Unanswered {
  enum class Why : std::uint8_t {
    not_running,  ///< nobody listens there
    not_allowed,  ///< the socket's permissions
    silent,       ///< it is there and did not answer in time
    broken,       ///< the connection failed or ended early
  };
  Why why;
  std::string socket;
  std::error_code cause;
};

/// How long who wants to know how the gateway is waits for a daemon that may hang.
inline constexpr std::chrono::seconds short_patience{2};

std::expected<Answer, Unanswered> ask(const std::string& socket, const Question& question);

/// Path and query as they stand in the request line.
std::string target_of(const Question& question);

}  // namespace weir::proxyctl
