#include "run/memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

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

MemoryGauge::MemoryGauge() : statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

std::uint64_t MemoryGauge::in_use() const {
  char text[128] = {};
  if (!statm_ || pread(statm_.get(), text, sizeof text - 1, 0) <= 0) return 0;
  unsigned long long all = 0, resident = 0, of_files = 0;
  if (std::sscanf(text, "%llu %llu %llu", &all, &resident, &of_files) != 3) return 0;
  return (resident - std::min(resident, of_files)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
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
