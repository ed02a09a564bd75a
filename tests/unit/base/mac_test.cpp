#include "base/mac.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace weir {
namespace {

TEST(Mac, ReadsBothCommonFormsAndPrintsOne) {
  for (const char* text : {"02:00:5e:10:0a:ff", "02:00:5E:10:0A:FF", "02-00-5e-10-0a-ff"}) {
    const auto mac = Mac::parse(text);
    ASSERT_TRUE(mac) << text;
    EXPECT_EQ(mac->to_string(), "02:00:5e:10:0a:ff");
  }
}

TEST(Mac, RefusesWhatIsNoneOrHalfOfOne) {
  for (const char* text : {"", "02:00:5e:10:00", "02:00:5e:10:00:01:02", "02:00:5e:10:00:0g", "02:00-5e:10:00:01",
                           "02.00.5e.10.00.01", "2:00:5e:10:00:01:", "+2:00:5e:10:00:01", "0200.5e10.0001"}) {
    EXPECT_FALSE(Mac::parse(text)) << text;
  }
}

// IEEE 802 §8.2.2: the lowest bit of the first octet is set in addresses of groups.
TEST(Mac, TellsADeviceFromAGroupAndFromNone) {
  EXPECT_TRUE(Mac::parse("02:00:5e:10:00:01")->is_device());
  EXPECT_FALSE(Mac::parse("01:00:5e:00:00:01")->is_device());
  EXPECT_FALSE(Mac::parse("ff:ff:ff:ff:ff:ff")->is_device());
  EXPECT_FALSE(Mac{}.is_device());
}

TEST(Mac, HashesTellNeighboursApart) {
  std::unordered_set<std::size_t> seen, lowest;
  for (unsigned i = 0; i < 256; ++i) {
    for (unsigned at = 0; at < 6; ++at) {
      Mac mac;
      mac.octets[at] = static_cast<std::uint8_t>(i);
      seen.insert(MacHash{}(mac));
      if (at == 5) lowest.insert(MacHash{}(mac) % 256);
    }
  }
  EXPECT_EQ(seen.size(), 6U * 255 + 1);
  EXPECT_GT(lowest.size(), 128U) << "of one maker, by the bits that count";
}

}  // namespace
}  // namespace weir
