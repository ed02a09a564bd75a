#include "load/zone.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/text.h"

namespace weir::load {

namespace {

namespace fs = std::filesystem;

/// Where the C library looks (tzset(3)).
fs::path zone_folder() {
  const char* folder = std::getenv("TZDIR");
  return folder && *folder ? folder : "/usr/share/zoneinfo";
}

/// RFC 8536 §3.1.
bool is_zone_file(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  char magic[4] = {};
  std::ifstream(path, std::ios::binary).read(magic, sizeof magic);
  return std::string_view(magic, sizeof magic) == "TZif";
}

}  // namespace

bool is_zone(const std::string& name) { return !name.contains("..") && is_zone_file(zone_folder() / name); }

std::string nearest_zone(const std::string& name) {
  const fs::path folder = zone_folder();
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string zone = at->path().lexically_relative(folder).string();
    if (zone == "posix" || zone == "right") at.disable_recursion_pending();  // the same once more
    if (is_zone_file(at->path())) names.push_back(zone);
  }
  std::vector<std::string_view> known(names.begin(), names.end());
  return std::string(nearest(name, known));
}

void enter_zone(const std::string& name) {
  if (!name.empty()) setenv("TZ", (":" + name).c_str(), 1);
  tzset();
}

void look_up_zone() { tzset(); }

Wall wall_at(std::chrono::sys_seconds moment) {
  const std::time_t seconds = moment.time_since_epoch().count();
  std::tm local{};
  localtime_r(&seconds, &local);
  return Wall(moment.time_since_epoch() + std::chrono::seconds(local.tm_gmtoff));
}

policy::Moment moment_of(WallTime now) {
  using namespace std::chrono;
  constexpr sys_days first_day = 2025y / January / 1;
  if (now < first_day) return {};
  return wall_at(floor<seconds>(now));
}

}  // namespace weir::load
