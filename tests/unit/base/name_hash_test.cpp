// The arithmetic that the kernel does on 32-bit limbs, against the compiler's own 128-bit numbers.
#include "weir/name_hash.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/name.h"

namespace weir {
namespace {

constexpr std::uint64_t prime = WEIR_HASH_PRIME;

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>(a) * b % prime);
}

TEST(NameHash, MultipliesEdgeValuesExactly) {
  std::vector<std::uint64_t> edges = {0, 1, 2, 255, 256, prime / 2, prime - 257, prime - 2, prime - 1};
  for (int bit = 1; bit < 61; ++bit) {
    for (std::uint64_t near : {(1ULL << bit) - 1, 1ULL << bit, (1ULL << bit) + 1}) edges.push_back(near);
  }
  for (const auto a : edges) {
    for (const auto b : edges) ASSERT_EQ(weir_hash_multiply(a, b), product(a, b)) << a << " * " << b;
  }
}

TEST(NameHash, AcceptsFactorsUpToTwoToThe61) {
  EXPECT_EQ(weir_hash_multiply(prime, prime), 0u) << "p itself is 0";
  EXPECT_EQ(weir_hash_multiply(prime, 5), 0u);
}

TEST(NameHash, MultipliesRandomValuesExactly) {
  std::mt19937_64 random(61);
  for (int i = 0; i < 1'000'000; ++i) {
    const std::uint64_t a = random() >> 3, b = random() >> (3 + random() % 61);
    ASSERT_EQ(weir_hash_multiply(a, b), product(a, b)) << a << " * " << b;
  }
}

TEST(NameHash, IsThePolynomialOfTheBytesLastFirst) {
  const NameHasher hash(1000);
  EXPECT_EQ(hash(""), 0u);
  EXPECT_EQ(hash("a"), 98u);
  EXPECT_EQ(hash("ab"), 99u * 1000 + 98) << "the last byte has the highest power";
  EXPECT_EQ(hash("abc"), (100u * 1000 + 99) * 1000 + 98);
  const char top[] = {'\0'};
  EXPECT_EQ(hash(std::string_view(top, 1)), 1u) << "a NUL is not nothing";
}

TEST(NameHash, HashesFourAtOnceAsOneByOne) {
  const NameHasher hash = NameHasher::random();
  const std::array<std::string_view, 4> names = {"cdn.images.example.com", "", "a", "longer.cdn.images.example.com"};
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::array<std::string_view, 4> turned;
    for (std::size_t n = 0; n < 4; ++n) turned[n] = names[(n + shift) % 4];
    if (shift == 3) turned[2] = "example";
    const auto hashes = hash(turned);
    for (std::size_t n = 0; n < 4; ++n) EXPECT_EQ(hashes[n], hash(turned[n])) << turned[n];
  }
  const auto alike = hash({"b.example", "a.example", "c.example", "a.b.example"});
  EXPECT_EQ(alike[3], hash("a.b.example"));
}

// What the kernel relies on: at every dot, the hash so far is the hash of the ancestor.
TEST(NameHash, PassesThroughTheHashOfEveryAncestor) {
  const NameHasher hash = NameHasher::random();
  const std::string_view name = "cdn.images.example.com";
  std::uint64_t rolling = 0;
  std::set<std::uint64_t> seen;
  for (std::size_t i = name.size(); i-- > 0;) {
    if (name[i] == '.') seen.insert(rolling);
    rolling = weir_hash_step(rolling, hash.point(), static_cast<unsigned char>(name[i]));
  }
  EXPECT_EQ(rolling, hash(name));
  EXPECT_EQ(seen, (std::set{hash("com"), hash("example.com"), hash("images.example.com")}));
}

TEST(NameHash, StepWrapsAtThePrime) {
  EXPECT_EQ(weir_hash_step(prime - 1, 1, 0), 0u);
  EXPECT_EQ(weir_hash_step(prime - 1, 1, 255), 255u);
  EXPECT_EQ(weir_hash_step(prime - 2, 1, 0), prime - 1);
}

TEST(NameHash, DrawsAnotherPointEachTime) {
  std::set<std::uint64_t> points;
  for (int i = 0; i < 100; ++i) {
    const auto point = NameHasher::random().point();
    EXPECT_GE(point, 256u);
    EXPECT_LT(point, prime);
    points.insert(point);
  }
  EXPECT_EQ(points.size(), 100u);
  EXPECT_GT(*points.rbegin(), 1ULL << 58) << "all 61 bits are drawn";
}

}  // namespace
}  // namespace weir
