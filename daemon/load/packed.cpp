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
constexpr std::string_view damaged = "it is damaged or cut off";

struct Close {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Archive = std::unique_ptr<archive, Close>;

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
      if (archive_entry_filetype(entry) == AE_IFREG && !member(a.get(), entry)) return;
    }
    finish();
  }

 private:
  void broken(std::string_view why) {
    if (to_.broken.empty()) to_.broken = why;
    to_.sets.clear();
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

  void finish() {
    to_.format = Format::categories;
    if (!index_.empty()) {
      read_index(index_, to_);
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
  std::map<std::string, std::string> texts_;
};

}  // namespace

void read_packed(std::string_view bytes, config::Taken match, ListContent& to) { Unpacker(match, to).run(bytes); }

}  // namespace weir::load
