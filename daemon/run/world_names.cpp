// The names of devices while the gateway runs: leases come and go, and with them who is meant by a rule.

#include <chrono>

#include "run/log.h"
#include "run/world.h"

namespace weir::run {
namespace {

/// Policies that follow leases come this long after one another at the least: a new one costs a second of a core where
/// there are a million names.
constexpr Duration between = std::chrono::seconds(5);

std::string said(const clients::Device& device) {
  std::string text;
  for (const Address& address : device.addresses) text += (text.empty() ? "" : ",") + address.to_string();
  for (const Mac& mac : device.macs) text += (text.empty() ? "" : ",") + mac.to_string();
  return text.empty() ? "nobody" : text;
}

/// A device that takes a name gains whatever rules give it, so it is written down.
void tell(const clients::Devices& before, const clients::Devices& now, const clients::Directory& directory) {
  for (const auto& [name, device] : now) {
    const auto old = before.find(name);
    if (old != before.end() && old->second == device) continue;
    log_info("device=" + name + " means=" + said(device) + (directory.by_lease_only(name) ? " by=lease" : " by=hosts"));
  }
  for (const auto& [name, device] : before) {
    if (!now.contains(name)) log_info("device=" + name + " means=nobody");
  }
}

}  // namespace

/// What the configuration says of clients holds from now on.
void World::follow_clients() {
  watch_.follow(loaded_.config->clients, loaded_.names);
  books_->names().put(loaded_.directory);
  books_->clients().tell_apart_by(loaded_.config->clients.ipv6);
}

void World::look_at_names() {
  const auto now = std::chrono::steady_clock::now();
  if (draining_) return;
  if (watch_.due(now, std::chrono::system_clock::now(), loaded_.directory->next_end())) {
    loaded_.names = load::read_name_files(watch_.paths());
    loaded_.directory = load::directory_of(loaded_.names, *loaded_.directory);
    books_->names().put(loaded_.directory);
    names_changed_ = true;
  }
  if (!names_changed_ || now < next_names_) return;
  names_changed_ = false;
  auto devices = policy::devices_in(terms_.policy->config(), *loaded_.directory);
  const auto before = terms_.policy->devices();
  if (*devices == *before) return;

  next_names_ = now + between;
  if (auto done = change(loaded_, terms_.policy->with(devices, present(), next_id_++)); !done) {
    names_changed_ = true;
    log_error("the kernel refused the devices of new leases: " + done.error().cause.message());
    return;
  }
  tell(*before, *devices, *loaded_.directory);
  const std::uint64_t reset = reset_refused();
  if (reset > 0) log_info("devices changed, reset=" + std::to_string(reset));
}

}  // namespace weir::run
