// A part of the index with a lock of its own, and the order in which it lets go.
//
// A scan, every object asked for once, must not wash out what is asked for again and again.  New entries stand in a
// small queue, a tenth of the memory; whoever is asked for while there moves to the main queue, whoever is not goes
// first, and is remembered by its hash for a while: if it comes back soon it is proven at once.  In the main queue the
// oldest goes unless it was used since it was last looked at.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "cache/entry.h"
#include "cache/fill.h"

namespace weir::cache {

class Shard {
 public:
  static constexpr std::size_t most_variants = 16;  ///< of one key; the oldest gives way
  static constexpr std::size_t marks = 512;         ///< keys remembered as not storable; a newer one overwrites
  static constexpr std::size_t ghosts = 1024;       ///< hashes of entries that went unproven; the same
  static constexpr std::size_t epochs = 256;        ///< keys share them: one that is forgotten costs others a put
  /// How long a key is remembered as not storable: its requests do not wait for each other meanwhile, and nothing is
  /// stored of it.  Short, since an error may have been the reason.
  static constexpr std::chrono::seconds mark_life{10};

  struct Found {
    std::shared_ptr<Entry> entry;
    std::uint64_t epoch = 0;  ///< of the key: what was asked for in an older one is not put in
    bool marked = false;      ///< remembered as not storable
  };
  Found find(const Key& key, std::uint64_t hash, const http::Fields& request, WallTime now);

  /// The fetch of this key that others may wait for; `mine` if it is the caller's to do.
  struct Joined {
    std::shared_ptr<Fill> fill;
    bool mine = false;
    std::uint64_t hash = 0;
  };
  Joined join(std::uint64_t hash);
  /// Takes the fetch out; with `unstorable` the key is remembered as such.
  void leave(std::uint64_t hash, const std::shared_ptr<Fill>& fill, bool unstorable, WallTime now);

  /// In place of the same variant of the same key.  False: the key was forgotten since `epoch`.
  bool put(std::shared_ptr<Entry> entry, std::uint64_t hash, std::uint64_t epoch);
  /// In place of `old`, if that still stands here, with its standing.
  bool replace(const std::shared_ptr<Entry>& old, std::shared_ptr<Entry> entry);
  /// False: it does not stand here.
  bool remove(const std::shared_ptr<Entry>& entry);
  /// The epoch of a key under which this variant does not stand.
  std::optional<std::uint64_t> vacant(const Key& key, std::uint64_t hash, const Entry::Variant& variant) const;
  /// Its body is complete: it weighs what it weighs.
  void weigh(const std::shared_ptr<Entry>& entry);

  struct Gone {
    std::size_t count = 0;
    std::uint64_t octets = 0;
  };
  /// Every variant of `key`; fetches of it that are under way are not put in either.
  Gone forget(const Key& key, std::uint64_t hash);
  /// Every entry for which `gone(entry)`, walking all of them; no fetch that is under way is put in.
  template <class F>
  Gone forget(F&& gone);
  /// The entry that is missed least and that nobody reads; null: there is none.  `sparing`: only if unproven ones take
  /// more than their share here; other shards may have such.
  std::shared_ptr<Entry> let_go(bool sparing);

  std::size_t size() const;
  template <class F>
  void each(F&& look) const;

 private:
  using Queue = std::list<std::shared_ptr<Entry>>;
  struct Slot {
    std::vector<std::shared_ptr<Entry>> variants;  ///< newest first
    std::shared_ptr<Fill> fill;
    bool empty() const { return variants.empty() && !fill; }
    std::shared_ptr<Entry> find(const Key& key, const Entry::Variant& variant) const;  ///< null: there is none
  };
  struct Mark {
    std::uint64_t hash = 0;
    WallTime until{};
  };

  // With the mutex held.
  void seat(const std::shared_ptr<Entry>& entry, bool proven);
  void unseat(Entry& entry);
  void unlink(Entry& entry);
  void weigh_anew(Entry& entry, std::size_t weight);
  bool is_scanned() const;  ///< unproven entries take more than their share
  std::shared_ptr<Entry> candidate(bool sparing, bool merciless);

  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Slot> slots_;
  Queue fresh_, proven_;  ///< newest at the front
  std::uint64_t fresh_octets_ = 0, proven_octets_ = 0;
  std::array<std::uint64_t, epochs> epochs_{};
  std::array<Mark, marks> marks_{};
  std::array<std::uint64_t, ghosts> ghosts_{};
};

template <class F>
Shard::Gone Shard::forget(F&& gone) {
  Gone total;
  std::vector<std::shared_ptr<Entry>> dying;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  for (std::uint64_t& epoch : epochs_) ++epoch;
  for (const Queue* queue : {&fresh_, &proven_}) {
    for (const auto& entry : *queue) {
      if (gone(*entry)) dying.push_back(entry);
    }
  }
  for (const auto& entry : dying) {
    ++total.count;
    total.octets += entry->memory();
    unlink(*entry);
  }
  return total;
}

template <class F>
void Shard::each(F&& look) const {
  const std::lock_guard lock(mutex_);
  for (const Queue* queue : {&fresh_, &proven_}) {
    for (const auto& entry : *queue) look(entry);
  }
}

}  // namespace weir::cache
