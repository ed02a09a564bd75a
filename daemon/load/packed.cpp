// gzip and tar, as far as lists come in them: one text, a folder a category (squidGuard, UT1), or cache_domains.json
// with its files.  Nothing is written to disk, so no name inside can lead anywhere.

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "load/formats.h"

namespace weir::load {

namespace {

constexpr std::size_t largest_unpacked = 1 << 30;
constexpr std::size_t largest_texts = 64 << 20;  // of the files beside a cache_domains.json that may come last
constexpr std::size_t most_members = 1 << 16;
constexpr std::size_t most_steps = 40;      // from link to link, as path_resolution(7) has it
constexpr std::size_t longest_path = 4096;  // of a link and of what it leads to
constexpr std::string_view damaged = "it is damaged or cut off";

struct Close {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, Close>;

bool is_link(archive_entry* entry) {
  return archive_entry_filetype(entry) == AE_IFLNK || archive_entry_hardlink(entry) != nullptr;
}

/// Where a link leads within the archive; empty when that is outside.  What a symbolic link says counts from the folder
/// in which it lies, what a hard link says from the top.
std::filesystem::path led_to(archive_entry* entry, const std::filesystem::path& at) {
  const char *hard = archive_entry_hardlink(entry), *soft = archive_entry_symlink(entry);
  const std::string_view said = hard ? hard : soft ? soft : "";
  if (said.empty() || said.size() > longest_path) return {};
  std::filesystem::path to = ((hard ? std::filesystem::path() : at.parent_path()) / said).lexically_normal();
  if (!to.has_filename()) to = to.parent_path();  // "adult/"
  return to.is_absolute() || *to.begin() == ".." ? std::filesystem::path() : to;
}

/// The category of which this is the folder, or the file in it; "" = it is neither.
std::string category_of(const std::filesystem::path& at) {
  const auto folder = at.filename() == "domains" ? at.parent_path().filename() : at.filename();
  return is_label(folder.string()) ? folder.string() : "";
}

/// One unpacking.  `broken` of the content says why it ended early.
class Unpacker {
 public:
  Unpacker(config::Taken match, ListContent& to) : match_(match), to_(to) {}

  void run(std::string_view bytes) {
    Archive a(archive_read_new());
    archive_read_support_filter_gzip(a.get());
    archive_read_support_format_tar(a.get());
    archive_read_support_format_raw(a.get());
    if (archive_read_open_memory(a.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) return broken(damaged);
    archive_entry* entry = nullptr;
    for (std::size_t members = 0;; ++members) {
      const int got = archive_read_next_header(a.get(), &entry);
      if (got == ARCHIVE_EOF) break;
      if (got < ARCHIVE_WARN) return broken(damaged);
      if (members == most_members) return broken("it holds too many files");
      if (archive_format(a.get()) == ARCHIVE_FORMAT_RAW) return single(a.get());
      if (is_link(entry)) {
        link(entry);
      } else if (archive_entry_filetype(entry) == AE_IFREG && !member(a.get(), entry)) {
        return;
      }
    }
    finish();
  }

 private:
  void broken(std::string_view why) {
    if (to_.broken.empty()) to_.broken = why;
    to_.sets.clear();
    to_.links.clear();
  }

  /// All data of the member that is next; empty, and `broken`, when it is damaged or too large.
  std::optional<std::string> data(archive* a) {
    std::string text;
    char piece[64 << 10];
    for (;;) {
      const auto got = archive_read_data(a, piece, sizeof piece);
      if (got == 0) return text;
      if (got < 0) broken(damaged);
      if (got > 0 && (unpacked_ += static_cast<std::size_t>(got)) > largest_unpacked)
        broken("it unpacks to more than 1 GiB");
      if (!to_.broken.empty()) return {};
      text.append(piece, static_cast<std::size_t>(got));
    }
  }

  /// A text that was packed alone.
  void single(archive* a) {
    const auto text = data(a);
    if (!text) return;
    if (packing_of(*text) != Packing::none) return broken(damaged);  // it begins like gzip, and is not
    to_ = read_list(*text, match_);
  }

  /// False when reading has to end.
  bool member(archive* a, archive_entry* entry) {
    const char* path = archive_entry_pathname(entry);
    const std::filesystem::path at(path ? path : "");
    const std::string file = at.filename().string(), folder = at.parent_path().filename().string();
    if (file == "domains" && is_label(folder)) {
      const auto text = data(a);
      if (text) domains(folder, *text);
      return text.has_value();
    }
    if (file == "urls" || file == "expressions") ++to_.other;
    if (at.extension() != ".txt" && file != "cache_domains.json") return true;
    auto text = data(a);
    if (!text) return false;
    if (file == "cache_domains.json") {
      index_ = std::move(*text);
    } else if ((kept_ += text->size()) <= largest_texts) {
      texts_[file] = std::move(*text);
    }
    return true;
  }

  void domains(const std::string& category, const std::string& text) {
    // In squidGuard's format a name means what is below it too.
    const auto match = match_ == config::Taken::automatic ? config::Taken::tree : match_;
    read_text(text, Format::plain, match, category + "/domains:", to_.sets[category], to_);
  }

  /// A category may be a link to another one: UT1 has many.
  void link(archive_entry* entry) {
    const char* path = archive_entry_pathname(entry);
    const std::filesystem::path at(path && std::string_view(path).size() <= longest_path ? path : "");
    const std::string category = category_of(at);
    if (!category.empty()) links_[category] = category_of(led_to(entry, at));
  }

  /// What they lead to may come behind them, or be a link itself.
  void follow_links() {
    for (const auto& [category, first] : links_) {
      if (to_.sets.contains(category)) continue;  // it has names of its own
      std::string to = first;
      for (std::size_t steps = 0; steps < most_steps && !to_.sets.contains(to) && links_.contains(to); ++steps) {
        to = links_.at(to);
      }
      if (to_.sets.contains(to)) {
        to_.links[category] = to;
      } else {
        add_unreadable(category + " (a link)", to_);
      }
    }
  }

  void finish() {
    to_.format = Format::categories;
    if (index_.empty()) {
      follow_links();
    } else {
      read_index(index_, match_, to_);
      for (const Beside& beside : std::exchange(to_.beside, {})) {
        const auto text = texts_.find(beside.file);
        if (text == texts_.end()) return broken("it lacks " + beside.file + ", which its cache_domains.json mentions");
        read_beside(beside, text->second, match_, to_);
      }
      to_.format = Format::categories;
    }
    if (to_.sets.empty()) broken("it holds neither NAME/domains nor cache_domains.json");
  }

  config::Taken match_;
  ListContent& to_;
  std::size_t unpacked_ = 0, kept_ = 0;
  std::string index_;
  std::map<std::string, std::string> links_;  // category to category; "" = to none
  std::map<std::string, std::string> texts_;
};

}  // namespace

void read_packed(std::string_view bytes, config::Taken match, ListContent& to) { Unpacker(match, to).run(bytes); }

}  // namespace weir::load
