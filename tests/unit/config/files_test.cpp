// Whole files: each ok/*.toml and bad/*.toml has all its diagnostics beside it, word for word, in NAME.txt; an ok file
// without one has none.  Run with WEIR_WRITE_EXPECTED=1 to write them anew - and then read what changed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "texts.h"

namespace weir::config {
namespace {

namespace fs = std::filesystem;
const fs::path here = fs::path(WEIR_SOURCE_DIR) / "tests/unit/config";

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

class Folder final : public Files {
 public:
  explicit Folder(fs::path path) : path_(std::move(path)) {}
  Result<void> read(const std::string& file, std::string& text) const override {
    if (!fs::exists(path_ / file)) {
      return fail(Errc::system, std::make_error_code(std::errc::no_such_file_or_directory));
    }
    text = slurp(path_ / file);
    return {};
  }

 private:
  fs::path path_;
};

Parsed parse_file(const fs::path& folder, const std::string& name) { return parse(name, Folder(folder)); }

class Whole : public testing::TestWithParam<std::string> {};

TEST_P(Whole, FileSaysExactlyWhatStandsBesideIt) {
  const fs::path toml = here / GetParam();
  const Parsed parsed = parse_file(toml.parent_path(), toml.filename().string());
  const std::string found = said(parsed);
  const fs::path beside = fs::path(toml).replace_extension(".txt");
  if (std::getenv("WEIR_WRITE_EXPECTED") && !found.empty()) std::ofstream(beside) << found;

  EXPECT_EQ(found, slurp(beside));
  EXPECT_EQ(parsed.config.has_value(), GetParam().starts_with("ok/"));
}

std::vector<std::string> files() {
  std::vector<std::string> found;
  for (const char* folder : {"ok", "bad"}) {
    for (const auto& entry : fs::directory_iterator(here / folder)) {
      if (entry.path().extension() == ".toml") found.push_back(folder + ('/' + entry.path().filename().string()));
    }
  }
  std::ranges::sort(found);
  return found;
}

INSTANTIATE_TEST_SUITE_P(Config, Whole, testing::ValuesIn(files()), [](const auto& file) {
  std::string name = fs::path(file.param).parent_path().string() + '_' + fs::path(file.param).stem().string();
  return name;
});

TEST(Config, ReportsTenMistakesAtOnceEachOnItsLine) {
  const Parsed parsed = parse_file(here / "bad", "ten_mistakes.toml");
  EXPECT_FALSE(parsed.config);
  std::vector<std::uint32_t> lines;
  for (const Diagnostic& diagnostic : parsed.diagnostics) {
    EXPECT_EQ(diagnostic.severity, Severity::error);
    EXPECT_EQ(diagnostic.where.file, "ten_mistakes.toml");
    lines.push_back(diagnostic.where.line);
  }
  EXPECT_EQ(lines, (std::vector<std::uint32_t>{2, 3, 4, 5, 8, 12, 16, 17, 20, 21}));
}

}  // namespace
}  // namespace weir::config
