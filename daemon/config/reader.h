// Values of the tree into the fields of Config.  Each function reports what is wrong with a value at the value's own
// place and then leaves the field as it was, so that reading goes on and every mistake is found in one run.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/diagnostic.h"
#include "config/tree.h"

namespace weir::config {

bool has_control(std::string_view text);  ///< bytes below 0x20, or 0x7f

template <class Value>
using Word = std::pair<std::string_view, Value>;

class Reader {
 public:
  explicit Reader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  Config config;
  std::string path;  ///< of the key that is read, for messages: "rule.host"

  void number(const Node& node, std::int64_t low, std::int64_t high, std::uint32_t& to);
  void mark(const Node& node, std::uint32_t& to);
  void table(const Node& node, std::uint32_t& to);
  void duration(const Node& node, Duration least, Duration& to);
  void memory(const Node& node, std::uint64_t& to, std::string_view words = R"("off")");  ///< a size, or "off": 0
  /// The same, or "auto": empty.
  void ceiling(const Node& node, std::optional<std::uint64_t>& to);
  void rate(const Node& node, Rate& to);
  void interfaces(const Node& node, bool automatic, std::vector<std::string>& to);
  void ports(const Node& node, std::vector<std::uint16_t>& to);
  void prefixes(const Node& node, std::vector<Prefix>& to);
  void label(const Node& node, std::string& to);  ///< a name that an @reference can spell
  void title(const Node& node, std::string& to);  ///< a name for people
  void socket(const Node& node, std::string& to);
  void log_target(const Node& node, std::string& to);
  void keep(const Node& node, Keep& to);
  void contact(const Node& node, std::string& to);  ///< one line of text, or ""
  void endpoint(const Node& node, std::optional<Endpoint>& to);
  void folder(const Node& node, std::string& to);
  void url(const Node& node, std::string& to);
  void flag(const Node& node, std::optional<bool>& to);
  void file(const Node& node, std::string& to);  ///< relative to the file in which it stands

  void members(const Node& node, Group& to);
  void name_files(const Node& node, Clients& to);
  void client_width(const Node& node, std::uint8_t& to);

  void clients(const Node& node, std::vector<Match>& to);
  void dests(const Node& node, std::vector<Match>& to);
  void port_matches(const Node& node, std::vector<Match>& to);
  void hosts(const Node& node, std::vector<Match>& to);
  void yes_no(const Node& node, bool& to);
  void location(const Node& node, std::string& to);
  void dial(const Node& node, std::string& to);
  void times(const Node& node, std::vector<TimeMatch>& to);
  void timezone(const Node& node, std::string& to);
  void list_names(const Node& node, std::vector<Match>& to);

  /// One of a few words.  Returns whether it was.
  template <class Value, std::size_t N>
  bool word(const Node& node, const Word<Value> (&words)[N], Value& to) {
    std::vector<std::string_view> known;
    for (const auto& [text, value] : words) {
      if (node.kind == Node::Kind::text && node.text == text) {
        to = value;
        return true;
      }
      known.push_back(text);
    }
    unknown_word(node, known);
    return false;
  }

 private:
  using ReadMatch = bool (Reader::*)(const Node& item, std::string_view text, Match& to);

  static bool is_text(const Node& node) { return node.kind == Node::Kind::text; }
  /// Reports "gateway.http takes `what`, not `value`".  Returns false.
  bool refuse(const Node& node, std::string_view what, std::string suggestion = {});
  void unknown_word(const Node& node, std::span<const std::string_view> known);
  bool is_list(const Node& node, std::string_view what);
  bool read_port(const Node& node, std::uint16_t& to);
  bool read_prefix(const Node& node, std::string_view text, std::string_view what, Prefix& to);

  void matches(const Node& node, std::string_view what, ReadMatch read, std::vector<Match>& to);
  bool client(const Node& item, std::string_view text, Match& to);
  bool read_client(const Node& item, std::string_view text, std::string_view what, Match& to);
  bool dest(const Node& item, std::string_view text, Match& to);
  bool port_range(const Node& item, std::string_view text, Match& to);
  bool host(const Node& item, std::string_view text, Match& to);
  void time(const Node& item, std::vector<TimeMatch>& to);
  bool host_name(const Node& item, std::string_view text, std::string_view what, Match& to);

  Diagnostics& diagnostics_;
};

}  // namespace weir::config
