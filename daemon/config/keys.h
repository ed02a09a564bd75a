// Every key of weir.toml, once: it drives reading, suggestions for unknown keys, and the reference for operators.
#pragma once

#include <span>
#include <string_view>

namespace weir::config {

class Reader;
struct Node;

struct Key {
  enum class Applies : std::uint8_t {
    reload,   ///< a change takes effect by `proxyctl reload`
    restart,  ///< read once: a change takes effect at the next start
  };
  std::string_view path;      ///< "gateway.lan"
  std::string_view type;      ///< "list of interfaces"
  std::string_view fallback;  ///< the default as it would be written; "" = none; `required` = must stand there
  Applies applies;
  std::string_view doc;  ///< one line
  void (*read)(Reader&, const Node&);

  static constexpr std::string_view required = "required";
  std::string_view section() const { return path.substr(0, path.find('.')); }  ///< "gateway"
  std::string_view leaf() const { return path.substr(path.find('.') + 1); }    ///< "lan"
};

/// In the order in which they are documented.
std::span<const Key> keys();
const Key* find_key(std::string_view path);

/// "gateway", ..., "list": what may stand at the top of a file besides `include`.
std::span<const std::string_view> sections();
/// Whether the section is written [[section]], any number of times.
bool repeats(std::string_view section);

}  // namespace weir::config
