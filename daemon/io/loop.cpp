// The one file that knows Asio: its io_context runs the thread, its reactor says when a descriptor may be ready, its
// timer moves the wheel.  Every entry from Asio is a Turn: it makes the clock stale, lets what happened queue the
// coroutines that it wakes, and resumes them at its end.
#include "io/loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <utility>

#include "io/pipe.h"
#include "io/source.h"

namespace weir::io {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {
// Coroutines resumed in one turn before the kernel is asked for further events.
constexpr int resumes_a_turn = 256;
// Operations of one coroutine that may end without a wait before the others are let run: a peer that is always ready
// must not hold the thread.
constexpr int results_a_resume = 64;
}  // namespace

struct Loop::Impl {
  asio::io_context context{1};
  asio::steady_timer timer{context};
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

bool Loop::may_go_on() { return budget_-- > 0; }

void Loop::make_ready(Wait& wait) {
  wait.next_ = nullptr;
  *last_ready_ = &wait;
  last_ready_ = &wait.next_;
  if (impl_->in_turn || impl_->scheduled) return;
  impl_->scheduled = true;
  asio::post(impl_->context, [this] { Turn turn(*this); });
}

void Loop::drain() {
  impl_->scheduled = false;
  for (int i = 0; i < resumes_a_turn && first_ready_ != nullptr; ++i) {
    Wait* wait = first_ready_;
    first_ready_ = wait->next_;
    if (first_ready_ == nullptr) last_ready_ = &first_ready_;
    budget_ = results_a_resume;
    wait->waiting_.resume();
  }
  impl_->in_turn = false;
  if (first_ready_ != nullptr) {
    impl_->scheduled = true;
    asio::post(impl_->context, [this] { Turn turn(*this); });
  }
  if (root_.stopped() && root_.size() == 0) impl_->context.stop();
}

// --- Source ---------------------------------------------------------------------------------------------------------

struct Source::Asio {
  asio::posix::stream_descriptor descriptor;
};

// What Asio holds for a wait: one use of the source.
class Source::Fired {
 public:
  Fired(Source& source, Way way) : source_(&source), way_(way) { source.keep(); }
  Fired(Fired&& other) noexcept : source_(std::exchange(other.source_, nullptr)), way_(other.way_) {}
  ~Fired() {
    if (source_ != nullptr) source_->release();
  }
  void operator()(error_code failed) {
    Loop::Turn turn(source_->loop_);
    source_->fired(way_, bool(failed));
  }

 private:
  Source* source_;
  Way way_;
};

Source::Source(Loop& loop, int fd) : loop_(loop), fd_(fd) {}
Source::~Source() = default;

Result<Source*> Source::make(Loop& loop, Fd fd) {
  error_code failed;
  auto asio = std::make_unique<Asio>(Asio{asio::posix::stream_descriptor(loop.impl_->context)});
  asio->descriptor.assign(fd.get(), failed);
  if (failed) return fail(Errc::system, std::error_code(failed.value(), std::system_category()));
  auto* source = new Source(loop, fd.release());
  source->asio_ = std::move(asio);
  source->asio_->descriptor.non_blocking(true, failed);
  if (!failed) return source;
  source->close();
  source->release();
  return fail(Errc::system, std::error_code(failed.value(), std::system_category()));
}

void Source::release() {
  if (--users_ == 0) delete this;
}

void Source::close() {
  error_code ignored;
  fd_ = -1;
  asio_->descriptor.close(ignored);
}

void Source::wait(SourceHook& hook) {
  const auto way = static_cast<std::size_t>(hook.way_);
  hooks_[way] = &hook;
  if (!armed_[way]) arm(hook.way_);
}

void Source::forget(SourceHook& hook) {
  const auto way = static_cast<std::size_t>(hook.way_);
  if (hooks_[way] == &hook) hooks_[way] = nullptr;
}

void Source::arm(Way way) {
  using asio::posix::descriptor_base;
  constexpr descriptor_base::wait_type kinds[ways] = {descriptor_base::wait_read, descriptor_base::wait_write,
                                                      descriptor_base::wait_error};
  const auto which = static_cast<std::size_t>(way);
  armed_[which] = true;
  asio_->descriptor.async_wait(kinds[which], Fired(*this, way));
}

void Source::fired(Way which, bool failed) {
  const auto way = static_cast<std::size_t>(which);
  armed_[way] = false;
  if (hooks_[way] == nullptr) return;
  if (failed) return hooks_[way]->cancelled(Errc::system);
  hooks_[way]->fired();
  if (hooks_[way] != nullptr) arm(which);  // it was for nothing
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
