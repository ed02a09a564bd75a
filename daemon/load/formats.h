// The readers of single formats, for this room: each takes one line, or one document, and adds the names in it.
#pragma once

#include <string>
#include <string_view>

#include "load/list.h"

namespace weir::load {

/// What became of a line.
enum class Line : std::uint8_t { read, other, unreadable };
/// What a line says of the name in it; `bare` = nothing.
enum class As : std::uint8_t { bare, exact, tree };

/// Takes the names that readers find; `match` of the list has the last word.
class Taker {
 public:
  Taker(policy::NameList& names, config::Taken match) : names_(names), match_(match) {}
  /// False if it is no host name.
  bool add(std::string_view name, As as, bool exception = false) {
    const bool tree = match_ == config::Taken::automatic ? as == As::tree : match_ == config::Taken::tree;
    using Kind = policy::NameList::Kind;
    const Kind kind = exception ? tree ? Kind::not_subtree : Kind::not_exact : tree ? Kind::subtree : Kind::exact;
    if (!names_.add(name, kind)) return false;
    if (as == As::bare && match_ == config::Taken::automatic) ++bare_;
    return true;
  }
  /// How many names were taken for themselves alone for want of a better reason.
  std::size_t bare() const { return bare_; }

 private:
  policy::NameList& names_;
  config::Taken match_;
  std::size_t bare_ = 0;
};

/// Plain names and hosts lines.
class PlainReader {
 public:
  Line read(std::string_view line, Taker& to);

 private:
  std::string_view address_;  // of the line before: published files repeat one
};

class AdblockReader {
 public:
  Line read(std::string_view line, Taker& to);

 private:
  PlainReader plain_;
};

class DnsmasqReader {
 public:
  Line read(std::string_view line, Taker& to);
};

/// RFC 1035 §5.1 as far as published policy zones use it; the zone's own records are passed over.
class ZoneReader {
 public:
  Line read(std::string_view line, Taker& to);

 private:
  struct Record;
  Line directive(std::string_view name, std::string_view value);
  Line trigger(const Record& record, Taker& to) const;
  std::string absolute(std::string_view owner) const;

  std::string zone_, origin_;  // without the dot at the end; "" = not known
  std::string owner_;          // as it was written last
  int parentheses_ = 0;        // a record goes on until they are closed
};

/// What the bytes are, before they are unpacked.
enum class Packing : std::uint8_t { none, gzip, archive };
Packing packing_of(std::string_view bytes);
/// By the first lines; never `categories`.
Format recognise(std::string_view text);

/// cache_domains.json: the files that it mentions, or, in a bundle, the names in them.
void read_index(std::string_view json, config::Taken match, ListContent& to);
/// gzip and tar.
void read_packed(std::string_view bytes, config::Taken match, ListContent& to);
/// A text in a format that recognise() can name.  `place`: what stands before line numbers, "adult/domains:".
void read_text(std::string_view text, Format format, config::Taken match, const std::string& place,
               policy::NameList& names, ListContent& to);

/// Counts a line that makes no sense, or whatever stands at `place`.
void add_unreadable(std::string place, ListContent& to);

/// Fit to be a category, "@list/category", or the name of a file beside another.
bool is_label(std::string_view word);

// --- pieces of lines -------------------------------------------------------------------------------------------------

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
inline std::string_view stripped(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}
/// The next word of `line`, which is taken off it; empty at the end.
inline std::string_view next_word(std::string_view& line) {
  std::size_t start = 0;
  while (start < line.size() && is_blank(line[start])) ++start;
  std::size_t end = start;
  while (end < line.size() && !is_blank(line[end])) ++end;
  const std::string_view word = line.substr(start, end - start);
  line.remove_prefix(end);
  return word;
}
/// The next line of `text`, which is taken off it with its end.
inline std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

}  // namespace weir::load
