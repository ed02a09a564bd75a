#include "account/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <functional>
#include <optional>
#include <tuple>

namespace weir::account {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string day_of(std::time_t time) {
  std::tm wall{};
  localtime_r(&time, &wall);
  char text[16];
  std::strftime(text, sizeof text, "%F", &wall);
  return text;
}
std::string day_of(WallTime time) { return day_of(std::chrono::system_clock::to_time_t(time)); }

struct Suffix {
  std::string_view day;
  unsigned number = 0;
};
/// "-2025-03-10" or "-2025-03-10.7", behind the name of the log.
std::optional<Suffix> parse_suffix(std::string_view text) {
  constexpr std::string_view shape = "-dddd-dd-dd";
  if (text.size() < shape.size()) return {};
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == 'd' ? !digit : text[i] != shape[i]) return {};
  }
  Suffix suffix{.day = text.substr(1, shape.size() - 1)};
  text.remove_prefix(shape.size());
  if (text.empty()) return suffix;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), suffix.number);
  if (text[0] != '.' || error != std::errc() || end != text.data() + text.size()) return {};
  return suffix;
}

struct Old {
  fs::path path;
  std::string day;
  unsigned number;
  WallTime written;
  std::uint64_t size;
};

/// Files of the log that were turned over, the one written last first.
std::vector<Old> old_files(const fs::path& log) {
  std::vector<Old> found;
  const std::string name = log.filename().string();
  std::error_code error;
  for (fs::directory_iterator at(log.parent_path(), error), end; !error && at != end; at.increment(error)) {
    const std::string other = at->path().filename().string();
    struct stat status {};
    if (!other.starts_with(name)) continue;
    const auto suffix = parse_suffix(std::string_view(other).substr(name.size()));
    if (!suffix || ::lstat(at->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const auto written = std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
    found.push_back({.path = at->path(),
                     .day = std::string(suffix->day),
                     .number = suffix->number,
                     .written = WallTime(written),
                     .size = static_cast<std::uint64_t>(status.st_size)});
  }
  std::ranges::sort(found, std::greater(), [](const Old& old) { return std::tuple(old.written, old.day, old.number); });
  return found;
}

}  // namespace

std::unique_ptr<LogFile> LogFile::open(const std::string& path, FileLimits limits) {
  if (auto slash = path.rfind('/'); slash != std::string::npos && slash > 0) {
    ::mkdir(path.substr(0, slash).c_str(), 0750);  // /var/log/weir on the first start; if it fails, open says why
  }
  std::unique_ptr<LogFile> log(new LogFile(path, limits));
  if (!log->reopen()) return nullptr;
  if (log->limited()) log->prune(std::chrono::system_clock::now());
  return log;
}

bool LogFile::reopen() {
  // O_NONBLOCK: opening a FIFO without a reader is an error instead of a writer that hangs.
  Fd opened(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640));
  struct stat status {};
  if (!opened || ::fstat(opened.get(), &status) != 0) return false;
  file_ = std::move(opened);
  regular_ = S_ISREG(status.st_mode);
  size_ = static_cast<std::uint64_t>(status.st_size);
  day_ = size_ > 0 ? day_of(status.st_mtime) : "";
  torn_ = false;
  return true;
}

/// Behind all that the day has: a higher number is a later file, also when the first ones are gone.
std::string LogFile::free_name() const {
  std::optional<unsigned> last;
  for (const Old& old : old_files(path_)) {
    if (old.day == day_) last = std::max(last.value_or(0), old.number);
  }
  return path_ + '-' + day_ + (last ? '.' + std::to_string(*last + 1) : "");
}

/// The file gets its date, and another takes its place.
bool LogFile::follow_on() {
  if (::rename(path_.c_str(), free_name().c_str()) != 0 && errno != ENOENT) return false;
  return reopen();
}

/// A file that cannot be turned over is written further, and tried again a minute later.
void LogFile::turn_over(WallTime now) {
  const auto monotonic = std::chrono::steady_clock::now();
  if (monotonic < retry_) return;
  due_ = !follow_on();
  failed_ = due_ ? errno : prune(now);
  if (due_) retry_ = monotonic + 1min;
}

/// What may be kept is less by the piece that is being written.
int LogFile::prune(WallTime now) const {
  const WallTime oldest = now - std::chrono::duration_cast<WallTime::duration>(limits_.age);
  std::uint64_t kept = piece();
  int failed = 0;
  for (const Old& old : old_files(path_)) {
    kept += old.size;
    if (old.written >= oldest && kept <= limits_.size) continue;
    if (::unlink(old.path.c_str()) != 0 && errno != ENOENT) failed = errno;
    kept -= old.size;
  }
  return failed;
}

Target::Written LogFile::write(std::span<const Message> messages) {
  const WallTime now = std::chrono::system_clock::now();
  std::string lines;
  for (const Message& message : messages) lines += message.text;

  const bool full = size_ > 0 && size_ + lines.size() > piece(), yesterdays = size_ > 0 && day_ != day_of(now);
  if (limited() && (full || yesterdays)) turn_over(now);

  if (torn_ && ::write(file_.get(), "\n", 1) == 1) torn_ = false;
  Written written;
  std::size_t done = 0;
  while (!(torn_ && done == 0) && done < lines.size()) {
    const ssize_t n = ::write(file_.get(), lines.data() + done, lines.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    done += static_cast<std::size_t>(n);
  }
  if (done < lines.size()) written.error = errno;
  if (done > 0) {
    torn_ = lines[done - 1] != '\n';
    size_ += done;
    day_ = day_of(now);
  }
  written.messages = static_cast<std::size_t>(std::count(lines.begin(), lines.begin() + done, '\n'));
  if (written.error == 0) written.error = failed_;
  return written;
}

int LogFile::tend() {
  if (!limited()) return 0;
  const WallTime now = std::chrono::system_clock::now();
  if (size_ > 0 && day_ != day_of(now))
    turn_over(now);
  else if (!due_)
    failed_ = prune(now);
  return failed_;
}

}  // namespace weir::account
