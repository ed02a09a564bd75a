#include "steer/sysctl.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/fd.h"
#include "base/text.h"

namespace weir::steer {

namespace {

struct Change {
  std::string name;
  std::string before;
  std::string ours;
};

// Interface names may hold dots, but none of the settings here is of an interface.
std::string path_of(std::string_view name) {
  std::string path(name);
  std::ranges::replace(path, '.', '/');
  return "/proc/sys/" + path;
}

// One write(2): the kernel takes a setting whole or not at all.
Result<void> write_whole(const std::string& path, int flags, std::string_view text) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0644));
  if (!file) return fail_errno();
  const ssize_t wrote = ::write(file.get(), text.data(), text.size());
  if (wrote < 0) return fail_errno();
  if (static_cast<std::size_t>(wrote) != text.size()) return fail(Errc::system, {ENOSPC, std::system_category()});
  return {};
}

// A line that does not read "name before ours" was not written by us, or not whole: it restores nothing.
std::vector<Change> load(const std::string& state) {
  std::vector<Change> changes;
  std::ifstream file(state);
  for (std::string line; std::getline(file, line);) {
    const auto first = line.find(' ');
    const auto second = line.find(' ', first + 1);
    if (first == line.npos || second == line.npos || second + 1 == line.size()) continue;
    changes.push_back({line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)});
  }
  return changes;
}

// Whole or not at all: written aside and moved into place.
Result<void> save(const std::vector<Change>& changes, const std::string& state) {
  std::string text;
  for (const Change& c : changes) text += c.name + ' ' + c.before + ' ' + c.ours + '\n';
  const std::string aside = state + ".new";
  auto written = write_whole(aside, O_CREAT | O_TRUNC, text);
  if (!written) return written;
  if (std::rename(aside.c_str(), state.c_str()) != 0) return fail_errno();
  return {};
}

}  // namespace

Result<std::string> read_sysctl(std::string_view name) {
  Fd file(::open(path_of(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno();
  char buffer[256];
  const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
  if (got < 0) return fail_errno();
  return std::string(trim({buffer, static_cast<std::size_t>(got)}, " \t\n"));
}

std::vector<Setting> needed_sysctls() {
  std::vector<Setting> needed;
  auto early = read_sysctl("net.ipv4.tcp_early_demux");
  if (early && *early != "0") needed.push_back({"net.ipv4.tcp_early_demux", "0"});
  for (const char* name :
       {"net.ipv4.tcp_syncookies", "net.ipv4.tcp_window_scaling", "net.ipv4.tcp_sack", "net.ipv4.tcp_timestamps"}) {
    const auto now = read_sysctl(name);
    if (now && *now == "0") needed.push_back({name, "1"});
  }
  return needed;
}

Result<void> apply_sysctls(const std::vector<Setting>& settings, const std::string& state) {
  std::vector<Change> changes = load(state);
  for (const Setting& setting : settings) {
    auto now = read_sysctl(setting.name);
    if (!now) return std::unexpected(now.error());
    if (*now == setting.value) continue;
    std::erase_if(changes, [&](const Change& c) { return c.name == setting.name; });
    changes.push_back({setting.name, *now, setting.value});
  }
  if (changes.empty()) return {};
  std::error_code ignored;  // an absent directory shows when the file is written
  std::filesystem::create_directories(std::filesystem::path(state).parent_path(), ignored);
  auto saved = save(changes, state);
  if (!saved) return saved;
  for (const Setting& setting : settings) {
    auto written = write_whole(path_of(setting.name), 0, setting.value);
    if (!written) return written;
  }
  return {};
}

Result<void> restore_sysctls(const std::string& state) {
  std::optional<Error> first;
  for (const Change& change : load(state)) {
    auto now = read_sysctl(change.name);
    if (!now || *now != change.ours) continue;
    auto written = write_whole(path_of(change.name), 0, change.before);
    if (!written && !first) first = written.error();
  }
  if (first) return std::unexpected(*first);
  if (::unlink(state.c_str()) != 0 && errno != ENOENT) return fail_errno();
  return {};
}

std::vector<std::string> list_sysctls(const std::string& state) {
  std::vector<std::string> lines;
  for (const Change& c : load(state)) lines.push_back(c.name + " = " + c.ours + " (was " + c.before + ")");
  return lines;
}

}  // namespace weir::steer
