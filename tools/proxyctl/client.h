// One question to the daemon over its unix socket: HTTP/1.1, blocking, one connection.
#pragma once

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
    broken,       ///< the connection failed, ended early or fell silent
  };
  Why why;
  std::string socket;
  std::error_code cause;
};

/// Waits at most a minute for each byte: a reload with a million names takes seconds.
std::expected<Answer, Unanswered> ask(const std::string& socket, const Question& question);

/// Path and query as they stand in the request line.
std::string target_of(const Question& question);

}  // namespace weir::proxyctl
