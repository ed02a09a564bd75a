// The octets of one response, while they arrive and after: one that fetches, any number that read, on any loop.
//
// A body that is kept holds all that has arrived.  One that turned out too large becomes a window: what every reader
// has taken is let go, and the fetch waits for the slowest of them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "cache/bell.h"

namespace weir::cache {

class Memory;
class Reader;

class Body {
 public:
  static constexpr std::size_t largest_chunk = 64 << 10;
  static constexpr std::size_t window = 16;  ///< chunks

  /// `memory` is charged for every chunk before it is made, and gets it back when the chunk goes.
  explicit Body(Memory& memory) : memory_(memory) {}
  ~Body();
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  // Of the one that fetches.  `here` is its loop.

  /// Where to put the next octets, of which `expected` are to come if that is known.  Empty: no memory is left, or the
  /// window is full.
  MutableBytes room(std::optional<std::uint64_t> expected);
  /// The first `octets` of the room were filled.
  void add(std::size_t octets, const io::Loop& here);
  /// That was all.  `trailers`: "name: value" lines, each with its CRLF.
  void finish(std::string trailers, const io::Loop& here);
  /// There will be no more, although there should.
  void fail(Errc why, const io::Loop& here);
  /// From now on only a window is held.
  void become_window();
  /// Rings when room() may be worth another try.
  void ring_for_room(std::shared_ptr<Bell> bell);

  // Of everybody.

  std::size_t readers() const;
  std::uint64_t size() const;  ///< arrived so far
  bool whole() const;
  bool is_window() const;
  std::size_t memory() const;  ///< charged
  std::string trailers() const;

 private:
  friend class Reader;
  enum class State : std::uint8_t { filling, whole, broken };
  struct Chunk {
    std::unique_ptr<std::byte[]> data;
    std::size_t capacity = 0;
    std::size_t filled = 0;
  };
  static constexpr std::size_t overhead = 64;  ///< of a chunk: its place here and malloc's

  void end(State state, const io::Loop& here);
  void let_go();  ///< chunks that every reader has passed; the mutex is held
  std::uint64_t slowest() const;
  std::size_t next_capacity(std::optional<std::uint64_t> expected) const;
  void wake(std::vector<std::shared_ptr<Bell>> bells, const io::Loop& here);

  Memory& memory_;
  mutable std::mutex mutex_;
  std::deque<Chunk> chunks_;
  std::optional<Chunk> spare_;  ///< of a window: let go, to be filled again
  std::uint64_t begin_ = 0;     ///< offset of the first octet that is still here
  std::uint64_t size_ = 0;
  std::size_t charged_ = 0;
  State state_ = State::filling;
  Errc why_ = Errc::closed;
  bool window_ = false;
  std::string trailers_;
  std::vector<Reader*> readers_;
  std::vector<std::shared_ptr<Bell>> waiting_;
  std::shared_ptr<Bell> writer_;
};

/// One way through a body, in the frame of the task that delivers it.
class Reader {
 public:
  static constexpr std::size_t most_spans = 10;

  /// From `first` on, `length` octets; without it to the end.  A body that has let octets go has no new readers: it
  /// looks broken to them.
  Reader(std::shared_ptr<Body> body, io::Loop& loop, std::uint64_t first = 0, std::optional<std::uint64_t> length = {});
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  struct Look {
    std::array<Bytes, most_spans> spans;
    std::size_t count = 0;
    std::size_t size = 0;             ///< octets in the spans
    bool last = false;                ///< nothing comes behind them
    std::optional<Errc> broken = {};  ///< nothing comes behind them, though it should
  };
  /// What is here and not used yet.  If that is nothing, and neither the end, wait() tells when to look again.
  Look look();
  /// The first `octets` of what look() showed are delivered.
  void used(std::size_t octets);
  io::Event::Waiting wait() { return bell_->wait(); }

 private:
  friend class Body;
  std::shared_ptr<Body> body_;
  std::shared_ptr<Bell> bell_;
  io::Loop& loop_;
  std::uint64_t position_;
  std::optional<std::uint64_t> end_;
  bool late_ = false;
};

}  // namespace weir::cache
