// One stored response: a head that never changes, and a body that other heads may share.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>

#include "cache/body.h"
#include "cache/freshness.h"
#include "cache/head.h"
#include "cache/key.h"
#include "cache/memory.h"

namespace weir::cache {

class Entry {
 public:
  /// What it is stored under beside its key.
  struct Variant {
    std::string nominated;  ///< see cache/vary.h
    std::string selected;

    friend bool operator==(const Variant&, const Variant&) = default;
  };

  /// Charges `memory` for all but the body.  Null: there is no room.
  static std::shared_ptr<Entry> make(Memory& memory, OwnedKey key, Variant variant, StoredHead head, const Facts& facts,
                                     std::shared_ptr<Body> body);
  /// The same response under another key, with its uses; the body is shared.  Null: there is no room.
  std::shared_ptr<Entry> under(const Key& key) const;
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  Key key() const { return key_.view(); }
  const Variant& variant() const { return variant_; }
  bool answers(const Key& key, const http::Fields& request) const;
  const StoredHead& head() const { return head_; }
  const Facts& facts() const { return facts_; }
  const std::shared_ptr<Body>& body() const { return body_; }
  /// Charged for it and its body.
  std::size_t memory() const { return charged_ + body_->memory(); }

  void delivered(std::uint64_t octets) {
    uses.fetch_add(1, std::memory_order_relaxed);
    octets_out.fetch_add(octets, std::memory_order_relaxed);
  }

  std::atomic<std::uint64_t> uses{0};        ///< answers made of it
  std::atomic<std::uint64_t> octets_out{0};  ///< in those answers
  std::atomic<bool> refreshing{false};       ///< it is being validated behind an answer

 private:
  friend class Shard;
  Entry(Memory& memory, OwnedKey key, Variant variant, StoredHead head, const Facts& facts, std::shared_ptr<Body> body);
  std::size_t bookkeeping() const;

  Memory& memory_;
  OwnedKey key_;
  Variant variant_;
  StoredHead head_;
  Facts facts_;
  std::shared_ptr<Body> body_;
  std::size_t charged_ = 0;

  // Of the shard in which it stands, under its mutex.
  std::list<std::shared_ptr<Entry>>::iterator place_;
  std::uint64_t hash_ = 0;
  std::size_t weight_ = 0;
  std::uint8_t favour_ = 0;  ///< uses since it was last passed over, 3 at most
  bool seated_ = false;
  bool proven_ = false;  ///< in the main queue
};

}  // namespace weir::cache
