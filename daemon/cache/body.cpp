#include "cache/body.h"

#include <algorithm>
#include <utility>

#include "cache/memory.h"

namespace weir::cache {

Body::~Body() { memory_.give(charged_); }

/// Of a known length the last chunk is exact; of an unknown one chunks grow, so that a small body wastes little.
std::size_t Body::next_capacity(std::optional<std::uint64_t> expected) const {
  if (expected) return static_cast<std::size_t>(std::clamp<std::uint64_t>(*expected, 1, largest_chunk));
  constexpr std::size_t first = 4 << 10;
  return std::min(largest_chunk, first << std::min<std::size_t>(chunks_.size(), 4));
}

MutableBytes Body::room(std::optional<std::uint64_t> expected) {
  // Of an unknown length what is read may be framing for the most part: less than this is not worth a system call.
  const std::size_t least = expected ? 1 : 512;
  std::size_t capacity = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!chunks_.empty() && chunks_.back().capacity - chunks_.back().filled >= least) {
      Chunk& last = chunks_.back();
      return {last.data.get() + last.filled, last.capacity - last.filled};
    }
    if (window_ && chunks_.size() >= window) return {};
    if (spare_) {
      Chunk& again = chunks_.emplace_back(std::move(*std::exchange(spare_, std::nullopt)));
      return {again.data.get(), again.capacity};
    }
    capacity = next_capacity(expected);
  }
  // Without the lock: making room lets other bodies go.
  if (!memory_.take(capacity + overhead)) return {};
  const std::lock_guard lock(mutex_);
  charged_ += capacity + overhead;
  Chunk& added = chunks_.emplace_back(Chunk{std::make_unique_for_overwrite<std::byte[]>(capacity), capacity});
  return {added.data.get(), added.capacity};
}

void Body::wake(std::vector<std::shared_ptr<Bell>> bells, const io::Loop& here) {
  for (const auto& bell : bells) bell->ring(here);
}

void Body::add(std::size_t octets, const io::Loop& here) {
  std::vector<std::shared_ptr<Bell>> bells;
  {
    const std::lock_guard lock(mutex_);
    chunks_.back().filled += octets;
    size_ += octets;
    bells.swap(waiting_);
  }
  wake(std::move(bells), here);
}

void Body::end(State state, const io::Loop& here) {
  std::vector<std::shared_ptr<Bell>> bells;
  {
    const std::lock_guard lock(mutex_);
    state_ = state;
    bells.swap(waiting_);
  }
  wake(std::move(bells), here);
}

void Body::finish(std::string trailers, const io::Loop& here) {
  trailers_ = std::move(trailers);  // nobody looks at them before the state says that they are here
  end(State::whole, here);
}

void Body::fail(Errc why, const io::Loop& here) {
  why_ = why;
  end(State::broken, here);
}

void Body::become_window() {
  const std::lock_guard lock(mutex_);
  window_ = true;
  let_go();
}

std::uint64_t Body::slowest() const {
  std::uint64_t least = size_;
  for (const Reader* reader : readers_) least = std::min(least, reader->position_);
  return least;
}

void Body::let_go() {
  const std::uint64_t passed = slowest();
  while (!chunks_.empty() && begin_ + chunks_.front().filled <= passed) {
    Chunk& front = chunks_.front();
    if (chunks_.size() == 1 && front.filled < front.capacity) break;  // the fetch may be reading into it
    begin_ += front.filled;
    if (spare_) {
      memory_.give(front.capacity + overhead);
      charged_ -= front.capacity + overhead;
    } else {
      front.filled = 0;
      spare_ = std::move(front);
    }
    chunks_.pop_front();
  }
}

void Body::ring_for_room(std::shared_ptr<Bell> bell) {
  const std::lock_guard lock(mutex_);
  writer_ = std::move(bell);
}

std::size_t Body::readers() const {
  const std::lock_guard lock(mutex_);
  return readers_.size();
}

std::uint64_t Body::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

bool Body::whole() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::whole;
}

bool Body::is_window() const {
  const std::lock_guard lock(mutex_);
  return window_;
}

std::size_t Body::memory() const {
  const std::lock_guard lock(mutex_);
  return charged_;
}

std::string Body::trailers() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::whole ? trailers_ : std::string();
}

Reader::Reader(std::shared_ptr<Body> body, io::Loop& loop, std::uint64_t first, std::optional<std::uint64_t> length)
    : body_(std::move(body)), loop_(loop), position_(first) {
  if (length) end_ = first + *length;
  const std::lock_guard lock(body_->mutex_);
  late_ = first < body_->begin_;
  if (!late_) body_->readers_.push_back(this);
}

Reader::~Reader() {
  std::shared_ptr<Bell> writer;
  {
    const std::lock_guard lock(body_->mutex_);
    std::erase(body_->readers_, this);
    if (bell_) std::erase(body_->waiting_, bell_);
    if (body_->window_) body_->let_go();
    writer = body_->writer_;
  }
  if (writer) writer->ring(loop_);
}

Reader::Look Reader::look() {
  if (bell_) bell_->hush();
  Look found;
  if (late_) {
    found.broken = Errc::closed;
    return found;
  }
  const std::lock_guard lock(body_->mutex_);
  std::uint64_t at = body_->begin_, position = position_;
  const std::uint64_t end = std::min(end_.value_or(body_->size_), body_->size_);
  for (const Body::Chunk& chunk : body_->chunks_) {
    if (position >= end || found.count == most_spans) break;
    const std::uint64_t behind = at + chunk.filled;
    if (position < behind) {
      const std::size_t size = static_cast<std::size_t>(std::min(behind, end) - position);
      found.spans[found.count++] = {chunk.data.get() + (position - at), size};
      found.size += size;
      position += size;
    }
    at = behind;
  }
  const bool whole = body_->state_ == Body::State::whole;
  found.last = end_ ? position == *end_ : whole && position == body_->size_;
  if (found.last || found.count > 0) return found;
  if (body_->state_ != Body::State::filling) {
    found.broken = body_->state_ == Body::State::broken ? body_->why_ : Errc::response_truncated;
    return found;
  }
  if (!bell_) bell_ = std::make_shared<Bell>(loop_);
  body_->waiting_.push_back(bell_);
  return found;
}

void Reader::used(std::size_t octets) {
  std::shared_ptr<Bell> writer;
  {
    const std::lock_guard lock(body_->mutex_);
    position_ += octets;
    if (!body_->window_) return;
    body_->let_go();
    writer = body_->writer_;
  }
  if (writer) writer->ring(loop_);
}

}  // namespace weir::cache
