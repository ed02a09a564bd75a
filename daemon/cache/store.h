// The memory cache: every worker asks it, nobody holds a lock across a wait.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/shard.h"
#include "cache/verified.h"

namespace weir::cache {

/// Any thread.
class Store : public Memory {
 public:
  /// A whole object may take an eighth of the ceiling: no single one washes out all others.
  static constexpr std::uint64_t share_of_one = 8;

  /// `ceiling` in octets of all that is stored, its bookkeeping included; 0: off.
  explicit Store(std::uint64_t ceiling);
  ~Store() override;

  bool on() const { return ceiling() != 0; }
  std::uint64_t largest() const { return ceiling() / share_of_one; }
  /// What does not fit any more goes at once, but for what is being read.
  void resize(std::uint64_t ceiling);

  // What a request does, in this order.

  /// The key under which this host's responses from the address that it was dialled at stand.
  struct Resolved {
    Key key;
    bool due = false;  ///< to be asked for again: see Verified
  };
  Resolved resolved(Key key, WallTime now);
  Shard::Found find(const Key& key, const http::Fields& request, WallTime now);
  Shard::Joined join(const Key& key);
  /// What came of the fetch is known.  With `unstorable` its key's requests do not wait for each other for a while.
  void leave(const Shard::Joined& joined, bool unstorable, WallTime now);

  bool put(std::shared_ptr<Entry> entry, std::uint64_t epoch);
  bool replace(const std::shared_ptr<Entry>& old, std::shared_ptr<Entry> entry);
  void remove(const std::shared_ptr<Entry>& entry);
  void weigh(const std::shared_ptr<Entry>& entry);
  /// Its host owns the address that it came from: it answers at every other one as well, unless something does so.
  void promote(const std::shared_ptr<Entry>& entry);

  // What makes it forget.

  /// Every variant of `key`, and of the same target under the host's other key (RFC 9111 §4.4).
  Shard::Gone invalidate(const Key& key);
  /// One target of a host, or all of it, at any address and port.
  Shard::Gone purge(std::string_view host, std::optional<std::string_view> target);
  Shard::Gone purge_all();

  // What can be asked about it.

  std::size_t entries() const;
  struct Top {
    std::string url;
    std::uint64_t size = 0;  ///< of the content
    std::uint64_t uses = 0;
    std::uint64_t octets = 0;  ///< delivered from memory
  };
  /// Those that delivered most, most first.
  std::vector<Top> top(std::size_t count) const;

  Verified& verified() { return verified_; }

 private:
  static constexpr std::size_t shards = 16;

  bool make_room() override;
  Shard& of(std::uint64_t hash) { return shards_[hash >> 60]; }
  template <class F>
  Shard::Gone forget_everywhere(F&& gone);

  KeyHasher hasher_;
  Verified verified_{hasher_};
  std::array<Shard, shards> shards_;
  std::atomic<unsigned> next_{0};
};

}  // namespace weir::cache
