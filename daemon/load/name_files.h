// The files that name devices.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "clients/directory.h"
#include "config/config.h"

namespace weir::load {

/// Which state of a file was read.
struct Stamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t changed_ns = 0;

  bool operator==(const Stamp&) const = default;
};
/// Empty: there is no such file.
std::optional<Stamp> stamp_of(const std::string& path);

/// Those that the configuration means, whether or not they exist, in the order in which they are to be read: what Kea
/// moved aside comes before its journal.
std::vector<std::string> name_paths(const config::Clients& clients);

struct NameSource {
  std::string path;
  Stamp stamp;  ///< of what was read, or of something older
  clients::NameFile file;
  std::string failure;  ///< why it was not read; "" = it was
};
/// Those that exist.  Files beyond 16 MiB are refused unread.
std::vector<NameSource> read_name_files(const std::vector<std::string>& paths);

/// Who is called what now.  `before`: the directory that this one follows.
std::shared_ptr<const clients::Directory> directory_of(const std::vector<NameSource>& sources,
                                                       const clients::Directory& before);

}  // namespace weir::load
