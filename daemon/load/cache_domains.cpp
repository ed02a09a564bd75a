// The index of the cache-domains project: what LanCache sites call a service, and the files that hold its names.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "load/bundle.h"
#include "load/formats.h"

namespace weir::load {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Bundle::File, name, text, etag, last_modified)

namespace {

constexpr std::size_t most_files = 4096;

nlohmann::json parsed(std::string_view json) {
  if (json.starts_with("\xef\xbb\xbf")) json.remove_prefix(3);
  return nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
}

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

/// The files of a bundle; nothing when the index has none, or none of this shape.
std::optional<std::vector<Bundle::File>> files_in(const nlohmann::json& index) {
  if (!index.is_object() || !index.contains("files")) return {};
  try {
    return index["files"].get<std::vector<Bundle::File>>();
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

void read_files(const std::vector<Bundle::File>& files, config::Taken match, ListContent& to) {
  for (const Beside& beside : std::exchange(to.beside, {})) {
    const auto file = std::ranges::find(files, beside.file, &Bundle::File::name);
    if (file != files.end()) {
      read_beside(beside, file->text, match, to);
    } else if (to.broken.empty()) {
      to.broken = "it lacks " + beside.file + ", which it mentions";
    }
  }
  if (!to.broken.empty()) to.sets.clear();
}

}  // namespace

void read_index(std::string_view json, config::Taken match, ListContent& to) {
  to.format = Format::cache_domains;
  const nlohmann::json index = parsed(json);
  if (!index.is_object() || !index.contains("cache_domains") || !index["cache_domains"].is_array()) {
    to.broken = "it is JSON, but not in the form of cache_domains.json";
    return;
  }
  for (const auto& service : index["cache_domains"]) to.unreadable += !add_service(service, to);
  if (const auto files = files_in(index)) read_files(*files, match, to);
}

std::vector<std::string> files_beside(std::string_view list) {
  if (packing_of(list) != Packing::none || recognise(list) != Format::cache_domains) return {};
  ListContent content;
  read_index(list, config::Taken::automatic, content);
  std::set<std::string> files;
  for (Beside& beside : content.beside) files.insert(std::move(beside.file));
  return {files.begin(), files.end()};
}

std::string bundled(const Bundle& bundle) {
  nlohmann::json index = parsed(bundle.index);
  index["files"] = bundle.files;
  // What servers send need not be UTF-8; names are ASCII.
  return index.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

std::optional<Bundle> unbundled(std::string_view text) {
  if (packing_of(text) != Packing::none || recognise(text) != Format::cache_domains) return {};
  nlohmann::json index = parsed(text);
  auto files = files_in(index);
  if (!files) return {};
  index.erase("files");
  return Bundle{index.dump(), std::move(*files)};
}

}  // namespace weir::load
