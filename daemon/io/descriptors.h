// Descriptors: sockets that a library opens, reads and closes by itself, waited for as one.
//
// Such a library says for which of its descriptors it waits and wants to be told when one is ready.  They stand in an
// epoll set of their own, and that set is one descriptor of the loop: the library keeps what it owns, and may close
// any of it while it is being told of another.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/result.h"
#include "base/units.h"
#include "io/task.h"
#include "io/tcp.h"

namespace weir::io {

class Descriptors {
 public:
  /// One that may be ready; an error counts as both ways.
  struct Ready {
    int fd;
    bool in;
    bool out;
  };

  /// Errors: system (no descriptors left).
  static Result<Descriptors> make(Loop& loop);

  /// Waits for `fd` in these ways from now on; with neither it is forgotten, which must happen before it is closed.
  /// Errors: system.
  Result<void> want(int fd, bool in, bool out);

  /// Waits for at least one that is ready, `limit` at most (zero: for ever).  Names a few at a time: the others are
  /// named by the next call.  The view holds until then.
  /// Errors: timed_out, stopped (also when this was closed).
  Task<Result<std::span<const Ready>>> ready(Duration limit);

  /// Forgets every descriptor, closes none.  A pending ready() ends.
  void close() { set_.close(); }

 private:
  explicit Descriptors(Tcp set) : set_(std::move(set)) {}

  Tcp set_;  // an epoll set waits like any other descriptor
  std::array<Ready, 8> ready_{};
};

}  // namespace weir::io
