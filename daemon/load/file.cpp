#include "load/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"

namespace weir::load {

Result<void> read_file(const std::string& path, std::size_t largest, std::string& text) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return fail_errno();
  struct stat info;
  if (fstat(fd.get(), &info) < 0) return fail_errno();
  if (S_ISDIR(info.st_mode)) return fail(Errc::system, std::make_error_code(std::errc::is_a_directory));
  if (!S_ISREG(info.st_mode)) return fail(Errc::system, std::make_error_code(std::errc::not_supported));
  if (static_cast<std::uint64_t>(info.st_size) > largest) {
    return fail(Errc::system, std::make_error_code(std::errc::file_too_large));
  }

  // A file that grows meanwhile is read as far as it reached.
  text.resize(static_cast<std::size_t>(info.st_size));
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = read(fd.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno();
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return {};
}

}  // namespace weir::load
