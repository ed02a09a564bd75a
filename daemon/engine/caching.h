// What the cache hopes for from an exchange with the origin, and what comes of that when the response's head is known.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "cache/store.h"
#include "http/head.h"

namespace weir::engine {

/// The lead of a fetch that others wait for.  They are let go at the latest when this goes, however the fetch ended.
class Lead {
 public:
  Lead() = default;
  /// `store` null: it is somebody else's to lead.
  Lead(cache::Store* store, const io::Loop& loop, cache::Shard::Joined joined)
      : store_(store), loop_(&loop), joined_(std::move(joined)) {}
  Lead(Lead&& other) noexcept
      : store_(std::exchange(other.store_, nullptr)), loop_(other.loop_), joined_(std::move(other.joined_)) {}
  Lead& operator=(Lead&&) = delete;
  ~Lead() { settle(false); }

  /// Those who wait look again; with `unstorable` they, and who comes in the next time, do not wait for each other.
  void settle(bool unstorable);

 private:
  cache::Store* store_ = nullptr;  ///< null: nobody waits, or no more
  const io::Loop* loop_ = nullptr;
  cache::Shard::Joined joined_;
};

struct Caching {
  enum class Asks : std::uint8_t {
    get,       ///< may be stored
    validate,  ///< asks whether `prior` is still good
    head,      ///< may tell something about `prior` (RFC 9111 §4.3.5)
    change,    ///< unsafe: what is stored may be outdated by it (RFC 9111 §4.4)
  };
  /// What is to be done with the response.
  enum class Use : std::uint8_t {
    deliver,    ///< to the client, as if there were no cache
    keep,       ///< its content, unread so far, belongs into `entry`
    unchanged,  ///< 304: `prior` is good
    stale,      ///< an error: `prior` is the better answer
  };

  cache::Store& store;
  Asks asks;
  cache::Key key;
  const http::Request& request;
  cache::Wish wish = {};
  std::shared_ptr<cache::Entry> prior = {};
  std::uint64_t epoch = 0;  ///< of the look-up
  Lead lead = {};
  WallTime asked{};

  Use use = Use::deliver;
  std::shared_ptr<cache::Entry> entry = {};  ///< Use::keep: not in the store yet

  /// The final response's head is here, with `behind` octets of what follows it.
  void hear(const http::Response& response, std::size_t behind);
  /// The origin failed to answer.  Whether `prior` is an answer instead.
  bool hear_failure();
  /// Use::unchanged: what is stored from now on, which is also the answer.
  std::shared_ptr<cache::Entry> freshened(const http::Response& response);

 private:
  bool keep(const http::Response& response, std::size_t behind, WallTime now);
  void update_by_head(const http::Response& response, WallTime now);
  void invalidate(const http::Response& response);
};

/// The target that a reference in a response names, if it is on the same host and port; views into `reference` or
/// `held`.
std::optional<std::string_view> target_of(const cache::Key& key, std::string_view reference, std::string& held);

}  // namespace weir::engine
