// Two pumps, one for each direction, stepped in turn by one coroutine.  A pump takes from its sender only what fits and
// only when all before is gone, so EAGAIN of a fill can only mean "no input", and what is in flight is bounded.
//
// Most connections are a few small flights: those are copied, since two short copies cost less than the pages of a
// pipe.  Who sends more than a copy holds is spliced from then on.
#include "relay/relay.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <vector>

#include "io/deadline.h"
#include "io/loop.h"
#include "io/pipe.h"

namespace weir::relay {

namespace {

// A pump gives way to the other one and to the rest of the worker after this much.
constexpr std::size_t most_a_step = 1024 * 1024;
// A fill below this took all that stood in the socket, most likely: waiting costs no more than trying in vain.  It is
// also as much as is copied.
constexpr std::size_t full_fill = 16 * 1024;

enum class Stuck : std::uint8_t {
  nowhere,    // gave way; go on
  on_input,   // nothing to read
  on_output,  // the receiver's socket is full
  ended,      // FIN was passed on
  from_lost,  // the sender's connection broke
  to_lost,    // the receiver's connection broke
  internal,   // a system call failed in a way that no peer can cause
};

// Whether `number` tells of the peer or the path to it.
bool connection_lost(int number) {
  switch (number) {
    case ECONNRESET:
    case EPIPE:
    case ETIMEDOUT:
    case ECONNABORTED:
    case ENOTCONN:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN: return true;
    default: return false;
  }
}

class Pump {
 public:
  /// `stuck`: on_input where nothing is expected before the other side has spoken.
  Pump(io::Tcp& from, io::Tcp& to, Bytes first, Stuck stuck) : from_(from), to_(to), ahead_(first), stuck_(stuck) {}

  /// Moves bytes until one side makes it wait.  Not to be called after `ended`.
  Stuck step() {
    stuck_ = move();
    keep_ahead();
    if (pipe_ && in_pipe_ == 0 && stuck_ != Stuck::nowhere) {
      from_.loop().pipes().give(std::move(*pipe_));
      pipe_.reset();
    }
    return stuck_;
  }

  Stuck stuck() const { return stuck_; }
  std::uint64_t moved() const { return moved_; }

 private:
  Stuck move() {
    for (std::size_t start = moved_; moved_ - start < most_a_step;) {
      if (!ahead_.empty() || in_pipe_ > 0) {
        const ssize_t n = drain();
        if (n < 0) return failed(Stuck::on_output, Stuck::to_lost);
        if (!ahead_.empty() || in_pipe_ > 0) return Stuck::on_output;
        if (!from_ended_ && last_fill_ < full_fill) return Stuck::on_input;
        continue;
      }
      if (from_ended_) return to_.shutdown_send() ? Stuck::ended : Stuck::to_lost;

      const ssize_t n = fill();
      if (n < 0) return failed(Stuck::on_input, Stuck::from_lost);
      if (n == 0) from_ended_ = true;
    }
    return Stuck::nowhere;
  }

  // From the sender: bytes, 0 at FIN, or -1 with errno.
  ssize_t fill() {
    const ssize_t n = last_fill_ < full_fill ? copy() : splice();
    if (n > 0) last_fill_ = static_cast<std::size_t>(n);
    return n;
  }

  ssize_t copy() {
    const ssize_t n = ::recv(from_.fd(), scratch.data(), scratch.size(), 0);
    if (n > 0) ahead_ = Bytes(scratch.data(), static_cast<std::size_t>(n));
    return n;
  }

  // What the receiver did not take must outlast the scratch, which serves every relay of the thread.
  void keep_ahead() {
    if (ahead_.empty()) {
      std::vector<std::byte>().swap(kept_);
    } else if (ahead_.data() >= scratch.data() && ahead_.data() < scratch.data() + scratch.size()) {
      kept_.assign(ahead_.begin(), ahead_.end());
      ahead_ = kept_;
    }
  }

  // Into the pipe.
  ssize_t splice() {
    if (!pipe_) {
      Result<io::Pipe> pipe = from_.loop().pipes().take();
      if (!pipe) {
        errno = pipe.error().cause.value();
        return -1;
      }
      pipe_ = std::move(*pipe);
    }
    const ssize_t n = ::splice(from_.fd(), nullptr, pipe_->write_end.get(), nullptr, pipe_->capacity,
                               SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n > 0) in_pipe_ = static_cast<std::size_t>(n);
    // splice(2) never goes past an urgent byte (RFC 9293 §3.8.5), while poll() says that there is input.  It is copied,
    // in its place in the stream (RFC 6093 §4); its urgency is lost.
    if (n < 0 && errno == EAGAIN && ::sockatmark(from_.fd()) == 1) return copy();
    return n;
  }

  // What was copied, then the pipe, to the receiver: bytes, or -1 with errno.
  ssize_t drain() {
    ssize_t n = 0;
    if (!ahead_.empty()) {
      n = ::send(to_.fd(), ahead_.data(), ahead_.size(), MSG_NOSIGNAL);
      if (n > 0) ahead_ = ahead_.subspan(static_cast<std::size_t>(n));
    } else {
      n = ::splice(pipe_->read_end.get(), nullptr, to_.fd(), nullptr, in_pipe_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (n > 0) in_pipe_ -= static_cast<std::size_t>(n);
    }
    if (n > 0) moved_ += static_cast<std::uint64_t>(n);
    return n;
  }

  static Stuck failed(Stuck waiting, Stuck lost) {
    if (errno == EAGAIN || errno == EINTR) return waiting;
    return connection_lost(errno) ? lost : Stuck::internal;
  }

  static thread_local std::array<std::byte, full_fill> scratch;

  io::Tcp& from_;
  io::Tcp& to_;
  Bytes ahead_;                  // goes before what is in the pipe
  std::vector<std::byte> kept_;  // `ahead_` while the receiver makes it wait
  std::optional<io::Pipe> pipe_;
  std::size_t in_pipe_ = 0;
  std::size_t last_fill_ = 0;
  std::uint64_t moved_ = 0;
  bool from_ended_ = false;
  Stuck stuck_;
};
thread_local std::array<std::byte, full_fill> Pump::scratch;

// Whether a pump that is stuck like this may go on, its two streams being so ready.
bool may_go_on(Stuck stuck, unsigned from, unsigned to) {
  switch (stuck) {
    case Stuck::nowhere: return true;
    case Stuck::on_input: return (from & (io::want_in | io::want_error)) != 0;
    case Stuck::on_output: return (to & (io::want_out | io::want_error)) != 0;
    default: return false;
  }
}

// The ending that a pump from `sender` to `receiver` came to, if any.
std::optional<CloseReason> broken(Stuck stuck, CloseReason sender, CloseReason receiver) {
  switch (stuck) {
    case Stuck::from_lost: return sender;
    case Stuck::to_lost: return receiver;
    case Stuck::internal: return CloseReason::internal;
    default: return {};
  }
}

// What to wait for on the stream that `reads` takes its bytes from and `writes` sends to.  A reset is waited for also
// while no byte is, unless FIN went to the stream: then its own FIN would look like an error for ever.
unsigned wanted(const Pump& reads, const Pump& writes, bool alarms) {
  unsigned want = io::want_nothing;
  if (reads.stuck() == Stuck::on_input) want |= io::want_in;
  if (writes.stuck() == Stuck::on_output) want |= io::want_out;
  if (alarms && writes.stuck() != Stuck::ended) want |= io::want_error;
  return want;
}

// How long both peers may be silent, and what happens then.
class Silence {
 public:
  explicit Silence(const Options& options) : idle_(options.idle), unwatched_(options.unwatched) {
    if (idle_ != Duration::zero() && idle_ <= unwatched_) unwatched_ = Duration::zero();
  }
  /// From the last byte on; zero: for ever.
  Duration limit() const { return unwatched_ != Duration::zero() ? unwatched_ : idle_; }
  /// The limit has been reached: true if the relay ends.  The first time the kernel is told to look after both peers,
  /// and the rest of the limit is left.
  bool ends(io::Deadline& deadline, int client, int origin) {
    if (unwatched_ == Duration::zero()) return true;
    for (const int fd : {client, origin}) watch(fd);
    deadline.restart(idle_ == Duration::zero() ? idle_ : idle_ - unwatched_);
    unwatched_ = Duration::zero();
    return false;
  }

 private:
  // Two peers may be silent for hours and mean it.  One that has vanished (a phone out of reach, a host that lost its
  // power) is silent for ever: it is asked after 5 minutes, and 3 minutes without an answer break the connection.  Most
  // connections never come to that, and are spared the system calls.
  static void watch(int fd) {
    const auto set = [fd](int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); };
    set(IPPROTO_TCP, TCP_KEEPIDLE, 300);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 30);
    set(IPPROTO_TCP, TCP_KEEPCNT, 6);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
  }

  Duration idle_, unwatched_;
};

io::Task<CloseReason> pump(io::Wheel& wheel, io::Tcp& client, io::Tcp& origin, Pump& up, Pump& down, Silence silence) {
  io::Deadline deadline(wheel, client, origin, silence.limit());
  io::Readiness ready;
  bool client_alarms = true;  // until a false one: urgent bytes raise it again and again
  bool origin_alarms = true;
  for (std::uint64_t moved = 0;;) {
    if (may_go_on(up.stuck(), ready.a, ready.b)) up.step();
    if (auto ending = broken(up.stuck(), CloseReason::client_reset, CloseReason::origin_reset)) co_return *ending;
    if (may_go_on(down.stuck(), ready.b, ready.a)) down.step();
    if (auto ending = broken(down.stuck(), CloseReason::origin_reset, CloseReason::client_reset)) co_return *ending;
    if (up.stuck() == Stuck::ended && down.stuck() == Stuck::ended) co_return CloseReason::done;
    if ((ready.a & io::want_error) != 0) {
      if (client.broken()) co_return CloseReason::client_reset;
      client_alarms = false;
    }
    if ((ready.b & io::want_error) != 0) {
      if (origin.broken()) co_return CloseReason::origin_reset;
      origin_alarms = false;
    }

    if (up.moved() + down.moved() != moved) deadline.restart(silence.limit());
    moved = up.moved() + down.moved();
    ready = {};
    if (up.stuck() == Stuck::nowhere || down.stuck() == Stuck::nowhere) {
      if (auto resumed = co_await io::yield(); !resumed) co_return CloseReason::shutdown;
      continue;
    }
    const auto woken =
        co_await io::select(client, wanted(up, down, client_alarms), origin, wanted(down, up, origin_alarms));
    if (!woken && woken.error() == Errc::timed_out) {
      if (silence.ends(deadline, client.fd(), origin.fd())) co_return CloseReason::client_idle;
      continue;
    }
    if (!woken) co_return woken.error() == Errc::stopped ? CloseReason::shutdown : CloseReason::internal;
    ready = *woken;
  }
}

}  // namespace

io::Task<Outcome> splice(io::Wheel& wheel, io::Tcp& client, io::Tcp& origin, Options options) {
  for (const io::Tcp* stream : {&client, &origin}) {
    const int on = 1;  // an urgent byte keeps its place
    ::setsockopt(stream->fd(), SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
  }
  Pump up(client, origin, options.to_origin, Stuck::nowhere);
  Pump down(origin, client, options.to_client, options.to_client.empty() ? Stuck::on_input : Stuck::nowhere);
  const CloseReason reason = co_await pump(wheel, client, origin, up, down, Silence(options));
  Outcome outcome{.reason = reason, .from_client = up.moved(), .from_origin = down.moved()};
  if (options.ask_paths) {
    outcome.to_client = client.path();
    outcome.to_origin = origin.path();
  }
  if (reason == CloseReason::done) {
    client.close();
    origin.close();
  } else {
    client.reset();
    origin.reset();
  }
  co_return outcome;
}

}  // namespace weir::relay
