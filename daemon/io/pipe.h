// Pipes for splice(2), kept for reuse: making one costs four system calls, and an idle relay must not hold any.
#pragma once

#include <cstddef>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace weir::io {

struct Pipe {
  Fd read_end;
  Fd write_end;
  std::size_t capacity = 0;  ///< bytes
};

/// The empty pipes of one loop.
class PipeCache {
 public:
  /// Asked of the kernel for every pipe; beyond /proc/sys/fs/pipe-user-pages-soft it grants its default of 64 KiB or
  /// less, and that is used.
  static constexpr std::size_t wanted_capacity = 256 * 1024;
  /// Pipes kept; further ones are closed when they are given back.
  static constexpr std::size_t most_kept = 64;

  /// An empty non-blocking pipe.  Errors: system (no descriptors left).
  Result<Pipe> take();
  /// Only an empty pipe may be given back; close any other.
  void give(Pipe pipe);
  std::size_t kept() const { return pipes_.size(); }

 private:
  std::vector<Pipe> pipes_;
};

}  // namespace weir::io
