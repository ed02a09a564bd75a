#include "load/load.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "base/name.h"
#include "base/result.h"
#include "base/text.h"
#include "base/units.h"
#include "config/parse.h"
#include "load/client_check.h"
#include "load/file.h"
#include "load/list.h"
#include "load/zone.h"

namespace weir::load {

namespace {

constexpr std::size_t largest_list = 1 << 30;

/// Remembers what it read.
class ConfigFiles final : public config::Files {
 public:
  /// `kept`: instead of what lies on disk.
  explicit ConfigFiles(const Texts* kept = nullptr) : kept_(kept) {}

  Result<void> read(const std::string& path, std::string& text) const override {
    auto got = kept_ ? find(path, text) : read_file(path, largest_config, text);
    if (got) read_.push_back({path, text});
    return got;
  }
  Texts take() { return std::move(read_); }

 private:
  Result<void> find(const std::string& path, std::string& text) const {
    const auto found = std::ranges::find(*kept_, path, &Text::path);
    if (found == kept_->end()) return fail(Errc::system, std::make_error_code(std::errc::no_such_file_or_directory));
    text = found->text;
    return {};
  }

  const Texts* kept_;
  mutable Texts read_;
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
  return count_text(facts.unreadable) + (one ? " line of " : " lines of ") +
         config::in_quotes(list.url.empty() ? list.file : list.url) +
         (one ? " is not understood and is" : " are not understood and are") +
         " ignored: " + (one ? "line " : "lines ") + places +
         (facts.unreadable > facts.first_places.size() ? ", ..." : "");
}

/// Reads whatever lists need, and says what is wrong with them.
class ListFiles {
 public:
  /// `keep`: null when the configuration does not say where.
  ListFiles(Loaded& loaded, const Keep* keep, config::Diagnostics& diagnostics)
      : loaded_(loaded), keep_(keep), diagnostics_(diagnostics) {}

  void read(const config::List& list) {
    const std::size_t missing_before = missing_files_;
    ListContent content = !list.url.empty()   ? kept_of(list)
                          : list.file.empty() ? content_in_place(list)
                                              : content_of(list);
    if (!content.broken.empty()) {
      const std::string what = "list " + config::in_quotes(list.name) + ": " + config::in_quotes(list.file);
      diagnostics_.error(list.where, what + " cannot be used: " + content.broken);
    } else if (missing_files_ == missing_before) {
      review(list, content);
    }
    loaded_.facts[list.name] = content;
    share(list.name, std::move(content), loaded_.lists);
  }

  /// Of a file, with the files beside it.
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
    const std::string list = below.substr(0, below.size() - 1);
    // What the configuration has said already, and what is known only when it has been fetched.
    if (!loaded_.facts.contains(list) || absent_.contains(list)) return;
    std::vector<std::string_view> known;
    for (const auto& [name, names] : loaded_.lists) {
      if (name.starts_with(below)) known.push_back(name);
    }
    const std::string_view near = nearest(match.text, known);
    diagnostics_.error(match.where, "there is no category " + config::in_quotes("@" + match.text),
                       known.empty()  ? "this list has no categories: write \"@" + list + '"'
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

  /// The last good copy.  Without one the list is empty until the daemon has fetched it.
  ListContent kept_of(const config::List& list) {
    const Kept& kept = loaded_.kept[list.name];
    std::string text;
    if (keep_ && kept.url == list.url && kept.updated > 0 && keep_->copy(list.name, text)) {
      ListContent content = read_list(text, list.match);
      if (content.broken.empty()) return content;
    }
    absent_.insert(list.name);
    return {};
  }

  void review(const config::List& list, const ListFacts& facts) {
    if (absent_.contains(list.name)) {
      diagnostics_.warning(list.where,
                           "list " + config::in_quotes(list.name) + " has not been fetched yet and is empty",
                           "Weir fetches it when it runs");
      return;
    }
    if (facts.unreadable > 0) diagnostics_.warning(list.where, unreadable_text(list, facts));
    if (facts.names == 0) {
      diagnostics_.warning(list.where, "list " + config::in_quotes(list.name) + " holds no name and matches nothing");
    }
  }

  Loaded& loaded_;
  const Keep* keep_;
  config::Diagnostics& diagnostics_;
  std::set<std::string> absent_;  // lists that have to be fetched first
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
  for (const auto& [category, to] : content.links) lists[list + '/' + category] = lists.at(list + '/' + to);
}

void add_exceptions(const Kept& kept, config::List& list) {
  for (const std::string& text : kept.except) {
    const bool subtree = text.starts_with('.');
    const auto name = normalise_name(std::string_view(text).substr(subtree ? 1 : 0));
    if (!name) continue;
    const auto kind = subtree ? config::Match::Kind::subtree : config::Match::Kind::exact;
    list.except.push_back({.kind = kind, .text = *name, .prefix = {}, .where = {.file = "by hand"}});
  }
}

ListContent read_list_file(const config::List& list, config::Diagnostics& diagnostics) {
  Loaded unused;
  return ListFiles(unused, nullptr, diagnostics).content_of(list);
}

namespace {

Loaded load_with(const std::string& path, ConfigFiles source, const clients::Directory& before) {
  config::Parsed parsed = config::parse(path, source);
  Loaded loaded;
  loaded.texts = source.take();
  config::Diagnostics diagnostics(std::move(parsed.diagnostics));
  std::optional<Keep> keep;
  if (parsed.config) keep.emplace(parsed.config->control.state);
  ListFiles files(loaded, keep ? &*keep : nullptr, diagnostics);
  for (const config::List& list : parsed.lists) {
    Kept& kept = loaded.kept[list.name];
    if (keep) kept = keep->about(list.name);
    if (list.url.empty()) kept.held.clear();  // a file is taken as it is when Weir starts
    files.read(list);
  }
  files.check_categories(parsed.rules);
  check_zone(parsed.gateway, diagnostics);
  if (parsed.config) {
    loaded.names = read_name_files(name_paths(parsed.config->clients));
    loaded.directory = directory_of(loaded.names, before);
    check_clients(*parsed.config, loaded.names, *loaded.directory, diagnostics);
  }
  if (!diagnostics.failed()) loaded.config = std::move(parsed.config);
  if (loaded.config) {
    for (config::List& list : loaded.config->lists) add_exceptions(loaded.kept[list.name], list);
  }
  loaded.diagnostics = std::move(diagnostics).take(parsed.files);
  return loaded;
}

}  // namespace

Loaded load(const std::string& path, const clients::Directory& before) {
  return load_with(path, ConfigFiles(), before);
}

Loaded load(const Texts& texts, const clients::Directory& before) {
  return load_with(texts.front().path, ConfigFiles(&texts), before);
}

namespace {

Read read_with(const std::string& path, ConfigFiles source) {
  config::Parsed parsed = config::parse(path, source);
  return {std::move(parsed), source.take()};
}

}  // namespace

Read read_config(const std::string& path) { return read_with(path, ConfigFiles()); }

Read read_config(const Texts& texts) { return read_with(texts.front().path, ConfigFiles(&texts)); }

}  // namespace weir::load
