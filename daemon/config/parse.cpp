#include "config/parse.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "config/check.h"
#include "config/keys.h"
#include "config/reader.h"
#include "config/tree.h"

namespace weir::config {

namespace {

constexpr std::size_t deepest_include = 8;

/// A file on the way to be included, linked to the one that includes it.
struct Including {
  const std::string& file;
  const Including* by;
};

class Parser {
 public:
  explicit Parser(const Files& source) : source_(source), reader_(diagnostics_) {}
  Parsed run(const std::string& path);

 private:
  void load(const std::string& file, const Where& from, const Including* by);
  void include(const Node& names, const Including& here);

  void section(const Entry& section);
  void table(std::string_view section, const Node& table, bool once);
  void add(std::string_view section, const Where& where);
  void unknown_key(std::string_view section, const Entry& entry);
  void check_complete(std::string_view section, const Node& table);
  void check_source(const Node& list);

  const Files& source_;
  Diagnostics diagnostics_;
  Reader reader_;
  std::vector<std::string> files_;
  std::vector<Node> documents_;          // in the order in which their rules stand
  std::map<std::string, Where> places_;  // of the keys of sections that stand once
  bool whole_ = true;                    // every file could be read
};

std::string key_in(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : std::string(section) + '.' + std::string(key);
}

/// What people look for who come from other proxies, and Weir does not have.
struct Absent {
  std::string_view path;
  std::string_view instead;
};
constexpr std::string_view in_memory = "responses are kept in memory only: cache.memory is the ceiling";
constexpr std::string_view on_the_wire = "a rule sees client, dest, port, host and time";
constexpr Absent absent[] = {
    {"tls", "TLS is never opened: rules reach the name, never the page"},
    {"operator", "whoever may write to control.socket may do everything: the group weir"},
    {"export", "log.access takes \"syslog://host:port\", control.metrics is for Prometheus"},
    {"alert", "control.metrics is for Prometheus; share/prometheus has rules for alerts"},
    {"control.web", "proxyctl status shows it here, control.metrics elsewhere"},
    {"cache.disk", in_memory},
    {"cache.min_free", in_memory},
    {"cache.profiles", "what may be kept is what HTTP allows a shared cache (RFC 9111)"},
    {"cache.front", "Weir answers those who dial an origin, not those who dial the gateway"},
    {"cache.fill_rate", "fetches are as fast as the origin"},
    {"clients.radius", "devices have names: clients.names"},
    {"rule.ech", "whoever hides a name is judged by what is seen: rule.unseen"},
    {"rule.method", on_the_wire},
    {"rule.path", on_the_wire},
    {"rule.content_type", on_the_wire},
    {"rule.user", "devices have names: client = [\"tablet-1\"]"},
};
std::string_view instead_of(std::string_view path) {
  const auto found = std::ranges::find(absent, path, &Absent::path);
  return found == std::end(absent) ? std::string_view() : found->instead;
}

/// [name] or [[name]].
bool is_section_shaped(const Node& value) {
  const auto is_table = [](const Node& node) { return node.kind == Node::Kind::table; };
  return is_table(value) ||
         (value.kind == Node::Kind::array && !value.items.empty() && std::ranges::all_of(value.items, is_table));
}

/// "[gateway]", "[[rule]]"
std::string header(std::string_view section) {
  const std::string name(section);
  return repeats(section) ? "[[" + name + "]]" : "[" + name + "]";
}

/// What is spelled much the same, or is called the same elsewhere.
std::string nearby(std::string_view section, const Entry& entry) {
  std::vector<std::string_view> near;
  std::string elsewhere;
  for (const Key& key : keys()) {
    if (key.section() == section) near.push_back(key.leaf());
    if (key.section() != section && key.leaf() == entry.key && elsewhere.empty()) elsewhere = header(key.section());
  }
  if (section.empty()) {
    near.assign(sections().begin(), sections().end());
    near.push_back("include");
  }
  if (const std::string_view word = nearest(entry.key, near); !word.empty())
    return "did you mean " + in_quotes(word) + '?';
  const bool whole_section = section.empty() && is_section_shaped(entry.value);
  return elsewhere.empty() || whole_section ? "" : in_quotes(entry.key) + " is a key of " + elsewhere;
}

void Parser::load(const std::string& file, const Where& from, const Including* by) {
  files_.push_back(file);
  std::string text;
  if (const auto got = source_.read(file, text); !got) {
    whole_ = false;
    const std::string why = got.error().cause.message();
    diagnostics_.error(from, by ? in_quotes(file) + " cannot be read: " + why : "cannot be read: " + why);
    return;
  }
  auto tree = parse_tree(file, text, diagnostics_);
  if (!tree) {
    whole_ = false;
    return;
  }
  if (const Node* names = tree->find("include")) include(*names, {file, by});
  documents_.push_back(std::move(*tree));
}

void Parser::include(const Node& names, const Including& here) {
  std::size_t depth = 0;
  for (const Including* up = here.by; up; up = up->by) ++depth;

  if (names.kind != Node::Kind::array) {
    diagnostics_.error(names.where, "include takes a list of files, not " + shown(names));
    return;
  }
  for (const Node& item : names.items) {
    if (item.kind != Node::Kind::text || item.text.empty()) {
      diagnostics_.error(item.where, "include takes names of files, not " + shown(item));
      continue;
    }
    const std::string file = (std::filesystem::path(here.file).parent_path() / item.text).lexically_normal().string();
    const Including* up = &here;
    while (up && up->file != file) up = up->by;
    if (up) {
      diagnostics_.error(item.where, "includes go round in a circle: " + in_quotes(file) + " is being read already");
    } else if (std::ranges::count(files_, file) > 0) {
      diagnostics_.error(item.where, in_quotes(file) + " is included twice");
    } else if (depth >= deepest_include) {
      diagnostics_.error(item.where, "includes are nested more than " + std::to_string(deepest_include) + " deep");
    } else {
      load(file, item.where, &here);
    }
  }
}

void Parser::section(const Entry& entry) {
  const std::string_view name = entry.key;
  const Node& value = entry.value;
  if (std::ranges::count(sections(), name) == 0) {
    unknown_key("", entry);
  } else if (!repeats(name)) {
    if (value.kind != Node::Kind::table) {
      diagnostics_.error(entry.where, std::string(name) + " is one section, not " + shown(value),
                         "write " + header(name));
      return;
    }
    table(name, value, true);
  } else if (value.kind != Node::Kind::array) {
    diagnostics_.error(entry.where,
                       "there can be more than one " + std::string(name) + ", so it is not " + shown(value),
                       "write " + header(name));
  } else {
    for (const Node& item : value.items) {
      if (item.kind != Node::Kind::table) {
        diagnostics_.error(item.where, std::string(name) + " takes tables, not " + shown(item));
        continue;
      }
      add(name, item.where);
      table(name, item, false);
      check_complete(name, item);
    }
  }
}

void Parser::add(std::string_view section, const Where& where) {
  Config& config = reader_.config;
  if (section == "list") config.lists.emplace_back().where = where;
  if (section == "group") config.groups.emplace_back().where = where;
  if (section == "limit") config.client_limits.emplace_back().where = where;
  if (section == "rule") config.rules.emplace_back().where = where;
}

void Parser::table(std::string_view section, const Node& table, bool once) {
  for (const Entry& entry : table.entries) {
    const Key* key = find_key(std::string(section) + '.' + entry.key);
    if (!key) {
      unknown_key(section, entry);
      continue;
    }
    reader_.path = key->path;
    if (once) {
      const auto [known, fresh] = places_.emplace(key->path, entry.value.where);
      if (!fresh) {
        diagnostics_.error(entry.where,
                           reader_.path + " is given twice; the other stands at " + to_text(known->second));
        continue;
      }
    }
    key->read(reader_, entry.value);
  }
}

void Parser::unknown_key(std::string_view section, const Entry& entry) {
  const std::string_view name = entry.key;
  const bool sectional = repeats(name) || entry.value.kind == Node::Kind::table;  // "clients" for "client" is not
  const bool is_section = (std::ranges::count(sections(), name) > 0 && sectional) || name == "include";
  if (!section.empty() && is_section) {
    // TOML: a dotted key below a [section] belongs to that section.
    std::string meant = entry.key;
    if (entry.value.kind == Node::Kind::table && !entry.value.entries.empty()) {
      meant += '.' + entry.value.entries.front().key;
    }
    diagnostics_.error(
        entry.where, meant + " stands below " + header(section) + " and so means " + std::string(section) + '.' + meant,
        "move it above the first [section]");
    return;
  }

  std::string suggestion(instead_of(key_in(section, name)));
  if (suggestion.empty()) suggestion = nearby(section, entry);
  const bool whole_section = section.empty() && is_section_shaped(entry.value);
  diagnostics_.error(entry.where,
                     (whole_section ? "unknown section " : "unknown key ") + in_quotes(key_in(section, name)),
                     std::move(suggestion));
}

void Parser::check_complete(std::string_view section, const Node& table) {
  for (const Key& key : keys()) {
    if (key.section() != section || key.fallback != Key::required || table.find(key.leaf())) continue;
    diagnostics_.error(table.where, "this " + std::string(section) + " has no " + in_quotes(key.leaf()),
                       std::string(key.leaf()) + ": " + std::string(key.doc));
  }
  if (section == "list") check_source(table);
  if (section == "limit" && !table.find("new") && !table.find("connections")) {
    diagnostics_.error(table.where, "this limit has neither \"new\" nor \"connections\", so it limits nothing",
                       "new = \"300/s\"");
  }
}

/// A list comes from exactly one place, and what is said of `url` means nothing without one.
void Parser::check_source(const Node& list) {
  std::string given;
  std::size_t places = 0;
  for (const std::string_view key : {"file", "url", "names"}) {
    if (!list.find(key)) continue;
    given += (given.empty() ? "" : " and ") + in_quotes(key);
    ++places;
  }
  if (places > 1) {
    diagnostics_.error(list.where, "this list has " + std::string(places == 2 ? "both " : "") + given,
                       "make it two lists");
  }
  if (places == 0) {
    diagnostics_.error(list.where, "this list has neither \"file\" nor \"url\" nor \"names\"",
                       "file = \"/etc/weir/lists/...\"");
  }
  if (const Node* update = list.find("update"); update && !list.find("url")) {
    diagnostics_.error(update->where, "list.update means something with \"url\" only",
                       "leave it out: a file is read again at every reload");
  }
  if (const Node* guard = list.find("guard"); guard && list.find("names")) {
    diagnostics_.error(guard->where, "list.guard means nothing with \"names\"", "leave it out");
  }
}

Parsed Parser::run(const std::string& path) {
  const std::string main = std::filesystem::path(path).lexically_normal().string();
  load(main, {.file = main}, nullptr);
  if (whole_) {
    for (const Node& document : documents_) {
      for (const Entry& entry : document.entries) {
        if (entry.key != "include") section(entry);
      }
    }
    if (!places_.contains("gateway.lan")) {
      diagnostics_.error({.file = main}, "gateway.lan is missing: on which interfaces do clients arrive?",
                         "[gateway] lan = [\"br-lan\"]");
    }
    check(reader_.config, places_, diagnostics_);
    if (!diagnostics_.failed()) review(reader_.config, places_, diagnostics_);
  }

  Parsed parsed;
  parsed.gateway = reader_.config.gateway;
  parsed.lists = reader_.config.lists;
  parsed.rules = reader_.config.rules;
  if (!diagnostics_.failed()) {
    parsed.config = std::move(reader_.config);
    parsed.config->files = files_;
  }
  parsed.diagnostics = std::move(diagnostics_).take(files_);
  parsed.files = std::move(files_);
  return parsed;
}

}  // namespace

Parsed parse(const std::string& path, const Files& files) { return Parser(files).run(path); }

}  // namespace weir::config
