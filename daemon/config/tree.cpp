#include "config/tree.h"

#include <algorithm>
#include <tuple>

// The parser asserts what malformed files break ("[[["), although its next lines report just that; and with NDEBUG it
// lets clang assume it.  Both would turn a bad file into a crash, so here an assertion is nothing.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_EXCEPTIONS         0
#define TOML_HEADER_ONLY        1
#define TOML_ENABLE_FORMATTERS  0
#define TOML_MAX_NESTED_VALUES  32  // the deepest legal value has 4; ours and the parser's recursion end here
#include <toml++/toml.h>

namespace weir::config {

namespace {

Where place(const std::string& file, const toml::source_region& region) {
  return {file, region.begin.line, region.begin.column};
}

Node convert(const std::string& file, const toml::node& from) {
  Node node{.kind = Node::Kind::time, .where = place(file, from.source())};
  if (const auto* boolean = from.as_boolean()) {
    node.kind = Node::Kind::boolean;
    node.boolean = boolean->get();
  } else if (const auto* integer = from.as_integer()) {
    node.kind = Node::Kind::integer;
    node.integer = integer->get();
  } else if (from.is_floating_point()) {
    node.kind = Node::Kind::real;
  } else if (const auto* text = from.as_string()) {
    node.kind = Node::Kind::text;
    node.text = text->get();
  } else if (const auto* array = from.as_array()) {
    node.kind = Node::Kind::array;
    for (const toml::node& item : *array) node.items.push_back(convert(file, item));
  } else if (const auto* table = from.as_table()) {
    node.kind = Node::Kind::table;
    for (const auto& [key, value] : *table) {
      node.entries.push_back({std::string(key.str()), place(file, key.source()), convert(file, value)});
    }
    std::ranges::sort(node.entries, {}, [](const Entry& e) { return std::tuple(e.where.line, e.where.column); });
  }
  return node;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto entry = std::ranges::find(entries, key, &Entry::key);
  return entry == entries.end() ? nullptr : &entry->value;
}

std::optional<Node> parse_tree(const std::string& file, std::string_view text, Diagnostics& diagnostics) {
  const toml::parse_result result = toml::parse(text);
  if (!result) {
    const toml::parse_error& error = result.error();
    constexpr std::string_view prefix = "Error while parsing ";
    std::string message(error.description());
    if (message.starts_with(prefix)) message.replace(0, prefix.size(), "syntax error in ");
    diagnostics.error(place(file, error.source()), std::move(message));
    return {};
  }
  return convert(file, result.table());
}

std::string shown(const Node& node) {
  switch (node.kind) {
    case Node::Kind::boolean: return node.boolean ? "true" : "false";
    case Node::Kind::integer: return std::to_string(node.integer);
    case Node::Kind::real: return "a fraction";
    case Node::Kind::text: return in_quotes(node.text);
    case Node::Kind::time: return "a date or time";
    case Node::Kind::array: return "a list";
    case Node::Kind::table: return "a table";
  }
  return {};
}

}  // namespace weir::config
