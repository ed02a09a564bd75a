#include "load/keep.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "load/file.h"

namespace weir {
NLOHMANN_JSON_SERIALIZE_ENUM(Action, {{Action::block, word(Action::block)},
                                      {Action::allow, word(Action::allow)},
                                      {Action::pass, word(Action::pass)}})
}

namespace weir::config {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Change, number, action, host, client, since, until)
}

namespace weir::load {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ByHand, last, changes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Kept, url, etag, last_modified, updated, checked, held, held_at, except)

namespace {

constexpr std::size_t largest = 1 << 30;

Result<void> write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail_errno();
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

/// The folder's own entry, so that a rename in it outlives a crash.
Result<void> flush_folder(const std::string& path) {
  const Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) return fail_errno();
  return {};
}

}  // namespace

Kept Keep::about(const std::string& list) const {
  std::string text;
  if (!read(list, "about.json", text)) return {};
  try {
    return nlohmann::json::parse(text).get<Kept>();
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

Result<void> Keep::put_about(const std::string& list, const Kept& kept) const {
  // What servers and people wrote need not be UTF-8.
  const auto json = nlohmann::json(kept).dump(2, ' ', true, nlohmann::json::error_handler_t::replace);
  return write(list, "about.json", json + '\n');
}

void Keep::drop_held(const std::string& list) const { ::unlink((path(list) + "/held").c_str()); }

Result<void> Keep::read(const std::string& list, const char* file, std::string& text) const {
  return read_file(path(list) + '/' + file, largest, text);
}

Result<ByHand> Keep::by_hand() const {
  std::string text;
  if (const auto got = read_file(folder_ + "/by_hand.json", largest, text); !got) {
    if (got.error().cause == std::errc::no_such_file_or_directory) return ByHand();
    return std::unexpected(got.error());
  }
  try {
    return nlohmann::json::parse(text).get<ByHand>();
  } catch (const nlohmann::json::exception&) {
    return fail(Errc::system, std::make_error_code(std::errc::illegal_byte_sequence));
  }
}

Result<void> Keep::put_by_hand(const ByHand& by_hand) const {
  const auto json = nlohmann::json(by_hand).dump(2, ' ', true, nlohmann::json::error_handler_t::replace);
  return replace(folder_, "by_hand.json", json + '\n');
}

Result<void> Keep::write(const std::string& list, const char* file, std::string_view text) const {
  return replace(path(list), file, text);
}

Result<void> Keep::replace(const std::string& folder, const char* file, std::string_view text) const {
  const std::string target = folder + '/' + file, beside = target + ".new";
  // The folder above belongs to the package; a first run by hand makes it.
  for (const std::string& made : {folder_, folder}) {
    if (::mkdir(made.c_str(), 0750) != 0 && errno != EEXIST) return fail_errno();
  }
  const Fd fd(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!fd) return fail_errno();
  if (const auto put = write_all(fd.get(), text); !put) return put;
  if (fsync(fd.get()) != 0 || std::rename(beside.c_str(), target.c_str()) != 0) return fail_errno();
  return flush_folder(folder);
}

}  // namespace weir::load
