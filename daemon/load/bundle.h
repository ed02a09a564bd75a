// A cache_domains.json from a URL and the files that it mentions, as one text: kept, held and compared like any list.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::load {

struct Bundle {
  struct File {
    std::string name;  ///< without a folder
    std::string text;
    std::string etag, last_modified;  ///< as the server sent them, to ask for changes
  };
  std::string index;
  std::vector<File> files;
};

/// The files that a list mentions and does not hold, each once; none unless it is a cache_domains.json.
std::vector<std::string> files_beside(std::string_view list);
/// The index with one more key, "files", which read_list() takes.
std::string bundled(const Bundle& bundle);
/// Nothing when it is no bundle.
std::optional<Bundle> unbundled(std::string_view text);

}  // namespace weir::load
