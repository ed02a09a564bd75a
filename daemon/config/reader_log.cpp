// The values of [log], [page] and of where the daemon is watched.
#include "base/host_port.h"
#include "base/text.h"
#include "config/reader.h"

namespace weir::config {

namespace {

constexpr std::size_t longest_contact = 200;

bool is_text(const Node& node) { return node.kind == Node::Kind::text; }

/// "off" was meant: false, or "".
bool meant_off(const Node& node) {
  return (is_text(node) && node.text.empty()) || (node.kind == Node::Kind::boolean && !node.boolean);
}

/// What to write instead of a place for lines that is none.
std::string target_suggestion(const Node& node) {
  if (meant_off(node)) return "write \"off\"";
  if (!is_text(node)) return {};
  if (node.text.contains("://")) return "write \"syslog://host:port\", or \"syslog+tcp://host:port\"";
  constexpr std::string_view words[] = {"off", "journal"};
  const std::string_view near = nearest(node.text, words);
  return near.empty() ? std::string() : "did you mean " + in_quotes(near) + '?';
}

}  // namespace

void Reader::log_target(const Node& node, std::string& to) {
  if (is_text(node) && node.text == "off") {
    to.clear();
    return;
  }
  const bool file = is_text(node) && node.text.starts_with('/') && !has_control(node.text);
  if (!file && !(is_text(node) && (node.text == "journal" || Collector::parse(node.text)))) {
    refuse(node, "an absolute path, \"journal\", \"syslog://host:port\" or \"off\"", target_suggestion(node));
    return;
  }
  to = node.text;
}

void Reader::keep(const Node& node, Keep& to) {
  constexpr std::string_view what = "{ age = \"30d\", size = \"1 GiB\" } or \"off\"";
  constexpr Duration least_age = std::chrono::hours(1), most_age = std::chrono::days(3650);
  constexpr std::uint64_t least_size = 1 << 20, most_size = std::uint64_t{1} << 50;
  if (is_text(node) && node.text == "off") {
    to = {.age = {}, .size = 0};
    return;
  }
  if (node.kind != Node::Kind::table) {
    refuse(node, what, meant_off(node) ? "write \"off\"" : "");
    return;
  }
  for (const Entry& entry : node.entries) {
    const std::string_view text = is_text(entry.value) ? std::string_view(entry.value.text) : "";
    const Duration age = parse_duration(text).value_or(Duration::zero());
    const std::uint64_t size = parse_size(text).value_or(0);
    if (entry.key == "age" && age >= least_age && age <= most_age) {
      to.age = age;
    } else if (entry.key == "size" && size >= least_size && size <= most_size) {
      to.size = size;
    } else if (entry.key == "age" || entry.key == "size") {
      diagnostics_.error(entry.value.where, path + '.' + entry.key + " takes " +
                                                (entry.key == "age" ? "a duration from \"1h\" to \"3650d\""
                                                                    : "a size from \"1 MiB\" to \"1024 TiB\"") +
                                                ", not " + shown(entry.value));
    } else {
      diagnostics_.error(entry.where, path + " has no " + in_quotes(entry.key), "it takes " + std::string(what));
    }
  }
}

void Reader::contact(const Node& node, std::string& to) {
  if (!is_text(node) || node.text.size() > longest_contact || has_control(node.text)) {
    refuse(node, "one line of text, 200 bytes at most");
    return;
  }
  to = node.text;
}

void Reader::endpoint(const Node& node, std::optional<Endpoint>& to) {
  if (is_text(node) && node.text == "off") {
    to.reset();
    return;
  }
  const auto place = is_text(node) ? parse_endpoint(node.text) : std::nullopt;
  if (!place) {
    const bool no_port = is_text(node) && Address::parse(node.text);
    const bool no_address = is_text(node) && node.text.starts_with(':');
    refuse(node, "an address with its port, as \"127.0.0.1:9145\" or \"[::1]:9145\", or \"off\"",
           meant_off(node) ? "write \"off\""
           : no_port       ? "write " + in_quotes(HostPort{node.text, 9145}.to_string())
           : no_address    ? "write " + in_quotes("0.0.0.0" + node.text) + " for every address of this host"
                           : "");
    return;
  }
  to = *place;
}

}  // namespace weir::config
