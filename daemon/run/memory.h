// How much memory the daemon has, and the machine.
#pragma once

#include <cstdint>

#include "base/fd.h"

namespace weir::run {

/// Cheap enough to be read ten times a second.
class MemoryGauge {
 public:
  MemoryGauge();
  /// Octets of this process that belong to no file, swapped ones too; 0: the kernel does not say.
  std::uint64_t in_use() const;

 private:
  Fd status_;
};

/// What this process may have at most: of its machine, or of the control group that it runs in.
std::uint64_t memory_at_hand();

}  // namespace weir::run
