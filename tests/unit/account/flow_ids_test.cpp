#include "account/flow_ids.h"

#include <gtest/gtest.h>

#include <set>

namespace weir::account {
namespace {

TEST(FlowCode, IsWhatPeopleCanReadOutAndTypeAgain) {
  const FlowId id = 0x8a00062fd3a1b2c3;
  const std::string code = flow_code(id);
  ASSERT_EQ(code.size(), 9u);
  EXPECT_EQ(code[4], '-');
  EXPECT_EQ(code.find_first_of("ILOU"), code.npos);
  EXPECT_EQ(parse_flow_code(code), number_of_code(id));
  std::string sloppy = " " + code.substr(0, 4) + code.substr(5) + " ";
  for (char& c : sloppy) c = static_cast<char>(std::tolower(c));
  EXPECT_EQ(parse_flow_code(sloppy), number_of_code(id));
  EXPECT_EQ(parse_flow_code("8a00062fd3a1b2c3"), number_of_code(id)) << "the id as the log has it";
  EXPECT_EQ(parse_flow_code("oooo-iiLl"), parse_flow_code("0000-1111"));
}

TEST(FlowCode, OfOtherIdsIsAnother) {
  FlowIds first(0, WallTime(std::chrono::seconds(1741605605))), second(1, WallTime(std::chrono::seconds(1741605605)));
  std::set<std::string> codes;
  for (int i = 0; i < 1000; ++i) {
    codes.insert(flow_code(first.next()));
    codes.insert(flow_code(second.next()));
  }
  EXPECT_EQ(codes.size(), 2000u);
}

TEST(FlowCode, IsRefusedWhenItIsNone) {
  for (const char* text : {"", "K7QM", "K7QM-2XRA-0", "K7QM-2XR!", "U7QM-2XRA", "8a00062fd3a1b2cz", "-"})
    EXPECT_FALSE(parse_flow_code(text)) << text;
}

}  // namespace
}  // namespace weir::account
