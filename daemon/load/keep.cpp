#include "load/keep.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "load/file.h"

namespace weir {
NLOHMANN_JSON_SERIALIZE_ENUM(Action, {{Action::block, word(Action::block)},
                                      {Action::allow, word(Action::allow)},
                                      {Action::pass, word(Action::pass)}})
}

namespace weir::config {
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Change, number, action, list, never, host, client, since, until)
}

namespace weir::load {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(ByHand, last, changes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Kept, url, etag, last_modified, updated, checked, held, held_at, except)

namespace {

constexpr std::size_t largest = 1 << 30;

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
  if (::mkdir(folder_.c_str(), 0750) != 0 && errno != EEXIST) return fail_errno();
  return write_file(folder_ + "/by_hand.json", json + '\n');
}

Result<void> Keep::write(const std::string& list, const char* file, std::string_view text) const {
  const std::string folder = path(list);
  // The folder above belongs to the package; a first run by hand makes it.
  for (const std::string& made : {folder_, folder}) {
    if (::mkdir(made.c_str(), 0750) != 0 && errno != EEXIST) return fail_errno();
  }
  return write_file(folder + '/' + file, text);
}

}  // namespace weir::load
