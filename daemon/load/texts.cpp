#include "load/texts.h"

#include <cinttypes>
#include <cstdint>
#include <cstdio>

#include "load/file.h"

namespace weir::load {

std::string print_of(const Texts& texts) {
  if (texts.empty()) return {};
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: no adversary, the operator compares his own files
  for (const Text& one : texts) {
    for (const char c : one.text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ one.text.size()) * 0x100000001b3;  // moving a line to the next file is a change
  }
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016" PRIx64, hash);
  return digits;
}

std::optional<Texts> now_on_disk(const Texts& texts) {
  Texts now = texts;
  for (Text& one : now) {
    if (!read_file(one.path, largest_config, one.text)) return std::nullopt;
  }
  return now;
}

}  // namespace weir::load
