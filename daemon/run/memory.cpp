#include "run/memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace weir::run {
namespace {

/// Where control groups are mounted; "" = nowhere.
std::string cgroup_mount() {
  std::ifstream mounts("/proc/self/mounts");
  std::string device, place, kind, rest;
  while (mounts >> device >> place >> kind && std::getline(mounts, rest)) {
    if (kind == "cgroup2") return place;
  }
  return {};
}

/// The path of our group below the mount, in version 2; "" = we are in none.
std::string cgroup_path() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return {};
}

}  // namespace

MemoryGauge::MemoryGauge() : status_(::open("/proc/self/status", O_RDONLY | O_CLOEXEC)) {}

std::uint64_t MemoryGauge::in_use() const {
  char buffer[4096];
  const ssize_t size = status_ ? pread(status_.get(), buffer, sizeof buffer, 0) : -1;
  if (size <= 0) return 0;
  const std::string_view text(buffer, static_cast<std::size_t>(size));
  std::uint64_t sum = 0;
  for (const std::string_view name : {"\nRssAnon:", "\nVmSwap:"}) {
    const std::size_t at = text.find(name);
    const std::size_t digits = at == text.npos ? at : text.find_first_of("0123456789", at);
    if (digits == text.npos) continue;
    std::uint64_t kib = 0;
    std::from_chars(text.data() + digits, text.data() + text.size(), kib);
    sum += kib << 10;
  }
  return sum;
}

/// A limit holds for all groups below the one where it is written.
std::uint64_t memory_at_hand() {
  std::uint64_t least = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  const std::string mount = cgroup_mount();
  if (mount.empty()) return least;
  std::filesystem::path group = std::filesystem::path(mount) / cgroup_path().substr(cgroup_path().starts_with('/'));
  for (; group.native().size() >= mount.size(); group = group.parent_path()) {
    std::uint64_t limit = 0;
    if (std::ifstream(group / "memory.max") >> limit) least = std::min(least, limit);
    if (!group.has_relative_path()) break;
  }
  return least;
}

}  // namespace weir::run
