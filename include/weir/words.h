// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The words that files, JSON, metrics and messages share: depth, action, stage, side, format.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

/// How deep a connection is looked at; each value includes what the ones before it can judge.
enum class Depth : std::uint8_t { pass, inspect, splice, serve, intercept };

/// What a rule does.  `allow` ends the search and leaves deeper services in force; `pass` ends it and keeps the flow
/// on the wire; `block` answers (page or TLS alert); `reset` answers nothing but a TCP reset; `redirect` sends the
/// client elsewhere, where it speaks HTTP, and answers like `block` where it does not.
enum class Action : std::uint8_t { allow, pass, block, reset, redirect };

/// Whether the client does not get what it asked for.
constexpr bool refuses(Action action) { return action >= Action::block; }

/// When a fact becomes known.  Later stages know everything that earlier ones did.
enum class Stage : std::uint8_t { syn, hello };

/// Whose doing an ending or an error was.
enum class Side : std::uint8_t { client, origin, weir };

/// What to do where Weir cannot judge: dead, hung, overloaded, full.
enum class OnFailure : std::uint8_t { open, closed };

/// How a line of the access log is written.
enum class LogFormat : std::uint8_t { json, combined, squid, lancache };

/// The word in files, JSON and metrics ("splice").
constexpr std::string_view word(Depth d) {
  constexpr std::string_view words[] = {"pass", "inspect", "splice", "serve", "intercept"};
  return words[static_cast<int>(d)];
}
/// The word for people ("spliced").
constexpr std::string_view spoken(Depth d) {
  constexpr std::string_view words[] = {"passed", "inspected", "spliced", "served", "opened"};
  return words[static_cast<int>(d)];
}
constexpr std::string_view word(Action a) {
  constexpr std::string_view words[] = {"allow", "pass", "block", "reset", "redirect"};
  return words[static_cast<int>(a)];
}
constexpr std::string_view word(Stage s) {
  constexpr std::string_view words[] = {"syn", "hello"};
  return words[static_cast<int>(s)];
}
constexpr std::string_view word(Side s) {
  constexpr std::string_view words[] = {"client", "origin", "weir"};
  return words[static_cast<int>(s)];
}
constexpr std::string_view word(LogFormat f) {
  constexpr std::string_view words[] = {"json", "combined", "squid", "lancache"};
  return words[static_cast<int>(f)];
}
constexpr std::string_view word(OnFailure f) { return f == OnFailure::open ? "open" : "closed"; }

}  // namespace weir
