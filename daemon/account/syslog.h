// Lines to a collector of syslog messages: RFC 5424, one a datagram (RFC 5426) or counted on a TCP connection (RFC 6587
// §3.4.1).  UDP tells nobody what arrived; of TCP what the kernel took and a broken connection swallowed is not counted
// either.  Whatever the collector does, a line waits two seconds at most and then is lost.
#pragma once

#include "account/outlet.h"
#include "base/fd.h"
#include "base/host_port.h"

namespace weir::account {

/// Longer messages are cut: what a datagram of UDP and most collectors take.
inline constexpr std::size_t longest_syslog = 8192;

/// Who says it.
struct Speaker {
  std::string host;
  int process = 0;
  std::string kind;  ///< the MSGID: "access"
};

/// The message without framing, in facility "daemon".
std::string syslog_message(const Message& message, const Speaker& speaker);

class Syslog final : public Target {
 public:
  /// Finds the address and, for TCP, connects.  Null with errno.
  static std::unique_ptr<Syslog> open(const Collector& collector, std::string_view kind);

  Written write(std::span<const Message> messages) override;

 private:
  Syslog(Fd socket, bool tcp, Speaker speaker) : socket_(std::move(socket)), tcp_(tcp), speaker_(std::move(speaker)) {}
  Written write_datagrams(std::span<const Message> messages);
  Written write_stream(std::span<const Message> messages);

  Fd socket_;
  bool tcp_;
  Speaker speaker_;
  int refused_ = 0;  // errno of the last datagram that came back
  Monotonic refused_at_{};
};

}  // namespace weir::account
