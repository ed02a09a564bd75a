// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The tables of reasons as enums with their names and texts: one row, one value, one counter.
#pragma once

#include <cstdint>
#include <string_view>

#include "weir/wire.h"

namespace weir {

enum class CloseReason : std::uint8_t {
#define WEIR_CLOSE(name, failure, text) name,
#include "weir/close_reason.def"
#undef WEIR_CLOSE
};
inline constexpr int close_reasons = 0
#define WEIR_CLOSE(name, failure, text) +1
#include "weir/close_reason.def"
#undef WEIR_CLOSE
    ;

constexpr std::string_view word(CloseReason reason) {
  constexpr std::string_view words[] = {
#define WEIR_CLOSE(name, failure, text) #name,
#include "weir/close_reason.def"
#undef WEIR_CLOSE
  };
  return words[static_cast<int>(reason)];
}
constexpr std::string_view text(CloseReason reason) {
  constexpr std::string_view texts[] = {
#define WEIR_CLOSE(name, failure, text) text,
#include "weir/close_reason.def"
#undef WEIR_CLOSE
  };
  return texts[static_cast<int>(reason)];
}
constexpr bool is_failure(CloseReason reason) {
  constexpr bool failures[] = {
#define WEIR_CLOSE(name, failure, text) failure,
#include "weir/close_reason.def"
#undef WEIR_CLOSE
  };
  return failures[static_cast<int>(reason)];
}

constexpr std::string_view word(weir_wire_reason reason) {
  constexpr std::string_view words[] = {
#define WEIR_WIRE(name, text) #name,
#include "weir/wire_reason.def"
#undef WEIR_WIRE
  };
  return words[static_cast<int>(reason)];
}
constexpr std::string_view text(weir_wire_reason reason) {
  constexpr std::string_view texts[] = {
#define WEIR_WIRE(name, text) text,
#include "weir/wire_reason.def"
#undef WEIR_WIRE
  };
  return texts[static_cast<int>(reason)];
}

}  // namespace weir
