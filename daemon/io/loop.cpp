// The one file that knows Asio: its io_context runs the thread, its timer moves the wheel.  Every entry from Asio is a
// Turn: it makes the clock stale, lets what happened queue the coroutines that it wakes, and resumes them at its end.
//
// Descriptors are in an epoll set of the loop's own, which Asio watches as one descriptor.  Asio's reactor would make a
// system call for every wait that it is asked for; here a connection that is read again and again needs none, and all
// that happened since the last turn is one turn.
#include "io/loop.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <system_error>
#include <utility>

#include "io/pipe.h"
#include "io/source.h"

namespace weir::io {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
// Coroutines resumed in one turn before the kernel is asked for further events, and the time after which no other is
// begun: timers run between turns, and a worker whose timers are late looks dead to the kernel.
constexpr int resumes_a_turn = 256;
constexpr auto longest_turn = std::chrono::milliseconds(5);
// Descriptors heard of in one turn.
constexpr int events_a_turn = 256;
// Operations of one coroutine that may end without a wait before the others are let run: a peer that is always ready
// must not hold the thread.
constexpr int results_a_resume = 64;

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
  return fd;
}
}  // namespace

struct Loop::Impl {
  asio::io_context context{1};
  asio::steady_timer timer{context};
  asio::posix::stream_descriptor poll{context, make_epoll()};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  Monotonic now;
  bool fresh = false;      // `now` was read in this turn
  bool in_turn = false;    // whoever gets ready is resumed at the end of the turn
  bool scheduled = false;  // a turn is queued
};

// An entry from Asio.
class Loop::Turn {
 public:
  explicit Turn(Loop& loop) : loop_(loop) {
    loop_.impl_->fresh = false;
    loop_.impl_->in_turn = true;
  }
  ~Turn() { loop_.drain(); }

 private:
  Loop& loop_;
};

Loop::Loop() : impl_(std::make_unique<Impl>()), wheel_(*this), root_(*this), pipes_(std::make_unique<PipeCache>()) {
  // splice(2) into a socket whose peer is gone raises SIGPIPE and knows no MSG_NOSIGNAL: of the whole process, or it
  // dies.
  std::signal(SIGPIPE, SIG_IGN);
  hear();
}
Loop::~Loop() = default;

void Loop::run() { impl_->context.run(); }

void Loop::stop() {
  post([this] { root_.stop(); });
}

void Loop::post(std::move_only_function<void()> job) {
  asio::post(impl_->context, [this, job = std::move(job)]() mutable {
    Turn turn(*this);
    job();
  });
}

Monotonic Loop::now() {
  if (!impl_->fresh) {
    impl_->now = std::chrono::steady_clock::now();
    impl_->fresh = true;
  }
  return impl_->now;
}

void Loop::arm(Monotonic when) {
  impl_->timer.expires_at(when);
  impl_->timer.async_wait([this](error_code failed) {
    if (failed) return;  // replaced by an earlier one
    Turn turn(*this);
    wheel_.advance();
  });
}

void Loop::hear() {
  impl_->poll.async_wait(asio::posix::descriptor_base::wait_read, [this](error_code failed) {
    if (failed) return;
    {
      Turn turn(*this);
      epoll_event events[events_a_turn];
      const int count = ::epoll_wait(impl_->poll.native_handle(), events, events_a_turn, 0);
      // Telling resumes nobody, so no source can go before all of them are told.
      for (int i = 0; i < count; ++i) static_cast<Source*>(events[i].data.ptr)->happened(events[i].events);
    }
    hear();
  });
}

bool Loop::may_go_on() { return budget_-- > 0; }

void Loop::make_ready(Wait& wait) {
  wait.next_ = nullptr;
  *last_ready_ = &wait;
  last_ready_ = &wait.next_;
  if (!impl_->in_turn) schedule();
}

// One at most is queued.  A second would be queued again at its own end too, and each turn of the poll would add one
// more while there is always somebody to resume, until descriptors are hardly ever asked.
void Loop::schedule() {
  if (std::exchange(impl_->scheduled, true)) return;
  asio::post(impl_->context, [this] {
    impl_->scheduled = false;
    Turn turn(*this);
  });
}

void Loop::drain() {
  const auto end = std::chrono::steady_clock::now() + longest_turn;
  for (int i = 0; i < resumes_a_turn && first_ready_ != nullptr; ++i) {
    if (i > 0 && std::chrono::steady_clock::now() > end) break;
    Wait* wait = first_ready_;
    first_ready_ = wait->next_;
    if (first_ready_ == nullptr) last_ready_ = &first_ready_;
    budget_ = results_a_resume;
    wait->waiting_.resume();
  }
  impl_->in_turn = false;
  if (first_ready_ != nullptr) schedule();
  if (root_.stopped() && root_.size() == 0) impl_->context.stop();
}

// --- Source ---------------------------------------------------------------------------------------------------------

namespace {
constexpr std::uint32_t broken = EPOLLERR | EPOLLHUP;  // told whatever was asked for
constexpr std::uint32_t bit_of[ways] = {EPOLLIN, EPOLLOUT, 0};
}  // namespace

Source::Source(Loop& loop, int fd) : loop_(loop), fd_(fd), interest_(EPOLLIN) {}
Source::~Source() {
  if (fd_ >= 0) close();
}

Result<Source*> Source::make(Loop& loop, Fd fd) {
  int on = 1;
  if (::ioctl(fd.get(), FIONBIO, &on) != 0) return fail_errno();
  auto* source = new Source(loop, fd.release());
  epoll_event event{.events = source->interest_, .data = {.ptr = source}};
  if (::epoll_ctl(loop.impl_->poll.native_handle(), EPOLL_CTL_ADD, source->fd_, &event) == 0) return source;
  auto failed = fail_errno();
  source->release();
  return failed;
}

void Source::release() {
  if (--users_ == 0) delete this;
}

void Source::close() {
  // Closing alone would leave it in the set while a copy of the descriptor is open somewhere.
  ::epoll_ctl(loop_.impl_->poll.native_handle(), EPOLL_CTL_DEL, fd_, nullptr);
  ::close(std::exchange(fd_, -1));
  cancel(Errc::system);
}

void Source::wait(SourceHook& hook) {
  hooks_[static_cast<std::size_t>(hook.way_)] = &hook;
  std::uint32_t wanted = interest_ & EPOLLIN;
  for (std::size_t way = 0; way < ways; ++way) {
    if (hooks_[way] != nullptr) wanted |= bit_of[way];
  }
  if ((interest_ & EPOLLET) != 0 || (wanted & ~interest_) != 0) ask_for(wanted);
}

void Source::forget(SourceHook& hook) {
  const auto way = static_cast<std::size_t>(hook.way_);
  if (hooks_[way] == &hook) hooks_[way] = nullptr;
}

void Source::ask_for(std::uint32_t interest) {
  interest_ = interest;
  epoll_event event{.events = interest, .data = {.ptr = this}};
  ::epoll_ctl(loop_.impl_->poll.native_handle(), EPOLL_CTL_MOD, fd_, &event);
}

void Source::happened(std::uint32_t events) {
  const bool awaited = hooks_[static_cast<std::size_t>(Way::in)] != nullptr;
  bool told = false;
  for (std::size_t way = ways; way-- > 0;) {  // that it broke goes first
    if (hooks_[way] == nullptr || (events & (bit_of[way] | broken)) == 0) continue;
    told = true;
    hooks_[way]->fired();
  }
  std::uint32_t interest = interest_;
  if (!awaited) interest &= ~(events & EPOLLIN);
  if (hooks_[static_cast<std::size_t>(Way::out)] == nullptr) interest &= ~EPOLLOUT;  // it would be told at every turn
  if (!told && (events & broken) != 0) interest |= EPOLLET;                          // told once more, not for ever
  if (interest != interest_) ask_for(interest);
}

void Source::cancel(Errc why) {
  for (SourceHook*& hook : hooks_) {
    if (hook != nullptr) hook->cancelled(why);
  }
}

bool Source::overdue() const {
  for (const DeadlineLink* link = deadlines_; link != nullptr; link = link->next) {
    if (link->expired) return true;
  }
  return false;
}

void Source::cover(DeadlineLink& link) {
  link.source = this;
  link.next = std::exchange(deadlines_, &link);
  keep();
}

void Source::uncover(DeadlineLink& link) {
  DeadlineLink** place = &deadlines_;
  while (*place != &link) place = &(*place)->next;
  *place = link.next;
  release();
}

bool SourceWait::begin() {
  if (source().overdue()) {
    fail_with(Error{Errc::timed_out});
    return true;
  }
  if (attempt()) return true;
  source().wait(*this);
  return false;
}

void SourceWait::withdraw() { source().forget(*this); }

void SourceWait::fired() {
  if (!attempt()) return;
  withdraw();
  wake();
}

}  // namespace weir::io
