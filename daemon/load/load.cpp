#include "load/load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/fd.h"
#include "base/result.h"
#include "base/text.h"
#include "base/units.h"
#include "config/parse.h"
#include "load/list.h"
#include "load/zone.h"

namespace weir::load {

namespace {

constexpr std::size_t largest_config = 16 << 20, largest_list = 1 << 30;

/// The whole of a regular file.  Never waits: a FIFO is refused, not opened for a writer that may not come.
Result<void> read_file(const std::string& path, std::size_t largest, std::string& text) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return fail_errno();
  struct stat info;
  if (fstat(fd.get(), &info) < 0) return fail_errno();
  if (S_ISDIR(info.st_mode)) return fail(Errc::system, std::make_error_code(std::errc::is_a_directory));
  if (!S_ISREG(info.st_mode)) return fail(Errc::system, std::make_error_code(std::errc::not_supported));
  if (static_cast<std::uint64_t>(info.st_size) > largest) {
    return fail(Errc::system, std::make_error_code(std::errc::file_too_large));
  }

  // A file that grows meanwhile is read as far as it reached.
  text.resize(static_cast<std::size_t>(info.st_size));
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = read(fd.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno();
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return {};
}

class ConfigFiles final : public config::Files {
 public:
  Result<void> read(const std::string& path, std::string& text) const override {
    return read_file(path, largest_config, text);
  }
};

ListContent content_in_place(const config::List& list) {
  ListContent content;
  policy::NameList& names = content.sets[""];
  using Kind = policy::NameList::Kind;
  for (const config::Match& match : list.names) {
    names.add(match.text, match.kind == config::Match::Kind::subtree ? Kind::subtree : Kind::exact);
  }
  content.names = names.names();
  return content;
}

std::string unreadable_text(const config::List& list, const ListFacts& facts) {
  std::string places;
  for (const std::string& place : facts.first_places) places += (places.empty() ? "" : ", ") + place;
  const bool one = facts.unreadable == 1;
  return count_text(facts.unreadable) + (one ? " line of " : " lines of ") + config::in_quotes(list.file) +
         (one ? " is not understood and is" : " are not understood and are") +
         " ignored: " + (one ? "line " : "lines ") + places +
         (facts.unreadable > facts.first_places.size() ? ", ..." : "");
}

/// Reads whatever lists need, and says what is wrong with them.
class ListFiles {
 public:
  ListFiles(Loaded& loaded, config::Diagnostics& diagnostics) : loaded_(loaded), diagnostics_(diagnostics) {}

  void read(const config::List& list) {
    const std::size_t missing_before = missing_files_;
    ListContent content = list.file.empty() ? content_in_place(list) : content_of(list);
    if (!content.broken.empty()) {
      const std::string what = "list " + config::in_quotes(list.name) + ": " + config::in_quotes(list.file);
      diagnostics_.error(list.where, what + " cannot be used: " + content.broken);
    } else if (missing_files_ == missing_before) {
      review(list, content);
    }
    loaded_.facts[list.name] = content;
    share(list.name, std::move(content), loaded_.lists);
  }

  /// Every "@list/category" that a rule refers to must be there.
  void check_categories(const std::vector<config::Rule>& rules) {
    if (missing_files_ > 0) return;  // the file that is missing may hold it
    for (const config::Rule& rule : rules) {
      for (const config::Match& match : rule.host) {
        if (match.kind != config::Match::Kind::reference || loaded_.lists.contains(match.text)) continue;
        const auto slash = match.text.find('/');
        if (slash != match.text.npos) missing(match, match.text.substr(0, slash + 1));
      }
    }
  }

 private:
  /// `below`: "ut1/"
  void missing(const config::Match& match, const std::string& below) {
    if (!loaded_.facts.contains(below.substr(0, below.size() - 1))) return;  // said by the configuration
    std::vector<std::string_view> known;
    for (const auto& [name, names] : loaded_.lists) {
      if (name.starts_with(below)) known.push_back(name);
    }
    const std::string_view near = nearest(match.text, known);
    diagnostics_.error(match.where, "there is no category " + config::in_quotes("@" + match.text),
                       known.empty()
                           ? "this list has no categories: write \"@" + below.substr(0, below.size() - 1) + '"'
                       : near.empty() ? ""
                                      : "did you mean " + config::in_quotes("@" + std::string(near)) + "?");
  }

  /// The text at `path`; false, and an error is reported, if there is none.
  bool text_of(const config::List& list, const std::string& path, std::string& text) {
    const auto got = read_file(path, largest_list, text);
    if (got) return true;
    ++missing_files_;
    diagnostics_.error(list.where, "list " + config::in_quotes(list.name) + ": " + config::in_quotes(path) +
                                       " cannot be read: " + got.error().cause.message());
    return false;
  }

  ListContent content_of(const config::List& list) {
    std::string text;
    if (!text_of(list, list.file, text)) return {};
    ListContent content = read_list(text, list.match);
    const std::filesystem::path folder = std::filesystem::path(list.file).parent_path();
    for (const Beside& beside : std::exchange(content.beside, {})) {
      if (text_of(list, (folder / beside.file).string(), text)) read_beside(beside, text, list.match, content);
    }
    return content;
  }

  void review(const config::List& list, const ListFacts& facts) {
    if (facts.unreadable > 0) diagnostics_.warning(list.where, unreadable_text(list, facts));
    if (facts.names == 0) {
      diagnostics_.warning(list.where, "list " + config::in_quotes(list.name) + " holds no name and matches nothing");
    }
  }

  Loaded& loaded_;
  config::Diagnostics& diagnostics_;
  std::size_t missing_files_ = 0;
};

void check_zone(const config::Gateway& gateway, config::Diagnostics& diagnostics) {
  if (gateway.timezone.empty() || is_zone(gateway.timezone)) return;
  const std::string near = nearest_zone(gateway.timezone);
  diagnostics.error(gateway.timezone_at, "there is no time zone " + config::in_quotes(gateway.timezone),
                    near.empty() ? "see timedatectl list-timezones; they come with the package tzdata"
                                 : "did you mean " + config::in_quotes(near) + "?");
}

}  // namespace

void share(const std::string& list, ListContent content, policy::NameLists& lists) {
  for (auto& [category, names] : content.sets) {
    lists[category.empty() ? list : list + '/' + category] = std::make_shared<policy::NameList>(std::move(names));
  }
}

Loaded load(const std::string& path) {
  config::Parsed parsed = config::parse(path, ConfigFiles());
  Loaded loaded;
  config::Diagnostics diagnostics(std::move(parsed.diagnostics));
  ListFiles files(loaded, diagnostics);
  for (const config::List& list : parsed.lists) files.read(list);
  files.check_categories(parsed.rules);
  check_zone(parsed.gateway, diagnostics);
  if (!diagnostics.failed()) loaded.config = std::move(parsed.config);
  loaded.diagnostics = std::move(diagnostics).take(parsed.files);
  return loaded;
}

}  // namespace weir::load
