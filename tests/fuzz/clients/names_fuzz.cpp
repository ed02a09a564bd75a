// Any bytes as a file that names devices: every name that comes out is in canonical form and of bounded length, every
// claim is about something, and a directory made of the claims names nobody whom they do not speak of.
#include <algorithm>
#include <cstdlib>

#include "base/name.h"
#include "clients/directory.h"

namespace {

using namespace weir;

void check(const clients::NameFile& file) {
  if (file.claims.size() > clients::most_claims) std::abort();
  for (const clients::Claim& claim : file.claims) {
    if (!claim.name.empty() && device_name(claim.name) != claim.name) std::abort();
    if (claim.name.empty() && !claim.mac) std::abort();
    if (clients::is_trusted(file.format) && (!claim.address || claim.mac)) std::abort();
  }
}

void check(const clients::Directory& directory, const clients::NameFile& file) {
  for (const auto& entry : *directory.devices()) {
    const std::string& name = entry.first;
    const clients::Device& device = entry.second;
    if (device_name(name) != name) std::abort();
    if (device.addresses.empty() && device.macs.empty()) std::abort();
    if (!std::ranges::is_sorted(device.addresses) || !std::ranges::is_sorted(device.macs)) std::abort();
    const auto said = [&](const clients::Claim& claim) { return claim.name == name; };
    if (std::ranges::none_of(file.claims, said)) std::abort();
    if (directory.by_lease_only(name) && device.macs.size() > 1) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const clients::NameFile file = clients::read_names(text);
  check(file);
  const clients::Directory first({file}, 1'795'000'000, {});
  check(first, file);
  check(clients::Directory({file}, 1'795'700'000, first), file);
  return 0;
}
