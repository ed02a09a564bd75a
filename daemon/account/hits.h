// How often each rule decided, and how often it would have, by its name: counts outlive a reload, and rules of one name
// count together.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>

#include "account/record.h"

namespace weir::account {

struct Hits {
  std::uint64_t did = 0;    ///< records whose action was the rule's
  std::uint64_t would = 0;  ///< records of which it would have been, were it not for `shadow` or gateway.observe
};
using HitsByRule = std::map<std::string, Hits>;

/// One thread's counts, read by any.  A name beyond `most` that was not counted before is not: only a file that was
/// rewritten and reloaded for years has had so many rules.
class RuleHits {
 public:
  static constexpr std::size_t most = 65536;

  void add(const Record& record) {
    if (record.rule.empty() && record.would_rule.empty()) return;
    std::lock_guard lock(mutex_);
    if (Hits* hits = of(record.rule)) ++hits->did;
    if (Hits* hits = of(record.would_rule)) ++hits->would;
  }
  void add_to(HitsByRule& sums) const {
    const std::lock_guard lock(mutex_);
    sum(sums);
  }
  /// For a reader that waits for nobody.  False: somebody has stopped while it counted.
  bool try_add_to(HitsByRule& sums) const {
    constexpr int tries = 1000;
    std::unique_lock lock(mutex_, std::try_to_lock);
    for (int i = 0; i < tries && !lock; ++i) {
      std::this_thread::yield();
      if (lock.try_lock()) break;
    }
    if (lock) sum(sums);
    return lock.owns_lock();
  }

 private:
  void sum(HitsByRule& sums) const {
    for (const auto& [rule, hits] : rules_) {
      sums[rule].did += hits.did;
      sums[rule].would += hits.would;
    }
  }
  Hits* of(const std::string& rule) {
    if (rule.empty()) return nullptr;
    if (const auto known = rules_.find(rule); known != rules_.end()) return &known->second;
    return rules_.size() < most ? &rules_[rule] : nullptr;
  }

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Hits> rules_;
};

}  // namespace weir::account
