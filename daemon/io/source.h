// Source: a file descriptor in the loop's epoll set, and who waits for it.  loop.cpp holds the rest.
//
// The set is level-triggered and asked lazily.  Who begins to wait makes a system call only if what it waits for is not
// asked for already; who stops waiting makes none.  An event that nobody waits for is not asked for any more, so it
// costs one turn and not the thread.  No readiness is ever lost, because asking again reports what is ready by then,
// though a wait may end for nothing; whoever waits tries again.
//
// Counted by its owner and by every Deadline over it, all on one thread.
#pragma once

#include <cstdint>
#include <utility>

#include "base/fd.h"
#include "io/wait.h"

namespace weir::io {

class Loop;
class Source;

/// One source under one Deadline, in the source's list of them.
struct DeadlineLink {
  Source* source = nullptr;
  DeadlineLink* next = nullptr;
  bool expired = false;
};

/// What is waited for: input (or FIN), room for output, or that the connection breaks.  An error ends all three.
enum class Way : std::uint8_t { in, out, error };
inline constexpr int ways = 3;

/// A place in a Source.  At most one for each way.
class SourceHook {
 protected:
  SourceHook(Source& source, Way way) : source_(&source), way_(way) {}
  SourceHook() = default;
  virtual ~SourceHook() = default;

  virtual void fired() = 0;              ///< the descriptor may be ready; the hook stays where it is
  virtual void cancelled(Errc why) = 0;  ///< a deadline over the source expired; the hook must take itself out

  friend class Source;
  Source* source_ = nullptr;
  Way way_ = Way::in;
};

class Source {
 public:
  /// Registers `fd` with `loop` and takes it.  Errors: system.
  static Result<Source*> make(Loop& loop, Fd fd);

  int fd() const { return fd_; }
  Loop& loop() const { return loop_; }
  void keep() { ++users_; }
  void release();  ///< deletes it when this was the last user
  void close();    ///< closes the descriptor; what is pending ends with Errc::system

  /// Puts `hook` in its place and has it told of readiness from now on.
  void wait(SourceHook& hook);
  void forget(SourceHook& hook);
  /// Ends what is pending: a deadline over the source expired.
  void cancel(Errc why);
  /// Whether an expired deadline covers the source.
  bool overdue() const;
  /// The errno that broke the connection, 0 while it is whole.  The kernel tells one system call only: without this
  /// memory a reset that a write was told of would look to a read like a clean end.
  int broken_by() const { return broken_by_; }
  void broken_by(int number) { broken_by_ = number; }
  /// How many of `all` that were counted so far nobody was told yet; now they are.
  std::uint32_t news_of_sent(std::uint32_t all) { return all - std::exchange(told_sent_, all); }
  std::uint32_t news_of_again(std::uint32_t all) { return all - std::exchange(told_again_, all); }
  void cover(DeadlineLink& link);
  void uncover(DeadlineLink& link);

 private:
  friend class Loop;

  Source(Loop& loop, int fd);
  ~Source();
  void happened(std::uint32_t events);
  void ask_for(std::uint32_t interest);

  Loop& loop_;
  int fd_;
  std::uint32_t interest_;  // what the epoll set is asked for
  unsigned users_ = 1;
  int broken_by_ = 0;
  std::uint32_t told_sent_ = 0, told_again_ = 0;
  SourceHook* hooks_[ways] = {};
  DeadlineLink* deadlines_ = nullptr;
};

/// An operation on one source in one direction: tried, then tried again whenever the source may be ready.
class SourceWait : public Wait, protected SourceHook {
 protected:
  SourceWait(Source& source, Way way) : SourceHook(source, way) {}
  /// One try.  True: it has ended (well, or with fail_with()); false: the kernel would block.
  virtual bool attempt() = 0;
  Source& source() const { return *source_; }
  /// Ends the operation by errno `number`, and remembers what broke the connection.  Returns true, as attempt() does.
  bool fail_by(int number);

 private:
  bool begin() override;
  void withdraw() override;
  void fired() override;
  void cancelled(Errc why) override { cancel(why); }
};

}  // namespace weir::io
