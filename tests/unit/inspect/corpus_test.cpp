// The corpus of tests/fuzz/inspect: hellos of real clients and odd ones.  The folder says what each must be found to
// be.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "inspect/look.h"

namespace weir::inspect {
namespace {

using Kind = Finding::Kind;
const std::filesystem::path corpus = std::filesystem::path(WEIR_SOURCE_DIR) / "tests/fuzz/inspect/corpus";

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Shows two segments, then all of it: a finding may come early, but never another one.
Finding in_two(std::string_view bytes, std::size_t cut) {
  Look look;
  Finding found = look(as_bytes(bytes).first(cut));
  return found.kind == Kind::incomplete ? look(as_bytes(bytes)) : found;
}

void expect_in_folder(const std::string& folder, Kind kind) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus / folder)) {
    const std::string file = entry.path().filename(), bytes = contents(entry.path());
    std::string name = file.substr(0, file.find("--"));
    if (kind != Kind::tls || name == "unnamed") name.clear();
    // Every cut of a hello as they commonly are; some of a long one.
    const std::size_t step = bytes.size() <= 4096 ? 1 : bytes.size() / 32;
    for (std::size_t cut = 0; cut <= bytes.size(); cut += step) {
      const Finding found = in_two(bytes, cut);
      ASSERT_EQ(found.kind, kind) << file << " cut at " << cut << ' ' << found.why;
      ASSERT_EQ(found.hello.server_name, name) << file << " cut at " << cut;
    }
    ++files;
  }
  EXPECT_GT(files, 0);
}

TEST(Corpus, LegalHellosAreReadWithTheirNames) { expect_in_folder("tls", Kind::tls); }
TEST(Corpus, MalformedHellosAreRefused) { expect_in_folder("malformed", Kind::malformed); }
TEST(Corpus, RequestsAreHttp) { expect_in_folder("http", Kind::http); }
TEST(Corpus, AllElseIsOther) { expect_in_folder("other", Kind::other); }

}  // namespace
}  // namespace weir::inspect
