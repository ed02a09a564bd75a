// Who is meant by the elements of group.clients and rule.client, and what [clients] says.
#include <charconv>
#include <filesystem>

#include "base/name.h"
#include "config/reader.h"

namespace weir::config {

bool Reader::read_client(const Node& item, std::string_view text, std::string_view what, Match& to) {
  if (const auto mac = Mac::parse(text)) {
    if (!mac->is_device()) return refuse(item, what, "no device sends from this hardware address");
    to.kind = Match::Kind::mac;
    to.mac = *mac;
    return true;
  }
  if (auto name = device_name(text)) {
    to.kind = Match::Kind::device;
    to.text = std::move(*name);
    return true;
  }
  to.kind = Match::Kind::prefix;
  return read_prefix(item, text, what, to.prefix);
}

bool Reader::client(const Node& item, std::string_view text, Match& to) {
  constexpr std::string_view what = "addresses, prefixes, hardware addresses, names of devices and @groups";
  if (!is_text(item)) return refuse(item, what);
  if (!text.starts_with('@')) return read_client(item, text, what, to);
  to.kind = Match::Kind::reference;
  to.text = text.substr(1);
  return true;
}

void Reader::clients(const Node& node, std::vector<Match>& to) {
  matches(node, "addresses, prefixes, hardware addresses, names of devices and @groups", &Reader::client, to);
}

void Reader::members(const Node& node, Group& to) {
  constexpr std::string_view what = "addresses, prefixes, hardware addresses and names of devices";
  if (!is_list(node, what)) return;
  for (const Node& item : node.items) {
    Match match{};
    if (!is_text(item)) {
      refuse(item, what);
    } else if (read_client(item, item.text, what, match)) {
      if (match.kind == Match::Kind::mac) to.macs.push_back(match.mac);
      if (match.kind == Match::Kind::device) to.devices.push_back({match.text, item.where});
      if (match.kind == Match::Kind::prefix) to.clients.push_back(match.prefix);
    }
  }
}

void Reader::name_files(const Node& node, Clients& to) {
  to.names_at = node.where;
  if (is_text(node) && node.text == "auto") {
    to.names_by_place = true;
    to.names.clear();
    return;
  }
  if (!is_list(node, "files")) return;
  to.names_by_place = false;
  to.names.clear();
  for (const Node& item : node.items) {
    std::string one;
    file(item, one);
    if (!one.empty()) to.names.push_back(std::move(one));
  }
}

void Reader::client_width(const Node& node, std::uint8_t& to) {
  constexpr unsigned shortest = 32, longest = 128;
  const std::string_view text = is_text(node) ? std::string_view(node.text) : std::string_view();
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data() + text.starts_with('/'), text.data() + text.size(), bits);
  const bool number = error == std::errc() && end == text.data() + text.size();
  if (!text.starts_with('/') || !number || bits < shortest || bits > longest) {
    const bool bare = number && bits >= shortest && bits <= longest;
    refuse(node, R"(the length of a prefix, "/32" to "/128")", bare ? "write \"/" + std::string(text) + '"' : "");
    return;
  }
  to = static_cast<std::uint8_t>(bits);
}

}  // namespace weir::config
