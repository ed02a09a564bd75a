#include "run/setup.h"

#include <filesystem>

#include "load/name_files.h"
#include "policy/policy.h"
#include "steer/companion.h"
#include "steer/sysctl.h"

namespace weir::run {

namespace {

steer::Obstacle cannot(const std::string& what, const std::string& why) {
  return {"cannot set up " + what + ": " + why, "run weir --setup as root"};
}

}  // namespace

steer::FootprintPlan footprint_of(const config::Config& config, const clients::Devices& devices) {
  const config::Gateway& gateway = config.gateway;
  steer::FootprintPlan plan{.mark = gateway.mark,
                            .table = gateway.table,
                            .lan = gateway.lan,
                            .wan = gateway.wan,
                            .ports = gateway.http,
                            .quic = gateway.tls,
                            .exempt = gateway.exempt,
                            .closed = policy::failure(config) == OnFailure::closed,
                            .failures = policy::failures(config, devices)};
  plan.ports.insert(plan.ports.end(), gateway.tls.begin(), gateway.tls.end());
  // Beside the control socket: gateways in different network namespaces must not share the record.
  plan.sysctl_state = std::filesystem::path(config.control.socket).parent_path() / "sysctl";
  return plan;
}

std::expected<void, steer::Obstacle> set_up(const config::Parsed& parsed, const std::string& record) {
  config::Config config;
  config.gateway = parsed.gateway;
  if (parsed.config) config = *parsed.config;
  const auto directory = load::directory_of(load::read_name_files(load::name_paths(config.clients)), {});
  if (const auto done = steer::guard(footprint_of(config, *policy::devices_in(config, *directory))); !done)
    return std::unexpected(cannot(done.error().what, done.error().why));
  if (const auto done = steer::apply_sysctls(steer::needed_sysctls(), record); !done)
    return std::unexpected(cannot("settings", done.error().cause.message()));
  return {};
}

std::expected<void, steer::Obstacle> take_down(const std::string& record) {
  const auto restored = steer::restore_sysctls(record);
  if (const auto done = steer::remove_closed(); !done)
    return std::unexpected(cannot(done.error().what, done.error().why));
  if (!restored) return std::unexpected(cannot("settings", restored.error().cause.message()));
  return {};
}

}  // namespace weir::run
