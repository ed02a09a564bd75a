// The index of the cache-domains project: what LanCache sites call a service, and the files that hold its names.

#include <nlohmann/json.hpp>

#include "load/formats.h"

namespace weir::load {

namespace {

constexpr std::size_t most_files = 4096;

/// One service.  False if it does not have the shape that is expected.
bool add_service(const nlohmann::json& service, ListContent& to) {
  if (!service.is_object() || !service.contains("name") || !service.contains("domain_files")) return false;
  const auto &name = service["name"], &files = service["domain_files"];
  if (!name.is_string() || !files.is_array() || !is_label(name.get_ref<const std::string&>())) return false;
  for (const auto& file : files) {
    if (!file.is_string() || !is_label(file.get_ref<const std::string&>())) return false;
    if (to.beside.size() < most_files) to.beside.push_back({name, file});
  }
  return true;
}

}  // namespace

void read_index(std::string_view json, ListContent& to) {
  to.format = Format::cache_domains;
  const auto index = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!index.is_object() || !index.contains("cache_domains") || !index["cache_domains"].is_array()) {
    to.broken = "it is JSON, but not in the form of cache_domains.json";
    return;
  }
  for (const auto& service : index["cache_domains"]) to.unreadable += !add_service(service, to);
}

}  // namespace weir::load
