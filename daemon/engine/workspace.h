// The memory of one exchange: two buffers and two heads.  A connection borrows it from its worker when a request begins
// to arrive and gives it back when it is idle again, so that idle connections hold none and busy ones allocate none.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "account/stopwatch.h"
#include "base/bytes.h"
#include "http/head.h"

namespace weir::engine {

/// Octets that were read and not used yet.  As large as the largest head, so that a head is always in one piece.
class Buffer {
 public:
  static constexpr std::size_t capacity = 64 << 10;

  MutableBytes unread() const { return {data_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  bool full() const { return end_ - begin_ == capacity; }

  /// Where to read to; not empty unless full().  May move the unread octets: views into them end here.
  MutableBytes space() {
    constexpr std::size_t worth_reading = 8 << 10;
    if (begin_ == end_) {
      begin_ = end_ = 0;
    } else if (begin_ > 0 && capacity - end_ < worth_reading) {
      std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
    return {data_.get() + end_, capacity - end_};
  }
  void filled(std::size_t octets) { end_ += octets; }
  void used(std::size_t octets) { begin_ += octets; }
  void clear() { begin_ = end_ = 0; }

 private:
  std::unique_ptr<std::byte[]> data_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
  std::size_t begin_ = 0, end_ = 0;
};

struct Workspace {
  Buffer client, origin;
  http::Request request;
  http::Response response;
  std::string request_head, response_head;  ///< as they are forwarded
  std::string request_text;                 ///< as received, where `request` must outlive its place in `client`
  bool wants_type = false;                  ///< the access log does
  std::string content_type;                 ///< of the response, where it is wanted

  account::Stopwatch inside;       ///< of the request and its response, without the waits for others
  std::optional<Duration> waited;  ///< how long the origin took for the head of its response

  /// The response's head has come; `now` by the loop's clock.
  void heard(Monotonic now) {
    if (!inside.runs()) waited = inside.stood(now);
    inside.go_on(now);
  }
  void note_type(const http::Response& answered) {
    if (!wants_type) return;
    const http::Field* type = answered.fields.find("Content-Type");
    content_type = type == nullptr ? std::string_view() : type->value;
  }
};

/// A worker's workspaces.  Keeps at most `kept` unused ones (128 KiB each, as far as they were ever touched).
class Workspaces {
 public:
  static constexpr std::size_t kept = 64;

  struct GiveBack {
    Workspaces* home;
    void operator()(Workspace* workspace) const { home->give_back(workspace); }
  };
  using Lease = std::unique_ptr<Workspace, GiveBack>;

  /// Whether take() needs no memory.
  bool has_spare() const { return !unused_.empty(); }
  Lease take() {
    if (unused_.empty()) return Lease(new Workspace, {this});
    Lease lease(unused_.back().release(), {this});
    unused_.pop_back();
    return lease;
  }

 private:
  void give_back(Workspace* workspace) {
    std::unique_ptr<Workspace> owned(workspace);
    if (unused_.size() == kept) return;
    owned->client.clear();
    owned->origin.clear();
    unused_.push_back(std::move(owned));
  }

  std::vector<std::unique_ptr<Workspace>> unused_;
};

}  // namespace weir::engine
