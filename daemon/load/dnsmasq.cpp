// dnsmasq's configuration: options that name domains, each of which means the name and everything below it.

#include <algorithm>

#include "load/formats.h"

namespace weir::load {

namespace {

bool names_domains(std::string_view option) { return option == "address" || option == "server" || option == "local"; }

bool is_option(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == text.npos;
}

/// "/a.example/b.example/value": every part but the last is a name.
Line read_domains(std::string_view text, bool may_except, Taker& to) {
  if (!text.starts_with('/')) return Line::other;  // "server=192.0.2.1": for every name
  text.remove_prefix(1);
  const auto slash = text.rfind('/');
  if (slash == text.npos) return Line::unreadable;
  const bool exception = may_except && text.substr(slash + 1) == "#";  // "as every other name"
  Line line = Line::read;
  for (std::string_view names = text.substr(0, slash); !names.empty();) {
    std::string_view name = names.substr(0, names.find('/'));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    if (name == "#") return Line::other;  // every name there is
    if (name.starts_with('*')) name.remove_prefix(1);
    if (name.starts_with('.')) name.remove_prefix(1);
    if (!to.add(name, As::tree, exception)) line = Line::unreadable;
  }
  return slash == 0 ? Line::other : line;  // "//": names without a dot
}

}  // namespace

Line DnsmasqReader::read(std::string_view line, Taker& to) {
  line = stripped(line);
  if (line.empty() || line.front() == '#') return Line::read;
  if (const auto comment = line.find(" #"); comment != line.npos) line = stripped(line.substr(0, comment));
  const auto equals = line.find('=');
  const std::string_view option = stripped(line.substr(0, equals));
  if (!is_option(option)) return Line::unreadable;
  if (equals == line.npos || !names_domains(option)) return Line::other;
  return read_domains(stripped(line.substr(equals + 1)), option != "address", to);
}

}  // namespace weir::load
