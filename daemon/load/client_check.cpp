#include "load/client_check.h"

#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "base/fd.h"
#include "config/check.h"

namespace weir::load {

namespace {

/// Whether frames bear a hardware address there; empty: there is no such interface now.
std::optional<bool> bears_mac(const std::string& interface) {
  const Fd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  if (!fd || interface.size() >= sizeof request.ifr_name) return {};
  std::memcpy(request.ifr_name, interface.c_str(), interface.size());
  if (ioctl(fd.get(), SIOCGIFHWADDR, &request)) return {};
  return request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

/// Interfaces that have an IPv6 address of more than the link's scope.
std::set<std::string> with_ipv6() {
  std::set<std::string> names;
  std::ifstream file("/proc/net/if_inet6");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string address, index, length, scope, flags, name;
    if (words >> address >> index >> length >> scope >> flags >> name && scope == "00") names.insert(name);
  }
  return names;
}

/// Whether clients have IPv6 there; empty: none of the interfaces exists now.
std::optional<bool> has_ipv6(const std::vector<std::string>& lan) {
  const std::set<std::string> names = with_ipv6();
  bool exists = false;
  for (const std::string& name : lan) {
    if (names.contains(name)) return true;
    exists |= if_nametoindex(name.c_str()) != 0;
  }
  return exists ? std::optional(false) : std::nullopt;
}

void check_families(const config::Config& config, config::Diagnostics& diagnostics) {
  const auto six = has_ipv6(config.gateway.lan);
  if (six && !*six) return;
  for (const config::Group& group : config.groups) {
    const bool only_v4 = std::ranges::all_of(group.clients, [](const Prefix& p) { return p.address.is_v4(); });
    if (group.clients.empty() || !only_v4 || !group.macs.empty() || !group.devices.empty()) continue;
    diagnostics.warning(
        group.where,
        "group " + config::in_quotes(group.name) + " has IPv4 addresses only: the same clients' IPv6 is not covered",
        six ? "the LAN has IPv6: add their IPv6 prefix, or name the devices by hardware address"
            : "add their IPv6 prefix if the LAN has IPv6, or name the devices by hardware address");
  }
}

/// Where a hardware address stands first; empty: none does.
std::optional<config::Where> first_mac(const config::Config& config) {
  for (const config::Group& group : config.groups) {
    if (!group.macs.empty()) return group.where;
  }
  for (const auto* clients : config.clients_meant()) {
    const auto found = std::ranges::find(*clients, config::Match::Kind::mac, &config::Match::kind);
    if (found != clients->end()) return found->where;
  }
  return {};
}

void check_links(const config::Config& config, config::Diagnostics& diagnostics) {
  const auto where = first_mac(config);
  if (!where) return;
  std::size_t with = 0;
  std::string without;
  for (const std::string& name : config.gateway.lan) {
    const auto bears = bears_mac(name);
    if (!bears || *bears) {
      ++with;
    } else {
      without += (without.empty() ? "" : ", ") + name;
    }
  }
  if (without.empty()) return;
  const std::string what = "frames on " + without + " bear no hardware address, so none can match there";
  if (with == 0) {
    diagnostics.error(*where, what, "write the addresses or prefixes of the clients");
  } else {
    diagnostics.warning(*where, what);
  }
}

std::string mac_or_place(const clients::Device& device) {
  return device.macs.empty()
             ? "name it in /etc/hosts"
             : "write its hardware address " + device.macs.front().to_string() + ", or name it in /etc/hosts";
}

}  // namespace

void check_clients(const config::Config& config, const std::vector<NameSource>& sources,
                   const clients::Directory& directory, config::Diagnostics& diagnostics) {
  check_links(config, diagnostics);
  check_families(config, diagnostics);
  const config::Where at =
      config.clients.names_at.line > 0 ? config.clients.names_at : config::Where{.file = config.files.front()};
  for (const NameSource& source : sources) {
    if (!source.failure.empty()) {
      diagnostics.warning(at, config::in_quotes(source.path) + " names no device: " + source.failure);
    }
  }
  for (const std::string& path : config.clients.names) {
    if (std::ranges::count(sources, path, &NameSource::path) == 0) {
      diagnostics.warning(at, config::in_quotes(path) + " names no device: there is no such file now");
    }
  }
  for (const auto& [name, where] : config::devices_of(config)) {
    const auto device = directory.devices()->find(name);
    if (device == directory.devices()->end()) {
      diagnostics.warning(where, "no device is called " + config::in_quotes(name) + " now",
                          "a lease or a hosts file must name it; until then it means nobody");
      continue;
    }
    if (const std::string trouble = directory.trouble(name); !trouble.empty()) {
      diagnostics.warning(where, config::in_quotes(name) + ": " + trouble);
    }
    if (directory.by_lease_only(name)) {
      diagnostics.warning(where,
                          config::in_quotes(name) + " is known by its lease alone, and a device says itself " +
                              "what it is called: others may take the name",
                          mac_or_place(device->second));
    }
  }
}

}  // namespace weir::load
