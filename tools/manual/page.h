// A manual page in man(7).  Pure: what is said in, its source out.
#pragma once

#include <string>
#include <string_view>

namespace weir::manual {

class Page {
 public:
  /// `name`: "proxyctl"; `summary`: what stands behind the dash of NAME.
  Page(std::string_view name, int section, std::string_view summary);

  void section(std::string_view title);
  void subsection(std::string_view title);
  void paragraph(std::string_view text);
  /// A term and what it means.  In a term "*x*" is bold, "`x`" italic.
  void term(std::string_view term, std::string_view text);
  /// More to say of the last term.
  void more(std::string_view text);
  /// As it stands, line by line.
  void example(std::string_view text);

  const std::string& source() const { return source_; }

 private:
  std::string source_;
};

/// Text that man(7) takes as it is, whatever stands in it.
std::string escaped(std::string_view text);

}  // namespace weir::manual
