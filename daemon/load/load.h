// From disk: weir.toml, what it includes, and the lists it names.  The daemon and proxyctl load alike.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/diagnostic.h"
#include "config/parse.h"
#include "load/keep.h"
#include "load/list.h"
#include "load/name_files.h"
#include "load/texts.h"
#include "policy/policy.h"

namespace weir::load {

struct Loaded {
  std::optional<config::Config> config;    ///< empty if any diagnostic is an error
  policy::NameLists lists;                 ///< the content of every list; meaningless without `config`
  std::map<std::string, ListFacts> facts;  ///< of every list, by name
  std::map<std::string, Kept> kept;        ///< the same; exceptions by hand stand in `config` as well
  std::vector<NameSource> names;           ///< files that name devices
  std::shared_ptr<const clients::Directory> directory = std::make_shared<clients::Directory>();  ///< made of them
  std::vector<config::Diagnostic> diagnostics;  ///< by file, line and column
  Texts texts;                                  ///< from which all this was read
};

/// Reads everything anew, blocking.  A list file that cannot be read is an error at the list's place; lines of it that
/// cannot be understood are counted in a warning.  Lists of a URL are read from their last good copy; without one they
/// are empty, which is a warning.  So is a name of a device that nobody bears.  Files beyond 16 MiB (configuration) or
/// 1 GiB (lists), and what is no regular file, are refused unread.  `before`: who was called what.
Loaded load(const std::string& path, const clients::Directory& before = {});
/// The same from texts that were kept; the lists are as they are now.
Loaded load(const Texts& texts, const clients::Directory& before = {});

/// The configuration alone, without its lists, and the texts from which it was read.
struct Read {
  config::Parsed parsed;
  Texts texts;
};
Read read_config(const std::string& path);
Read read_config(const Texts& texts);

/// What the file of one list holds now, with the files beside it.
ListContent read_list_file(const config::List& list, config::Diagnostics& diagnostics);
/// Those that were made by hand, to those of the configuration.
void add_exceptions(const Kept& kept, config::List& list);
/// The sets of a list under the names by which rules refer to them; linked ones are there once, under both names.
void share(const std::string& list, ListContent content, policy::NameLists& lists);

}  // namespace weir::load
