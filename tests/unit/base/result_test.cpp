#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace weir {
namespace {

TEST(Result, AnErrorCarriesItsRowOfTheTable) {
  EXPECT_EQ(name(Errc::head_malformed), "head_malformed");
  EXPECT_EQ(http_status(Errc::head_malformed), 400);
  EXPECT_EQ(side(Errc::origin_reset), Side::origin);
  EXPECT_TRUE(retry_on_fresh(Errc::origin_reset));
  EXPECT_FALSE(retry_on_fresh(Errc::origin_refused));
  EXPECT_EQ(name(Errc::too_many), "too_many") << "the last row: none is missing before it";
}

TEST(Result, AFailedSystemCallKeepsItsErrno) {
  errno = ECONNREFUSED;
  const Result<int> result = fail_errno(Errc::origin_refused);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), Errc::origin_refused);
  EXPECT_EQ(result.error().cause, std::errc::connection_refused);
}

}  // namespace
}  // namespace weir
