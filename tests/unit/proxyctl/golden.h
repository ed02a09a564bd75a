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

class Golden : public testing::Test {
 protected:
  Golden() { ::setenv("TZ", "UTC", 1); }
  const Look look_{.marks = Look::Marks::unicode};
  const std::int64_t now_ = 1741609800;  // 2025-03-10 12:30 UTC
};

}  // namespace weir::proxyctl
