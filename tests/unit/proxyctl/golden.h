// The daemon's JSON in, the page in golden/ out.  A person has read each page; to change one on purpose, run the test
// with WEIR_GOLDEN=write and read the difference.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "proxyctl/format.h"
#include "shapes/json.h"

namespace weir::proxyctl {

inline const std::string folder = std::string(WEIR_SOURCE_DIR) + "/tests/unit/proxyctl/golden/";

inline std::string read(const std::string& path) {
  std::ifstream in(path);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

template <class T>
T json(const std::string& name) {
  return control::parse_json<T>(read(folder + name + ".json")).value();
}

inline void expect_golden(const std::string& name, const std::string& text) {
  std::string path = folder + name + ".txt";
  if (const char* mode = std::getenv("WEIR_GOLDEN"); mode && std::string_view(mode) == "write") {
    std::ofstream(path) << text;
  }
  EXPECT_EQ(text, read(path));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(width(line), columns) << line;
}

/// A gateway on a quiet night: stages with passed and held, now and usual, in milliseconds.
inline control::Slow slow_night(const std::string& verdict) {
  control::Slow slow{.now = 1741609800, .from = 1741609500, .verdict = verdict, .usual = "7 days at this hour"};
  slow.stages = {{"client", {{"passed", 900, 2.1, 2.0, false}, {"held", 80, 2.3, 2.2, false}}},
                 {"inside", {{"held", 240, 0.214, 0.2, false}}},
                 {"origin", {{"passed", 900, 11.6, 11.4, false}, {"held", 80, 12.2, 12.0, false}}},
                 {"answer", {{"held", 240, 41.4, 40.0, false}}}};
  slow.again = {{"client", "passed", 900, 1, 0.1}, {"origin", "passed", 900, 2, 0.1}};
  return slow;
}

class Golden : public testing::Test {
 protected:
  Golden() { ::setenv("TZ", "UTC", 1); }
  const Look look_{.marks = Look::Marks::unicode};
  const std::int64_t now_ = 1741609800;  // 2025-03-10 12:30 UTC
};

}  // namespace weir::proxyctl
