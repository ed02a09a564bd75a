#include "load/archive.h"

#include <sys/stat.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "load/file.h"

namespace weir::load {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Text, path, text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Edition, texts, since)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Archive, confirmed, before, passed_over, until)

namespace {

constexpr std::size_t largest = 256 << 20;  // two configurations, escaped

std::string path_in(const std::string& folder) { return folder + "/configurations.json"; }

}  // namespace

Archive read_archive(const std::string& folder) {
  std::string text;
  if (!read_file(path_in(folder), largest, text)) return {};
  try {
    return nlohmann::json::parse(text).get<Archive>();
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

Result<void> write_archive(const std::string& folder, const Archive& archive) {
  // The folder belongs to the package; a first run by hand makes it.
  if (::mkdir(folder.c_str(), 0750) != 0 && errno != EEXIST) return fail_errno();
  const auto json = nlohmann::json(archive).dump(1, ' ', true, nlohmann::json::error_handler_t::replace);
  return write_file(path_in(folder), json + '\n');
}

bool passes_over(const Archive& archive, const Texts& on_disk, std::int64_t now) {
  if (archive.passed_over.empty() || archive.confirmed.texts.empty()) return false;
  // Another file with the same folder of state is another gateway's business.
  if (on_disk.empty() || archive.confirmed.texts.front().path != on_disk.front().path) return false;
  return now < archive.until || print_of(on_disk) == archive.passed_over;
}

std::optional<Texts> kept_instead(const std::string& path, WallTime now) {
  const Read on_disk = read_config(path);
  if (!on_disk.parsed.config) return {};
  Archive archive = read_archive(on_disk.parsed.config->control.state);
  if (!passes_over(archive, on_disk.texts, std::chrono::system_clock::to_time_t(now))) return {};
  return std::move(archive.confirmed.texts);
}

Loaded load_to_start(const std::string& path, WallTime now) {
  const auto kept = kept_instead(path, now);
  if (!kept) return load(path);
  Loaded loaded = load(*kept);
  const bool good = loaded.config.has_value();
  if (!good) loaded = load(path);  // a gateway with that text is better than none
  config::Diagnostics said(std::move(loaded.diagnostics));
  said.warning({.file = path},
               good ? "was never confirmed, or was taken back: the last text that was is in force"
                    : "was never confirmed, but the last text that was cannot be used any more",
               good ? "proxyctl diff shows the difference, proxyctl reload takes the file" : "");
  loaded.diagnostics = std::move(said).take(std::vector{path});
  return loaded;
}

}  // namespace weir::load
