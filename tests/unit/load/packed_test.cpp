// Archives as people publish them, made here byte by byte with libarchive, and as nobody should.
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "load/load.h"
#include "names_in.h"

namespace weir::load {
namespace {

using Names = std::vector<std::string>;

struct Member {
  std::string path, text;  // of a link: where it leads
  int type = AE_IFREG;
  bool hard = false;
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
    const bool link = member.hard || member.type == AE_IFLNK;
    archive_entry_set_size(entry, link ? 0 : static_cast<la_int64_t>(member.text.size()));
    if (member.hard) archive_entry_set_hardlink(entry, member.text.c_str());
    if (member.type == AE_IFLNK) archive_entry_set_symlink(entry, member.text.c_str());
    archive_write_header(a, entry);
    if (!link) archive_write_data(a, member.text.data(), member.text.size());
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
};

TEST(Packed, AFolderIsACategory) {
  for (const bool gzip : {false, true}) {
    const ListContent list = read_list(packed(ut1, gzip));
    EXPECT_EQ(list.broken, "");
    EXPECT_EQ(list.format, Format::categories);
    ASSERT_EQ(list.sets.size(), 2u);
    EXPECT_EQ(names_in(list.sets.at("adult")), (Names{".one.example", ".192.0.2.7"}))
        << "squidGuard means what is below as well";
    EXPECT_EQ(names_in(list.sets.at("bank")), Names{".bank.example"});
    EXPECT_EQ(list.names, 3u);
    EXPECT_EQ(list.other, 1u) << "URLs are not about names";
    EXPECT_EQ(list.first_places, Names{"adult/domains:3"});
  }
}

using Links = std::map<std::string, std::string>;

TEST(Packed, ACategoryMayBeALinkToAnotherOne) {
  const ListContent list = read_list(packed({{"blacklists/porn", "adult", AE_IFLNK},
                                             {"blacklists/x", "./porn/", AE_IFLNK},
                                             {"blacklists/adult/domains", "one.example\n"},
                                             {"blacklists/y/domains", "../adult/domains", AE_IFLNK},
                                             {"blacklists/z/domains", "blacklists/adult/domains", AE_IFREG, true}},
                                            true));
  EXPECT_EQ(list.broken, "");
  EXPECT_EQ(list.links, (Links{{"porn", "adult"}, {"x", "adult"}, {"y", "adult"}, {"z", "adult"}}));
  EXPECT_EQ(list.sets.size(), 1u);
  EXPECT_EQ(list.names, 1u) << "they are the same names";
  EXPECT_EQ(list.unreadable, 0u);
  policy::NameLists lists;
  share("ut1", list, lists);
  EXPECT_EQ(lists.at("ut1/porn"), lists.at("ut1/adult")) << "and take no memory twice";
}

TEST(Packed, ALinkThatLeadsOutsideOrInCirclesIsUnreadable) {
  const ListContent list = read_list(packed({{"blacklists/a", "b", AE_IFLNK},
                                             {"blacklists/b", "a", AE_IFLNK},
                                             {"blacklists/c", "/blacklists/adult", AE_IFLNK},
                                             {"blacklists/d", "../../adult", AE_IFLNK},
                                             {"blacklists/e/domains", "/etc/passwd", AE_IFLNK},
                                             {"blacklists/adult/domains", "one.example\n"},
                                             {"blacklists/adult", "d", AE_IFLNK}},
                                            false));
  EXPECT_EQ(list.links, Links());
  EXPECT_EQ(names_in(list.sets.at("adult")), Names{".one.example"}) << "names go before a link";
  EXPECT_EQ(list.unreadable, 5u);
  EXPECT_EQ(list.first_places, (Names{"a (a link)", "b (a link)", "c (a link)", "d (a link)", "e (a link)"}));
}

TEST(Packed, AChainOfLinksEndsSomewhere) {
  std::vector<Member> members = {{"x/n99/domains", "one.example\n"}};
  for (int n = 0; n < 99; ++n) members.push_back({"x/n" + std::to_string(n), "n" + std::to_string(n + 1), AE_IFLNK});
  const ListContent list = read_list(packed(members, true));
  EXPECT_EQ(list.links.at("n98"), "n99");
  EXPECT_EQ(list.links.size(), 41u);
  EXPECT_EQ(list.unreadable, 58u);
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
