#include "config/reader.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/calendar.h"
#include "base/name.h"
#include "base/text.h"

namespace weir::config {

namespace {

constexpr std::size_t longest_interface = 15;  // IFNAMSIZ less its end
constexpr std::size_t longest_socket = 107;    // sun_path less its end
constexpr std::size_t longest_label = 63, longest_title = 100, longest_location = 2000;
constexpr Duration longest_duration = std::chrono::hours(7 * 24);

std::optional<std::uint16_t> to_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) return {};
  return port;
}

/// What to write instead of a name that is none.
std::string host_suggestion(std::string_view text) {
  if (text == "*") return "leave the key out to match every connection";
  if (text.starts_with("*.")) return "write " + in_quotes(text.substr(1)) + ": the name and everything below it";
  if (text.contains('/')) return "only the host name of an address can be judged";
  if (text.contains(':')) return "write the name alone, and the port as port = [...]";
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return "write the ASCII form in which the name travels: \"xn--...\"";
  }
  return {};
}

/// What to write instead of hours that are none.
std::string time_suggestion(const Node& node) {
  if (node.kind == Node::Kind::time) return "put it in quotes";
  constexpr std::string_view names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const std::string text = lower(node.text);
  for (const std::string_view name : names) {
    const std::size_t at = text.find(name);
    if (at == text.npos || at + 3 == text.size() || text[at + 3] < 'a' || text[at + 3] > 'z') continue;
    return "write " + in_quotes(node.text.substr(at, 3)) + ": three letters a day";
  }
  return {};
}

}  // namespace

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool Reader::refuse(const Node& node, std::string_view what, std::string suggestion) {
  diagnostics_.error(node.where, path + " takes " + std::string(what) + ", not " + shown(node), std::move(suggestion));
  return false;
}

void Reader::unknown_word(const Node& node, std::span<const std::string_view> known) {
  std::string all;
  for (const std::string_view one : known) {
    if (!all.empty()) all += one == known.back() ? " or " : ", ";
    all += in_quotes(one);
  }
  const std::string_view near = is_text(node) ? nearest(node.text, known) : std::string_view();
  refuse(node, all, near.empty() ? std::string() : "did you mean " + in_quotes(near) + '?');
}

bool Reader::is_list(const Node& node, std::string_view what) {
  if (node.kind == Node::Kind::array) return true;
  const bool single = is_text(node) || node.kind == Node::Kind::integer;
  return refuse(node, "a list of " + std::string(what), single ? "write [" + shown(node) + "]" : "");
}

void Reader::number(const Node& node, std::int64_t low, std::int64_t high, std::uint32_t& to) {
  if (node.kind != Node::Kind::integer || node.integer < low || node.integer > high) {
    refuse(node, "a number from " + std::to_string(low) + " to " + std::to_string(high));
    return;
  }
  to = static_cast<std::uint32_t>(node.integer);
}

void Reader::mark(const Node& node, std::uint32_t& to) {
  constexpr std::int64_t highest = 1 << 28;  // the three bits above it are Weir's too
  const bool one_bit = node.integer > 0 && std::has_single_bit(static_cast<std::uint64_t>(node.integer));
  if (node.kind != Node::Kind::integer || !one_bit || node.integer > highest) {
    refuse(node, "one bit with room for three more above it: 0x1, 0x2, 0x4 ... 0x10000000");
    return;
  }
  to = static_cast<std::uint32_t>(node.integer);
}

void Reader::table(const Node& node, std::uint32_t& to) {
  const bool taken = node.integer >= 253 && node.integer <= 255;  // the system's default, main, local
  if (node.kind != Node::Kind::integer || taken || node.integer < 1 || node.integer > 0xffffffff) {
    refuse(node, "the number of a routing table, 1 to 4294967295 without 253, 254, 255");
    return;
  }
  to = static_cast<std::uint32_t>(node.integer);
}

void Reader::duration(const Node& node, Duration least, Duration& to) {
  const auto value = is_text(node) ? parse_duration(node.text) : std::nullopt;
  if (!value) {
    const bool bare = node.kind == Node::Kind::integer && node.integer >= 0;
    refuse(node, R"(a duration as "250ms", "90s", "30m", "12h" or "7d")",
           bare ? "write \"" + std::to_string(node.integer) + "s\" for seconds" : "");
    return;
  }
  if (*value < least || *value > longest_duration) {
    refuse(node, "a duration of at least " + duration_text(least) + " and at most " + duration_text(longest_duration));
    return;
  }
  to = *value;
}

void Reader::memory(const Node& node, std::uint64_t& to, std::string_view words) {
  constexpr std::uint64_t least = 1 << 20, most = std::uint64_t{1} << 40;
  if (is_text(node) && node.text == "off") {
    to = 0;
    return;
  }
  const auto value = is_text(node) ? parse_size(node.text) : std::nullopt;
  if (!value) {
    const bool meant_off = node.kind == Node::Kind::boolean && !node.boolean;
    const bool bare = node.kind == Node::Kind::integer && node.integer > 0;
    refuse(node, R"(a size as "64 MiB" or "2 GiB", or )" + std::string(words),
           meant_off ? "write \"off\""
           : bare    ? "write \"" + std::to_string(node.integer) + " B\" for bytes"
                     : "");
    return;
  }
  if (*value < least || *value > most) {
    refuse(node, "at least " + size_text(least) + " and at most " + size_text(most),
           *value == 0 ? "write \"off\"" : "");
    return;
  }
  to = *value;
}

void Reader::ceiling(const Node& node, std::optional<std::uint64_t>& to) {
  if (is_text(node) && node.text == "auto") {
    to.reset();
    return;
  }
  memory(node, to.emplace(), R"("auto" or "off")");
}

void Reader::rate(const Node& node, Rate& to) {
  constexpr Duration shortest = std::chrono::microseconds(1);
  const auto value = is_text(node) ? parse_rate(node.text) : std::nullopt;
  if (!value || value->period / value->count < shortest) {
    const bool bare = node.kind == Node::Kind::integer && node.integer > 0;
    refuse(node, R"(a rate as "300/s", "20/m" or "5/h")",
           bare ? "write \"" + std::to_string(node.integer) + "/s\" for each second" : "");
    return;
  }
  to = *value;
}

void Reader::interfaces(const Node& node, bool automatic, std::vector<std::string>& to) {
  if (automatic && is_text(node) && node.text == "auto") {
    to.clear();
    return;
  }
  if (!is_list(node, "interfaces")) return;
  if (node.items.empty()) {
    diagnostics_.error(
        node.where, path + " must not be empty",
        automatic ? "write \"auto\": where the default routes leave" : "name the client side's interface");
    return;
  }
  to.clear();
  for (const Node& item : node.items) {
    const bool plausible = is_text(item) && !item.text.empty() && item.text.size() <= longest_interface &&
                           !has_control(item.text) && item.text.find_first_of("/ :") == item.text.npos;
    if (!plausible) {
      refuse(item, "names of interfaces, at most 15 characters");
    } else if (std::ranges::count(to, item.text) > 0) {
      diagnostics_.error(item.where, path + " names " + in_quotes(item.text) + " twice");
    } else {
      to.push_back(item.text);
    }
  }
}

bool Reader::read_port(const Node& node, std::uint16_t& to) {
  if (node.kind != Node::Kind::integer || node.integer < 1 || node.integer > 65535) return false;
  to = static_cast<std::uint16_t>(node.integer);
  return true;
}

void Reader::ports(const Node& node, std::vector<std::uint16_t>& to) {
  if (!is_list(node, "ports")) return;
  to.clear();
  for (const Node& item : node.items) {
    std::uint16_t port;
    if (!read_port(item, port)) {
      refuse(item, "ports from 1 to 65535");
    } else if (std::ranges::count(to, port) > 0) {
      diagnostics_.error(item.where, path + " names port " + std::to_string(port) + " twice");
    } else {
      to.push_back(port);
    }
  }
}

bool Reader::read_prefix(const Node& node, std::string_view text, std::string_view what, Prefix& to) {
  const auto prefix = Prefix::parse(text);
  const std::string_view written = text.substr(0, text.find('/'));
  if (!prefix) {
    if (Mac::parse(text))
      return refuse(node, what, "hardware addresses stand in group.clients and in client of rules and limits only");
    if (text.starts_with('!')) return refuse(node, what, "exclude in a rule: client = [\"!...\"]");
    if (text.starts_with('@'))
      return refuse(node, what, "references are understood in client and host of rules, and in client of limits");
    const auto address = Address::parse(written);
    if (address) return refuse(node, what, address->is_v4() ? "the length is 0 to 32" : "the length is 0 to 128");
    return refuse(
        node, what,
        device_name(text) ? "names of devices stand in group.clients and in client of rules and limits only" : "");
  }
  static const Prefix every_v4 = {Address::v4(0), 96};
  if (prefix->contains(every_v4) && prefix->length < every_v4.length) {
    diagnostics_.error(node.where, in_quotes(text) + " covers every IPv4 address too, which are ::ffff:0:0/96",
                       R"(write "2000::/3" for the IPv6 internet, "0.0.0.0/0" for all of IPv4)");
    return false;
  }
  if (prefix->address != Address::parse(written)) {
    diagnostics_.warning(
        node.where, in_quotes(text) + " means the whole of " + prefix->to_string(),
        "write " + in_quotes(prefix->to_string()) + ", or " + in_quotes(written) + " for the one address");
  }
  to = *prefix;
  return true;
}

void Reader::prefixes(const Node& node, std::vector<Prefix>& to) {
  constexpr std::string_view what = "addresses and prefixes";
  if (!is_list(node, what)) return;
  to.clear();
  for (const Node& item : node.items) {
    Prefix prefix;
    if (!is_text(item)) {
      refuse(item, what);
    } else if (read_prefix(item, item.text, what, prefix)) {
      to.push_back(prefix);
    }
  }
}

void Reader::label(const Node& node, std::string& to) {
  constexpr std::string_view what = "letters, digits, '-', '_' and '.', 63 at most";
  if (!is_text(node)) {
    refuse(node, what);
    return;
  }
  to = node.text;  // kept even if it is refused: references to it are then not reported a second time
  if (to.starts_with('@')) {
    refuse(node, what, "the @ stands only where the name is used");
    return;
  }
  constexpr std::string_view legal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (to.empty() || to.size() > longest_label || to.find_first_not_of(legal) != to.npos) refuse(node, what);
}

void Reader::title(const Node& node, std::string& to) {
  if (!is_text(node) || node.text.empty() || node.text.size() > longest_title || has_control(node.text)) {
    refuse(node, "one line of text, 100 bytes at most");
    return;
  }
  to = node.text;
}

void Reader::socket(const Node& node, std::string& to) {
  if (!is_text(node) || !node.text.starts_with('/') || node.text.size() > longest_socket || has_control(node.text)) {
    refuse(node, "an absolute path, 107 bytes at most");
    return;
  }
  to = node.text;
}

void Reader::folder(const Node& node, std::string& to) {
  if (!is_text(node) || !node.text.starts_with('/') || has_control(node.text)) {
    refuse(node, "an absolute path");
    return;
  }
  to = node.text;
}

void Reader::url(const Node& node, std::string& to) {
  const bool known = is_text(node) && (node.text.starts_with("http://") || node.text.starts_with("https://"));
  const auto host = known ? node.text.find_first_not_of('/', node.text.find(':') + 1) : node.text.npos;
  if (host == node.text.npos || has_control(node.text) || node.text.contains(' ')) {
    const bool is_path = is_text(node) && node.text.starts_with('/');
    refuse(node, "a URL that begins with https:// or http://", is_path ? "write file = " + shown(node) : "");
    return;
  }
  to = node.text;
}

void Reader::flag(const Node& node, std::optional<bool>& to) {
  if (node.kind != Node::Kind::boolean) {
    refuse(node, "true or false");
    return;
  }
  to = node.boolean;
}

void Reader::file(const Node& node, std::string& to) {
  if (!is_text(node) || node.text.empty() || node.text.contains('\0')) {
    refuse(node, "the path of a file");
    return;
  }
  to = (std::filesystem::path(node.where.file).parent_path() / node.text).lexically_normal().string();
}

void Reader::matches(const Node& node, std::string_view what, ReadMatch read, std::vector<Match>& to) {
  if (!is_list(node, what)) return;
  if (node.items.empty()) {
    diagnostics_.error(node.where, path + " is empty and could never match", "leave it out where it does not matter");
    return;
  }
  to.clear();
  for (const Node& item : node.items) {
    Match match{};
    match.where = item.where;
    std::string_view text = item.text;
    if (text.starts_with('!')) {
      match.negated = true;
      text.remove_prefix(1);
    }
    if ((this->*read)(item, text, match)) to.push_back(std::move(match));
  }
}

bool Reader::dest(const Node& item, std::string_view text, Match& to) {
  constexpr std::string_view what = "addresses and prefixes";
  if (!is_text(item)) return refuse(item, what);
  to.kind = Match::Kind::prefix;
  if (!Prefix::parse(text) && !text.starts_with('@') && normalise_name(text)) {
    return refuse(item, what, "names are matched by host = [...]");
  }
  return read_prefix(item, text, what, to.prefix);
}

bool Reader::port_range(const Node& item, std::string_view text, Match& to) {
  constexpr std::string_view what = "ports from 1 to 65535 and ranges as \"8000-8010\"";
  to.kind = Match::Kind::port;
  if (item.kind == Node::Kind::integer) {
    if (!read_port(item, to.low)) return refuse(item, what);
    to.high = to.low;
    return true;
  }
  const auto dash = text.find('-');
  const auto low = to_port(text.substr(0, dash));
  const auto high = dash == text.npos ? low : to_port(text.substr(dash + 1));
  if (!low || !high) return refuse(item, what);
  if (*low > *high) return refuse(item, what, "the lower port stands first");
  to.low = *low;
  to.high = *high;
  return true;
}

bool Reader::host_name(const Node& item, std::string_view text, std::string_view what, Match& to) {
  const bool subtree = text.starts_with('.');
  const std::string_view bare = subtree ? text.substr(1) : text;
  const auto name = normalise_name(bare);
  const bool address = name && Address::parse(*name);
  // The normaliser also takes what stands in a Host field; a port here would be ignored in silence.
  const bool port = name && bare.contains(':') && (!address || bare.contains("]:") || Address::parse(*name)->is_v4());
  if (!name || port) return refuse(item, what, host_suggestion(text));
  if (subtree && address) return refuse(item, what, "nothing stands below an address");
  to.kind = subtree ? Match::Kind::subtree : Match::Kind::exact;
  to.text = *name;
  return true;
}

bool Reader::host(const Node& item, std::string_view text, Match& to) {
  constexpr std::string_view what = "names as \"exact.example\" or \".subtree.example\" and @lists";
  if (!is_text(item)) return refuse(item, what);
  if (text.starts_with('@')) {
    to.kind = Match::Kind::reference;
    to.text = text.substr(1);
    return true;
  }
  return host_name(item, text, what, to);
}

void Reader::yes_no(const Node& node, bool& to) {
  if (node.kind != Node::Kind::boolean) {
    const bool quoted = is_text(node) && (node.text == "true" || node.text == "false");
    refuse(node, "true or false", quoted ? "write it without quotes" : "");
    return;
  }
  to = node.boolean;
}

void Reader::location(const Node& node, std::string& to) {
  to = shown(node);  // kept even if it is refused: the rule has one, if a bad one
  const std::string_view url = node.text, scheme = url.starts_with("https://") ? "https://" : "http://";
  // RFC 3986 §2: whatever else is meant stands there percent-encoded.
  const auto legal = [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>'; };
  const bool plain = is_text(node) && !url.empty() && url.size() <= longest_location && std::ranges::all_of(url, legal);
  if (!plain || !url.starts_with(scheme) || url.size() == scheme.size() || url[scheme.size()] == '/') {
    const bool bare = plain && !url.contains(':') && !url.starts_with('/');
    refuse(node, "a URL as \"http://notice.example/\"", bare ? "write " + in_quotes("http://" + node.text) : "");
    return;
  }
  to = url;
}

void Reader::dial(const Node& node, std::string& to) {
  constexpr std::string_view what = "a name as \"forcesafesearch.google.com\", or an address";
  Match match{};
  if (!is_text(node) || node.text.starts_with('.')) {
    refuse(node, what);
  } else if (host_name(node, node.text, what, match)) {
    to = match.text;
  }
}

void Reader::time(const Node& item, std::vector<TimeMatch>& to) {
  constexpr std::string_view what = R"(hours as "Mon-Fri 15:00-18:00", "22:00-06:00", "Sat,Sun" or "2025-06-10")";
  std::string_view text = item.text;
  const bool negated = text.starts_with('!');
  if (negated) text.remove_prefix(1);
  const auto hours = is_text(item) ? parse_hours(text) : std::nullopt;
  if (!hours) {
    refuse(item, what, time_suggestion(item));
    return;
  }
  to.push_back({.hours = *hours, .negated = negated, .where = item.where});
}

void Reader::times(const Node& node, std::vector<TimeMatch>& to) {
  to.clear();
  if (node.kind != Node::Kind::array) return time(node, to);
  if (node.items.empty()) {
    diagnostics_.error(node.where, path + " is empty and could never match", "leave it out where it does not matter");
  }
  for (const Node& item : node.items) time(item, to);
}

void Reader::timezone(const Node& node, std::string& to) {
  constexpr std::string_view legal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+/";
  // A name below the folder of zones, never a path out of it; whether it is there is for those who read files.
  if (!is_text(node) || node.text.size() > longest_label || node.text.starts_with('/') ||
      node.text.find_first_not_of(legal) != node.text.npos) {
    refuse(node, R"(the name of a time zone as "Europe/Berlin", or "" for the system's)");
    return;
  }
  to = node.text;
  config.gateway.timezone_at = node.where;
}

void Reader::list_names(const Node& node, std::vector<Match>& to) {
  constexpr std::string_view what = "names as \"exact.example\" or \".subtree.example\"";
  if (!is_list(node, what)) return;
  to.clear();
  for (const Node& item : node.items) {
    Match match{};
    match.where = item.where;
    if (!is_text(item)) {
      refuse(item, what);
    } else if (item.text.starts_with('!') || item.text.starts_with('@')) {
      refuse(item, what, "a list holds names only; exclude and combine in a rule's host");
    } else if (host_name(item, item.text, what, match)) {
      to.push_back(std::move(match));
    }
  }
}

void Reader::dests(const Node& node, std::vector<Match>& to) {
  matches(node, "addresses and prefixes", &Reader::dest, to);
}
void Reader::port_matches(const Node& node, std::vector<Match>& to) {
  matches(node, "ports and ranges", &Reader::port_range, to);
}
void Reader::hosts(const Node& node, std::vector<Match>& to) { matches(node, "names and @lists", &Reader::host, to); }

}  // namespace weir::config
