// The policies by which a flow that is heard of now may have been judged: what the kernel tells comes up to a beat
// late.
#pragma once

#include <memory>
#include <mutex>

#include "policy/policy.h"

namespace weir::run {

/// The policy in force and the one before it.  Any thread.
class Policies {
 public:
  using Policy = std::shared_ptr<const policy::Snapshot>;

  void put(Policy next) {
    std::lock_guard lock(mutex_);
    before_ = std::exchange(in_force_, std::move(next));
  }
  /// The last put() did not come to be.
  void take_back() {
    std::lock_guard lock(mutex_);
    in_force_ = std::exchange(before_, nullptr);
  }
  Policy in_force() const {
    std::lock_guard lock(mutex_);
    return in_force_;
  }
  /// Null when it is older than these two.
  Policy find(std::uint32_t id) const {
    std::lock_guard lock(mutex_);
    if (in_force_ && in_force_->id() == id) return in_force_;
    return before_ && before_->id() == id ? before_ : nullptr;
  }

 private:
  mutable std::mutex mutex_;
  Policy in_force_, before_;
};

/// What `policy` says of a flow on the wire.  Of one that passed without a look (Depth::pass) the name is not known:
/// only what its SYN alone decides counts.
inline policy::Verdict judge_passing(const policy::Snapshot& policy, const Flow& flow, Depth depth,
                                     std::string_view name) {
  return policy.evaluate(depth == Depth::inspect ? Stage::hello : Stage::syn, {.client = flow.client.address,
                                                                               .dest = flow.origin.address,
                                                                               .port = flow.origin.port,
                                                                               .name = name,
                                                                               .mac = flow.mac});
}

inline bool refuses(const policy::Verdict& verdict) { return verdict.decided && weir::refuses(verdict.action); }

}  // namespace weir::run
