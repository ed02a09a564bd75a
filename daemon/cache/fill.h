// A fetch whose head has not come yet, and those who wait to see whether its response serves them too.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "cache/bell.h"

namespace weir::cache {

class Fill {
 public:
  /// Has `bell` rung when it is known what came of the fetch.  False: that is known already.
  bool wait(std::shared_ptr<Bell> bell) {
    const std::lock_guard lock(mutex_);
    if (settled_) return false;
    waiting_.push_back(std::move(bell));
    return true;
  }
  /// Everybody looks again, and whoever finds nothing asks for himself: a waiter waits once.
  void settle(const io::Loop& here) {
    std::vector<std::shared_ptr<Bell>> waiting;
    {
      const std::lock_guard lock(mutex_);
      settled_ = true;
      waiting.swap(waiting_);
    }
    for (const auto& bell : waiting) bell->ring(here);
  }

 private:
  std::mutex mutex_;
  bool settled_ = false;
  std::vector<std::shared_ptr<Bell>> waiting_;
};

}  // namespace weir::cache
