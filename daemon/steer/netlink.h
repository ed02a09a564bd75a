// One question to the kernel at a time: a blocking netlink socket in the network namespace of the thread that opened
// it.
#pragma once

#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

namespace weir::steer {

struct NlFree {
  void operator()(nl_sock* socket) const;
  void operator()(nl_msg* message) const;
};
using Message = std::unique_ptr<nl_msg, NlFree>;

/// A request that begins with its family's header; attributes follow with nla_put_*.  Null: no memory, ask() says so.
Message request(int type, int flags, Bytes header);

template <class Header>
Message request(int type, int flags, const Header& header) {
  return request(type, flags, Bytes(std::as_bytes(std::span(&header, 1))));
}

class Netlink {
 public:
  /// `protocol`: NETLINK_ROUTE or NETLINK_SOCK_DIAG.
  static Result<Netlink> open(int protocol);

  using Each = std::function<void(nlmsghdr*)>;
  /// Sends one request and hands every answer to `each`.  With NLM_F_DUMP the answers are streamed, never stored: a
  /// full routing table is read in constant memory. Errors: system, with the errno the kernel answered.
  Result<void> ask(
      Message message, const Each& each = [](nlmsghdr*) {});

 private:
  explicit Netlink(nl_sock* socket) : socket_(socket) {}
  std::unique_ptr<nl_sock, NlFree> socket_;
};

/// Whether `error` is the kernel's `number`, e.g. EEXIST.
bool is(const Error& error, int number);

}  // namespace weir::steer
