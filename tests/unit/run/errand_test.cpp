// A cache_domains.json and its files, played by answers that are written here.
#include "run/errand.h"

#include <gtest/gtest.h>

#include "load/list.h"

namespace weir::run {
namespace {

const std::string url = "https://lists.example/cdn/cache_domains.json";
const std::string two = R"({"cache_domains": [{"name": "steam", "domain_files": ["steam.txt"]},
                                              {"name": "wsus", "domain_files": ["wsus.txt", "steam.txt"]}]})";

fetch::Request question(const std::string& at = url) {
  return {.name = "cdn", .url = at, .etag = "", .last_modified = ""};
}
fetch::Fetched is(const std::string& at, const std::string& body, const std::string& etag = "") {
  return {.name = "cdn", .url = at, .failure = "", .changed = true, .body = body, .etag = etag, .last_modified = ""};
}
fetch::Fetched unchanged(const std::string& at) { return {.name = "cdn", .url = at}; }
fetch::Fetched lost(const std::string& at) { return {.name = "cdn", .url = at, .failure = "the server answered 404"}; }

const std::string steam = "https://lists.example/cdn/steam.txt", wsus = "https://lists.example/cdn/wsus.txt";

/// What a gateway keeps that has fetched all of it.
fetch::Fetched all_of_it(const std::string& index_etag = "\"1\"") {
  Errand errand(question(), {});
  errand.take(is(url, two, index_etag));
  errand.take(is(steam, "*.content.example\n", "\"s1\""));
  return std::move(*errand.take(is(wsus, "update.example\n", "\"w1\"")).done);
}

TEST(Errand, AListInOneFileIsDoneAtOnce) {
  EXPECT_EQ(Errand(question(), {}).take(is(url, "a.example\n")).done->body, "a.example\n");
  EXPECT_FALSE(Errand(question(), {}).take(unchanged(url)).done->changed);
  EXPECT_EQ(Errand(question(), {}).take(lost(url)).done->failure, "the server answered 404");
}

TEST(Errand, TheFilesOfAnIndexAreAskedForInItsFolder) {
  Errand errand(question(), {});
  const auto first = errand.take(is(url, two));
  ASSERT_TRUE(first.ask);
  EXPECT_EQ(first.ask->url, steam);
  EXPECT_EQ(first.ask->etag, "");
  EXPECT_EQ(errand.take(is(steam, "")).ask->url, wsus);

  EXPECT_EQ(Errand(question("http://a.example"), {}).take(is("http://a.example", two)).ask->url,
            "http://a.example/steam.txt");
  const std::string asked = "http://a.example/x/index?of=/all/#top";
  EXPECT_EQ(Errand(question(asked), {}).take(is(asked, two)).ask->url, "http://a.example/x/steam.txt");
}

TEST(Errand, AllOfItIsOneList) {
  const load::ListContent list = load::read_list(all_of_it().body);
  EXPECT_EQ(list.broken, "");
  EXPECT_EQ(list.format, load::Format::cache_domains);
  EXPECT_EQ(list.names, 3u);
  EXPECT_EQ(list.sets.at("steam").names(), 1u);
  EXPECT_EQ(list.sets.at("wsus").names(), 2u);
}

TEST(Errand, AFileThatIsMissingFailsTheWhole) {
  Errand errand(question(), {});
  errand.take(is(url, two));
  errand.take(is(steam, "*.content.example\n"));
  const auto step = errand.take(lost(wsus));
  ASSERT_TRUE(step.done);
  EXPECT_EQ(step.done->failure, "wsus.txt: the server answered 404");
  EXPECT_EQ(step.done->url, url);
}

// RFC 9110 §13.1.2: every file has a validator of its own.
TEST(Errand, EveryFileIsAskedForOnCondition) {
  fetch::Request again = question();
  again.etag = "\"1\"";
  Errand errand(again, *load::unbundled(all_of_it().body));
  EXPECT_EQ(errand.take(unchanged(url)).ask->etag, "\"s1\"");
  EXPECT_EQ(errand.take(unchanged(steam)).ask->etag, "\"w1\"");
  const auto step = errand.take(is(wsus, "new.example\n", "\"w2\""));
  ASSERT_TRUE(step.done && step.done->changed);
  EXPECT_EQ(step.done->etag, "\"1\"");
  const load::Bundle kept = *load::unbundled(step.done->body);
  EXPECT_EQ(kept.files[0].text, "*.content.example\n") << "what did not change is as it was";
  EXPECT_EQ(kept.files[1].text, "new.example\n");
  EXPECT_EQ(kept.files[1].etag, "\"w2\"");
}

TEST(Errand, NothingChangedWhenNoFileDid) {
  Errand errand(question(), *load::unbundled(all_of_it().body));
  errand.take(unchanged(url));
  errand.take(unchanged(steam));
  const auto step = errand.take(unchanged(wsus));
  ASSERT_TRUE(step.done);
  EXPECT_FALSE(step.done->changed);
  EXPECT_EQ(step.done->failure, "");
}

TEST(Errand, AnAnswerToAnotherQuestionIsPassedOver) {
  Errand errand(question(), {});
  errand.take(is(url, two));
  const auto step = errand.take(is(url, two));
  EXPECT_FALSE(step.ask || step.done);
  EXPECT_EQ(errand.take(is(steam, "")).ask->url, wsus);
}

TEST(Errand, AnIndexMentionsOnlySoManyFiles) {
  std::string files = R"("f.txt")";
  for (int n = 0; n < 256; ++n) files += ", \"f" + std::to_string(n) + ".txt\"";
  const std::string index = R"({"cache_domains": [{"name": "a", "domain_files": [)" + files + "]}]}";
  EXPECT_EQ(Errand(question(), {}).take(is(url, index)).done->failure, "it mentions 257 files, and 256 are the most");
}

TEST(Errand, TheFilesTogetherHaveALimit) {
  Errand errand(question(), {});
  errand.take(is(url, two));
  errand.take(is(steam, std::string(40 << 20, '#')));
  EXPECT_EQ(errand.take(is(wsus, std::string(40 << 20, '#'))).done->failure,
            "the files that it mentions have more than 64 MiB");
}

}  // namespace
}  // namespace weir::run
