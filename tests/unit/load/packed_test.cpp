// Archives as people publish them, made here byte by byte with libarchive, and as nobody should.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "load/list.h"
#include "names_in.h"

namespace weir::load {
namespace {

using Names = std::vector<std::string>;

struct Member {
  std::string path, text;
  int type = AE_IFREG;
};

std::string packed(const std::vector<Member>& members, bool gzip) {
  std::string bytes(16 << 20, '\0');
  std::size_t used = 0;
  archive* a = archive_write_new();
  if (gzip) archive_write_add_filter_gzip(a);
  archive_write_set_format_ustar(a);
  archive_write_open_memory(a, bytes.data(), bytes.size(), &used);
  for (const Member& member : members) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, member.path.c_str());
    archive_entry_set_filetype(entry, member.type);
    archive_entry_set_size(entry, static_cast<la_int64_t>(member.text.size()));
    if (member.type == AE_IFLNK) archive_entry_set_symlink(entry, "/etc/passwd");
    archive_write_header(a, entry);
    archive_write_data(a, member.text.data(), member.text.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
  bytes.resize(used);
  return bytes;
}

std::string gzipped(const std::string& text) {
  std::string bytes(1 << 20, '\0');
  std::size_t used = 0;
  archive* a = archive_write_new();
  archive_write_add_filter_gzip(a);
  archive_write_set_format_raw(a);
  archive_write_set_bytes_in_last_block(a, 1);
  archive_write_open_memory(a, bytes.data(), bytes.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(a, entry);
  archive_write_data(a, text.data(), text.size());
  archive_entry_free(entry);
  archive_write_close(a);
  archive_write_free(a);
  bytes.resize(used);
  return bytes;
}

const std::vector<Member> ut1 = {
    {"blacklists/", "", AE_IFDIR},
    {"blacklists/README", "read me"},
    {"blacklists/adult/", "", AE_IFDIR},
    {"blacklists/adult/domains", "one.example\n192.0.2.7\nb..d\n"},
    {"blacklists/adult/urls", "one.example/path\n"},
    {"blacklists/bank/domains", "bank.example\n"},
    {"blacklists/link/domains", "", AE_IFLNK},
};

TEST(Packed, AFolderIsACategory) {
  for (const bool gzip : {false, true}) {
    const ListContent list = read_list(packed(ut1, gzip));
    EXPECT_EQ(list.broken, "");
    EXPECT_EQ(list.format, Format::categories);
    ASSERT_EQ(list.sets.size(), 2u) << "a link is followed nowhere";
    EXPECT_EQ(names_in(list.sets.at("adult")), (Names{".one.example", ".192.0.2.7"}))
        << "squidGuard means what is below as well";
    EXPECT_EQ(names_in(list.sets.at("bank")), Names{".bank.example"});
    EXPECT_EQ(list.names, 3u);
    EXPECT_EQ(list.other, 1u) << "URLs are not about names";
    EXPECT_EQ(list.first_places, Names{"adult/domains:3"});
  }
}

TEST(Packed, TheOperatorMaySayWhatNamesMean) {
  const ListContent list = read_list(packed(ut1, true), config::Taken::exact);
  EXPECT_EQ(names_in(list.sets.at("bank")), Names{"bank.example"});
}

TEST(Packed, AnArchiveMayHoldCacheDomains) {
  const ListContent list =
      read_list(packed({{"cache-domains-master/cache_domains.json",
                         R"({"cache_domains": [{"name": "steam", "domain_files": ["steam.txt"]}]})"},
                        {"cache-domains-master/steam.txt", "*.content.example\nlancache.example\n"},
                        {"cache-domains-master/unused.txt", "no.example\n"}},
                       true));
  EXPECT_EQ(list.broken, "");
  ASSERT_EQ(list.sets.size(), 1u);
  EXPECT_EQ(names_in(list.sets.at("steam")), (Names{".content.example", "lancache.example"}));
}

TEST(Packed, AFileMayBePackedAlone) {
  const ListContent list = read_list(gzipped("||a.example^\n||b.example^\n"));
  EXPECT_EQ(list.broken, "");
  EXPECT_EQ(list.format, Format::adblock);
  EXPECT_EQ(names_in(list.sets.at("")), (Names{".a.example", ".b.example"}));
}

TEST(Packed, WhatIsCutOffIsNotUsedInPart) {
  for (const bool gzip : {false, true}) {
    std::vector<Member> large = ut1;
    large.push_back({"blacklists/large/domains", std::string(200'000, 'x')});
    std::string bytes = packed(large, gzip);
    bytes.resize(gzip ? bytes.size() / 2 : 100'000);
    const ListContent list = read_list(bytes);
    EXPECT_EQ(list.broken, "it is damaged or cut off") << gzip;
    EXPECT_TRUE(list.sets.empty());
  }
}

TEST(Packed, SaysWhyAnArchiveIsOfNoUse) {
  EXPECT_EQ(read_list(packed({{"a/b", "c"}}, false)).broken, "it holds neither NAME/domains nor cache_domains.json");
  EXPECT_EQ(
      read_list(
          packed({{"cache_domains.json", R"({"cache_domains": [{"name": "a", "domain_files": ["a.txt"]}]})"}}, false))
          .broken,
      "it lacks a.txt, which its cache_domains.json mentions");
}

}  // namespace
}  // namespace weir::load
