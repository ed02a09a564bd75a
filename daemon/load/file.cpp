#include "load/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/fd.h"

namespace weir::load {

namespace {

Result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno();
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

/// The folder's own entry, so that a rename in it outlives a crash.
Result<void> flush_folder(const std::string& path) {
  const Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) return fail_errno();
  return {};
}

}  // namespace

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

Result<void> write_file(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  const Fd fd(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) return fail_errno();
  if (const auto put = write_all(fd.get(), text); !put) return put;
  if (fsync(fd.get()) != 0 || std::rename(beside.c_str(), path.c_str()) != 0) return fail_errno();
  return flush_folder(path.substr(0, path.rfind('/')));
}

}  // namespace weir::load
