// Tcp: a non-blocking stream socket whose operations are awaited.
//
// Every operation tries its system call first and waits only when the kernel would block.  At most one operation that
// reads and one that writes may be pending at a time.  A pending operation ends early with Errc::timed_out when a
// Deadline over the stream expires, with Errc::stopped when the task's group is stopped; the stream stays usable for
// closing.  Buffers that are given to an operation must live until it ends.
//
// Errors of all operations: reset (ECONNRESET, EPIPE), timed_out (a deadline, or ETIMEDOUT of the kernel), stopped,
// system (anything else); the cause is errno.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "io/source.h"
#include "io/task.h"

namespace weir::io {

class Loop;
class Tcp;
class Wheel;

/// What a peek saw.
struct Peeked {
  Bytes bytes;         ///< all that stands in the socket, up to the buffer's size; a view into the buffer
  bool ended = false;  ///< FIN stands behind these bytes: there will never be more
};

/// What the kernel knows of the way to the peer.
struct Path {
  Duration least_rtt{};     ///< without what peers delay on purpose; zero: not known
  std::uint32_t sent = 0;   ///< segments with data, since the last time that this was asked
  std::uint32_t again = 0;  ///< of them, such as were sent before
};

class [[nodiscard]] Read : public SourceWait {
 public:
  Read(Source& from, MutableBytes into) : SourceWait(from, Way::in), into_(into) {}
  Result<std::size_t> await_resume() const;

 private:
  bool attempt() override;
  MutableBytes into_;
  std::size_t got_ = 0;
};

class [[nodiscard]] Write : public SourceWait {
 public:
  /// At most this many spans in one gathered write.
  static constexpr std::size_t most_spans = 16;
  Write(Source& to, std::span<const Bytes> from);
  Result<void> await_resume() const;

 private:
  bool attempt() override;
  std::array<iovec, most_spans> rest_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

class [[nodiscard]] Peek : public SourceWait {
 public:
  Peek(Source& from, std::size_t seen, MutableBytes into) : SourceWait(from, Way::in), seen_(seen), into_(into) {}
  Result<Peeked> await_resume();

 private:
  bool attempt() override;
  bool low_water(int bytes);
  std::size_t seen_;
  MutableBytes into_;
  Peeked peeked_;
  bool raised_ = false;  // SO_RCVLOWAT is not 1
};

/// Waits until the stream may be readable (try and wait again), and asks the loop alone: whoever waits so has nothing
/// yet, and a question to the kernel would be one more system call for every request.
class [[nodiscard]] Ready : public SourceWait {
 public:
  explicit Ready(Source& of) : SourceWait(of, Way::in) {}
  Result<void> await_resume() const;

 private:
  bool attempt() override { return std::exchange(asked_, true); }
  bool asked_ = false;
};

class [[nodiscard]] Connect : public SourceWait {
 public:
  Connect(Source& from, const Endpoint& to) : SourceWait(from, Way::out), to_(to) {}
  Result<void> await_resume() const;

 private:
  bool attempt() override;
  Endpoint to_;
  bool begun_ = false;
};

class Tcp {
 public:
  Tcp() = default;
  /// Takes the socket: makes it non-blocking, turns Nagle's algorithm off, registers it with the loop.
  /// Errors: system.
  static Result<Tcp> adopt(Loop& loop, Fd socket);

  Tcp(Tcp&& other) noexcept : source_(std::exchange(other.source_, nullptr)) {}
  Tcp& operator=(Tcp&& other) noexcept;
  ~Tcp() { close(); }  ///< closes; no operation may be pending

  explicit operator bool() const { return source_ != nullptr; }
  int fd() const { return source_->fd(); }
  Loop& loop() const { return source_->loop(); }

  /// At least one byte, or 0 at FIN.  `into` must not be empty.
  Read read(MutableBytes into) { return Read(*source_, into); }
  /// All of it.
  Write write(Bytes from) { return Write(*source_, std::span(&from, 1)); }
  /// All of the spans, in order, in as few segments as fit; at most Write::most_spans.
  Write writev(std::span<const Bytes> from) { return Write(*source_, from); }
  /// Waits until more than `seen` bytes stand in the socket, or FIN, and copies them without consuming them.  The wait
  /// raises SO_RCVLOWAT, so that bytes already seen do not wake it.  Returns at once when `into` is no larger than
  /// `seen`: the caller has seen all that it is willing to hold.
  Peek peek_past(std::size_t seen, MutableBytes into) { return Peek(*source_, seen, into); }
  /// Until a read may not have to wait (bytes, FIN or an error).  Holds no buffer.
  Ready readable() { return Ready(*source_); }
  /// Connects an unconnected socket.  Errors also: origin_refused, origin_unreachable, no_free_port (EADDRNOTAVAIL).
  Connect connect(const Endpoint& to) { return Connect(*source_, to); }

  /// Sends FIN after all that was written; reading goes on.
  Result<void> shutdown_send();
  /// Closes with RST instead of FIN; what was not sent yet is lost.
  void reset();
  /// Closes.  With unread input in the socket the kernel sends RST and the peer may lose what was written: see
  /// drain_and_close().
  void close();

  /// Whether the connection broke and no operation was told yet.
  bool broken() const;

  /// One system call, of almost 2 us.  Works on a connection that broke, too.
  Path path() const;

  Result<Endpoint> local() const;  ///< for a transparently accepted socket: what the client dialled
  Result<Endpoint> peer() const;

 private:
  friend class Deadline;
  friend class Listener;
  friend class Select;
  Source& source() const { return *source_; }
  explicit Tcp(Source& socket) : source_(&socket) {}
  Source* source_ = nullptr;
};

/// Sends FIN, then discards input until the peer's FIN, `time` or `bytes`, then closes: whatever was written arrives,
/// where a plain close() of a socket with unread input would destroy it by RST.
Task<void> drain_and_close(Tcp stream, Wheel& wheel, Duration time, std::size_t bytes);

/// What two streams are waited for; the bits of Want.
/// want_error ends for nothing when urgent data is there, and at once for ever when both directions were shut down.
enum Want : unsigned { want_nothing = 0, want_in = 1, want_out = 2, want_error = 4 };
struct Readiness {
  unsigned a = want_nothing;
  unsigned b = want_nothing;
};

/// Waits until one of two streams is ready in one of the wanted ways.  What it reports may be stale (try and wait
/// again); what it does not report may still be ready.
class [[nodiscard]] Select : public Wait {
 public:
  Select(Tcp& a, unsigned want_a, Tcp& b, unsigned want_b);
  Result<Readiness> await_resume() const;

 private:
  friend class Source;
  struct Arm : SourceHook {
    void fired() override;
    void cancelled(Errc why) override;
    friend class Select;
    Select* owner_ = nullptr;  // empty: not wanted
    unsigned* ready_ = nullptr;
  };
  bool begin() override;
  void withdraw() override;
  void want(unsigned wanted, Source& source, unsigned& ready, Arm* arms);

  std::array<Arm, 2 * ways> arms_;
  Readiness ready_;
};
/// `a` and `b` must be two streams of one loop.
inline Select select(Tcp& a, unsigned want_a, Tcp& b, unsigned want_b) { return Select(a, want_a, b, want_b); }
/// Who speaks first: waits until one of them can be read; Readiness names it, or both.
inline Select first_readable(Tcp& a, Tcp& b) { return Select(a, want_in, b, want_in); }

}  // namespace weir::io
