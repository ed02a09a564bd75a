// The shapes of weir/control.h to and from JSON, for the two who speak it.  Every shape there has both functions; they
// are compiled in one place, since nothing else of Weir takes a compiler as long.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::control {

/// One line of ASCII: names and URLs are whatever clients sent, and so they harm no terminal.
template <class T>
std::string json_text(const T& shape);

/// A member that is missing has its default, so that an older daemon and a newer proxyctl understand each other.
/// Empty: no JSON, or not of this shape.
template <class T>
std::optional<T> parse_json(std::string_view text);

/// What {"error": text} says; empty: `text` is no refusal.
std::optional<std::string> refusal_in(std::string_view text);

}  // namespace weir::control
