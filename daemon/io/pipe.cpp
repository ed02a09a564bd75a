#include "io/pipe.h"

#include <fcntl.h>
#include <unistd.h>

namespace weir::io {

Result<Pipe> PipeCache::take() {
  if (!pipes_.empty()) {
    Pipe pipe = std::move(pipes_.back());
    pipes_.pop_back();
    return pipe;
  }
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return fail_errno();
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  ::fcntl(pipe.write_end.get(), F_SETPIPE_SZ, static_cast<int>(wanted_capacity));
  const int granted = ::fcntl(pipe.write_end.get(), F_GETPIPE_SZ);
  if (granted <= 0) return fail_errno();
  pipe.capacity = static_cast<std::size_t>(granted);
  return pipe;
}

void PipeCache::give(Pipe pipe) {
  if (pipes_.size() < most_kept) pipes_.push_back(std::move(pipe));
}

}  // namespace weir::io
