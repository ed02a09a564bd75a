// Who is there, and who is meant: the clients of the gateway that runs.
#include <algorithm>
#include <chrono>

#include "base/name.h"
#include "config/check.h"
#include "control/world_desk.h"

namespace weir::control {

namespace {

std::int64_t seconds(WallTime time) { return std::chrono::system_clock::to_time_t(time); }

ClientLine line_of(const account::Client& client, const policy::Snapshot& policy, const clients::Directory& directory) {
  ClientLine line{.name = {}, .mac = client.mac ? client.mac->to_string() : "", .addresses = {}, .groups = {}};
  for (const Address& address : client.addresses) {
    if (line.name.empty()) line.name = directory.name_of(address, client.mac);
    line.addresses.push_back(address.to_string());
    for (std::string& group : policy.groups_of(address, client.mac)) {
      if (std::ranges::count(line.groups, group) == 0) line.groups.push_back(std::move(group));
    }
  }
  line.connections = client.connections;
  line.waiting = client.waiting;
  line.allowed = client.most;
  line.full = client.full > 0;
  line.opened = client.opened;
  line.refused = client.refused;
  line.bytes_in = client.bytes_in;
  line.bytes_out = client.bytes_out;
  line.first_seen = seconds(client.first);
  line.last_seen = seconds(client.last);
  return line;
}

}  // namespace

std::vector<std::string> WorldDesk::full_clients() const {
  std::vector<std::string> full;
  for (const account::Client& client : world_.books().clients().full()) {
    std::string name(world_.loaded().directory->name_of(client.addresses.front(), client.mac));
    full.push_back(name.empty() ? client.addresses.front().to_string() : std::move(name));
  }
  return full;
}

std::vector<NameTrouble> WorldDesk::name_troubles() const {
  std::vector<NameTrouble> troubles;
  const clients::Directory& directory = *world_.loaded().directory;
  for (const auto& [name, where] : config::devices_of(config())) {
    std::string trouble = directory.trouble(name);
    if (!directory.devices()->contains(name)) trouble = "no device is called so now";
    if (!trouble.empty()) troubles.push_back({name, std::move(trouble)});
  }
  return troubles;
}

ClientList WorldDesk::clients() {
  ClientList all{.most = account::Clients::most, .uncounted = world_.books().clients().uncounted()};
  for (const account::Client& client : world_.books().clients().list()) {
    all.clients.push_back(line_of(client, policy(), *world_.loaded().directory));
  }
  for (const load::NameSource& source : world_.loaded().names) {
    if (source.failure.empty()) all.files.push_back(source.path);
  }
  all.troubles = name_troubles();
  return all;
}

std::optional<Who> WorldDesk::who(const std::string& client) {
  const clients::Directory& directory = *world_.loaded().directory;
  Who who;
  if (const auto address = Address::parse(client)) {
    who.address = *address;
    who.mac = world_.books().clients().device_at(*address);
    if (!who.mac) who.mac = directory.mac_of(*address);
  } else if ((who.mac = Mac::parse(client))) {
    for (const account::Client& seen : world_.books().clients().list()) {
      if (seen.mac == who.mac && !seen.addresses.empty()) who.address = seen.addresses.front();
    }
  } else {
    const auto name = device_name(client);
    const auto device = name ? directory.devices()->find(*name) : directory.devices()->end();
    if (device == directory.devices()->end()) return {};
    if (!device->second.addresses.empty()) who.address = device->second.addresses.front();
    if (!device->second.macs.empty()) who.mac = device->second.macs.front();
    if (!who.mac) who.mac = world_.books().clients().device_at(who.address);
  }
  who.name = directory.name_of(who.address, who.mac);
  return who;
}

}  // namespace weir::control
