#include "load/name_files.h"

#include <sys/stat.h>

#include <chrono>
#include <iterator>

#include "load/file.h"

namespace weir::load {

namespace {

constexpr std::size_t largest_names = 16 << 20;

/// Where the DHCP servers of common systems keep their leases.
constexpr const char* usual_places[] = {
    "/etc/hosts",
    "/var/lib/misc/dnsmasq.leases",     // Debian
    "/var/lib/dnsmasq/dnsmasq.leases",  // Fedora
    "/var/lib/kea/kea-leases4.csv",
    "/var/lib/kea/kea-leases6.csv",
    "/var/lib/dhcp/dhcpd.leases",   // Debian
    "/var/lib/dhcpd/dhcpd.leases",  // Fedora
};
/// Elsewhere anybody may write there.
constexpr const char* openwrt = "/etc/openwrt_release";
constexpr const char* openwrt_places[] = {"/tmp/dhcp.leases", "/tmp/hosts/odhcpd", "/tmp/odhcpd.leases"};

}  // namespace

std::optional<Stamp> stamp_of(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info)) return {};
  return Stamp{.device = info.st_dev,
               .inode = info.st_ino,
               .size = static_cast<std::uint64_t>(info.st_size),
               .changed_ns = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec};
}

std::vector<std::string> name_paths(const config::Clients& clients) {
  std::vector<std::string> wanted = clients.names;
  if (clients.names_by_place) wanted.assign(std::begin(usual_places), std::end(usual_places));
  if (clients.names_by_place && stamp_of(openwrt)) {
    wanted.insert(wanted.end(), std::begin(openwrt_places), std::end(openwrt_places));
  }
  std::vector<std::string> paths;
  for (const std::string& path : wanted) {
    if (path.ends_with(".csv")) {
      for (const char* aside : {".2", ".1"}) paths.push_back(path + aside);
    }
    paths.push_back(path);
  }
  return paths;
}

std::vector<NameSource> read_name_files(const std::vector<std::string>& paths) {
  std::vector<NameSource> sources;
  for (const std::string& path : paths) {
    const auto stamp = stamp_of(path);
    if (!stamp) continue;
    NameSource& source = sources.emplace_back(NameSource{.path = path, .stamp = *stamp, .file = {}, .failure = {}});
    std::string text;
    if (const auto got = read_file(path, largest_names, text); !got) {
      source.failure = got.error().cause.message();
    } else {
      source.file = clients::read_names(text);
    }
  }
  return sources;
}

std::shared_ptr<const clients::Directory> directory_of(const std::vector<NameSource>& sources,
                                                       const clients::Directory& before) {
  std::vector<clients::NameFile> files;
  for (const NameSource& source : sources) files.push_back(source.file);
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return std::make_shared<const clients::Directory>(files, now, before);
}

}  // namespace weir::load
