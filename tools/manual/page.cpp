#include "manual/page.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace weir::manual {

namespace {

/// A term with its marks: "*--config* `PATH`".
std::string marked(std::string_view text) {
  std::string out, plain;
  bool bold = false, italic = false;
  const auto flush = [&] { out += escaped(std::exchange(plain, {})); };
  for (const char c : text) {
    bool& now = c == '*' ? bold : italic;
    if (c != '*' && c != '`') {
      plain += c;
      continue;
    }
    flush();
    now = !now;
    out += now ? (c == '*' ? "\\fB" : "\\fI") : "\\fR";
  }
  flush();
  return out;
}

/// Each sentence on a line of its own, as man(7) wants it.
std::string sentences(std::string_view text) {
  std::string out = escaped(text);
  for (auto at = out.find(".  "); at != out.npos; at = out.find(".  ", at + 1)) out.replace(at, 3, ".\n");
  return out;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  bool starts_line = true;
  for (const char c : text) {
    if (starts_line && (c == '.' || c == '\'')) out += "\\&";
    starts_line = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '"') {
      out += "\\(dq";
    } else {
      out += c;
    }
  }
  return out;
}

Page::Page(std::string_view name, int number, std::string_view summary) {
  std::string title(name);
  std::ranges::transform(title, title.begin(), [](unsigned char c) { return std::toupper(c); });
  source_ = ".\\\" Made from the tables of the program.\n.TH " + escaped(title) + ' ' + std::to_string(number) +
            " \"" WEIR_RELEASED "\" \"Weir " WEIR_VERSION "\"\n";
  section("NAME");
  source_ += escaped(name) + " \\- " + escaped(summary) + '\n';
}

void Page::section(std::string_view title) { source_ += ".SH " + escaped(title) + '\n'; }

void Page::subsection(std::string_view title) { source_ += ".SS " + escaped(title) + '\n'; }

void Page::paragraph(std::string_view text) {
  // man(7) has a paragraph begin by itself behind a title.
  const auto last = source_.rfind('\n', source_.size() - 2);
  const bool titled = source_.compare(last + 1, 2, ".S") == 0;
  source_ += (titled ? "" : ".PP\n") + sentences(text) + '\n';
}

void Page::term(std::string_view term, std::string_view text) {
  source_ += ".TP\n" + marked(term) + '\n' + sentences(text) + '\n';
}

void Page::more(std::string_view text) { source_ += ".IP\n" + sentences(text) + '\n'; }

void Page::example(std::string_view text) {
  source_ += ".nf\n" + escaped(text) + (text.ends_with('\n') ? "" : "\n") + ".fi\n";
}

}  // namespace weir::manual
