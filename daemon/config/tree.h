// A TOML document as a plain tree in which every key and every value knows its place.  Keeps the parser, which takes
// seconds to compile, in one file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"

namespace weir::config {

struct Entry;

struct Node {
  enum class Kind : std::uint8_t { boolean, integer, real, text, time, array, table };
  Kind kind;
  Where where;
  bool boolean = false;
  std::int64_t integer = 0;
  std::string text;            ///< of text
  std::vector<Node> items;     ///< of array
  std::vector<Entry> entries;  ///< of table, in the order of the file

  const Node* find(std::string_view key) const;  ///< of table; lives as long as the node
};

struct Entry {
  std::string key;
  Where where;  ///< of the key
  Node value;
};

/// TOML 1.0.  Returns the top table; empty after a syntax error, of which the first is reported.  A key given twice in
/// one file is a syntax error.
std::optional<Node> parse_tree(const std::string& file, std::string_view text, Diagnostics& diagnostics);

/// The value for messages: "\"text\"", "17", "a list".
std::string shown(const Node& node);

}  // namespace weir::config
