// Listener: accepts connections, and survives running out of descriptors without spinning.
#pragma once

#include "base/addr.h"
#include "base/fd.h"
#include "base/result.h"
#include "io/task.h"
#include "io/tcp.h"

namespace weir::io {

struct Accepted {
  Fd socket;  ///< non-blocking, close-on-exec
  Endpoint peer;
  Endpoint local;  ///< under transparent steering: the destination that the client dialled
};

class Listener {
 public:
  /// Takes a socket on which listen() was called.  Errors: system.
  static Result<Listener> adopt(Loop& loop, Fd listening);

  /// The next connection.  Connections that ended in the queue are passed over.  Without descriptors or memory (EMFILE,
  /// ENFILE, ENOBUFS, ENOMEM) it rests 50 ms and tries again: the queue of the kernel holds the clients meanwhile.
  /// Errors: stopped, system.
  Task<Result<Accepted>> accept();

  int fd() const { return socket_.fd(); }
  std::uint64_t rests() const { return rests_; }  ///< how often it rested
  void close() { socket_.close(); }

 private:
  explicit Listener(Tcp socket) : socket_(std::move(socket)) {}
  Tcp socket_;  // a listening socket waits like any other
  std::uint64_t rests_ = 0;
};

}  // namespace weir::io
