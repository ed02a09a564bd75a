// What the control thread alone knows, hung out for others to read.
#pragma once

#include <memory>
#include <mutex>

#include "account/hits.h"
#include "weir/control.h"

namespace weir::control {

/// As it was when it was hung out.
struct Bulletin {
  std::int64_t posted = 0;  ///< seconds since 1970
  Status status;
  Lists lists;
  account::HitsByRule hits;
  std::uint64_t cache_objects = 0;
};

/// The lock is held for no more than a pointer's copy: whoever hangs, hangs elsewhere.
class Board {
 public:
  void post(Bulletin bulletin) {
    auto next = std::make_shared<const Bulletin>(std::move(bulletin));
    const std::lock_guard lock(mutex_);
    latest_.swap(next);
  }
  /// Never null.
  std::shared_ptr<const Bulletin> read() const {
    const std::lock_guard lock(mutex_);
    return latest_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Bulletin> latest_ = std::make_shared<const Bulletin>();
};

}  // namespace weir::control
