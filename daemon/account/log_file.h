// A log in a file, turned over by Weir itself: when a new day begins, and before the file is an eighth of what may be
// kept.  access.log becomes access.log-2025-03-10, and access.log-2025-03-10.1 when that day has had its file already;
// the date is that of its last line, on the clock of the wall.  Old files go by age or when all together are too large,
// oldest first, whichever is reached first; only files of this very form are ever removed.
//
// A full disk loses lines, never stops anything: a line that was cut stands alone, the next one is whole again.
#pragma once

#include <vector>

#include "account/outlet.h"
#include "base/fd.h"

namespace weir::account {

struct FileLimits {
  Duration age{};
  std::uint64_t size = 0;  ///< both zero: somebody else turns the file over
};

class LogFile final : public Target {
 public:
  /// Makes the file, and its folder if that is missing.  Null with errno.
  static std::unique_ptr<LogFile> open(const std::string& path, FileLimits limits);

  Written write(std::span<const Message> messages) override;
  int tend() override;

 private:
  LogFile(std::string path, FileLimits limits) : path_(std::move(path)), limits_(limits) {}
  bool reopen();
  bool limited() const { return regular_ && limits_.size > 0; }
  std::uint64_t piece() const { return limits_.size / 8; }
  void turn_over(WallTime now);
  bool follow_on();
  int prune(WallTime now) const;
  std::string free_name() const;

  std::string path_;
  FileLimits limits_;
  Fd file_;
  bool regular_ = false;
  std::uint64_t size_ = 0;
  std::string day_;  // "2025-03-10": of the last line
  Monotonic retry_{};
  bool due_ = false;   // it should have been turned over and could not
  int failed_ = 0;     // errno: why, or why old files could not be removed
  bool torn_ = false;  // the file ends within a line that a full disk cut
};

}  // namespace weir::account
