#include "load/load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "config/parse.h"
#include "load/list.h"
#include "load/zone.h"

namespace weir::load {

namespace {

constexpr std::size_t largest_config = 16 << 20, largest_list = 1 << 30;

/// The whole of a regular file.  Never waits: a FIFO is refused, not opened for a writer that may not come.
Result<void> read_file(const std::string& path, std::size_t largest, std::string& text) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return fail_errno();
  struct stat info;
  if (fstat(fd.get(), &info) < 0) return fail_errno();
  if (S_ISDIR(info.st_mode)) return fail(Errc::system, std::make_error_code(std::errc::is_a_directory));
  if (!S_ISREG(info.st_mode)) return fail(Errc::system, std::make_error_code(std::errc::not_supported));
  if (static_cast<std::uint64_t>(info.st_size) > largest) {
    return fail(Errc::system, std::make_error_code(std::errc::file_too_large));
  }

  // A file that grows meanwhile is read as far as it reached.
  text.resize(static_cast<std::size_t>(info.st_size));
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = read(fd.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno();
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return {};
}

class ConfigFiles final : public config::Files {
 public:
  Result<void> read(const std::string& path, std::string& text) const override {
    return read_file(path, largest_config, text);
  }
};

policy::NameList names_in_place(const config::List& list) {
  policy::NameList names;
  for (const config::Match& match : list.names) {
    (match.kind == config::Match::Kind::subtree ? names.subtree : names.exact).push_back(match.text);
  }
  return names;
}

std::string unreadable_text(const config::List& list, const ListContent& content) {
  std::string lines;
  for (const std::uint32_t line : content.first_lines) {
    lines += (lines.empty() ? "" : ", ") + std::to_string(line);
  }
  const bool one = content.unreadable == 1;
  return count_text(content.unreadable) + (one ? " line of " : " lines of ") + config::in_quotes(list.file) +
         (one ? " is no name and is" : " are no names and are") + " ignored: " + (one ? "line " : "lines ") + lines +
         (content.unreadable > content.first_lines.size() ? ", ..." : "");
}

policy::NameList read_names(const config::List& list, config::Diagnostics& diagnostics) {
  if (list.file.empty()) return names_in_place(list);
  std::string text;
  if (const auto got = read_file(list.file, largest_list, text); !got) {
    diagnostics.error(list.where, "list " + config::in_quotes(list.name) + ": " + config::in_quotes(list.file) +
                                      " cannot be read: " + got.error().cause.message());
    return {};
  }
  ListContent content = read_list(text);
  if (content.unreadable > 0) diagnostics.warning(list.where, unreadable_text(list, content));
  if (content.names.exact.empty() && content.names.subtree.empty()) {
    diagnostics.warning(list.where, "list " + config::in_quotes(list.name) + " holds no name and matches nothing");
  }
  return std::move(content.names);
}

void check_zone(const config::Gateway& gateway, config::Diagnostics& diagnostics) {
  if (gateway.timezone.empty() || is_zone(gateway.timezone)) return;
  const std::string near = nearest_zone(gateway.timezone);
  diagnostics.error(gateway.timezone_at, "there is no time zone " + config::in_quotes(gateway.timezone),
                    near.empty() ? "see timedatectl list-timezones; they come with the package tzdata"
                                 : "did you mean " + config::in_quotes(near) + "?");
}

}  // namespace

Loaded load(const std::string& path) {
  config::Parsed parsed = config::parse(path, ConfigFiles());
  Loaded loaded;
  config::Diagnostics diagnostics(std::move(parsed.diagnostics));
  for (const config::List& list : parsed.lists) loaded.lists.emplace(list.name, read_names(list, diagnostics));
  check_zone(parsed.gateway, diagnostics);
  if (!diagnostics.failed()) loaded.config = std::move(parsed.config);
  loaded.diagnostics = std::move(diagnostics).take(parsed.files);
  return loaded;
}

}  // namespace weir::load
