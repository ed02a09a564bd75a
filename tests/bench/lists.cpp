// How long a large list takes from its text to a policy that workers and the kernel can use, and what it weighs.
// Usage: bench_lists [NAMES]        one JSON object: seconds of CPU time of each step, bytes a name
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <utility>

#include "load/load.h"
#include "policy/policy.h"

namespace {

using namespace weir;

/// Names as published lists hold them: about 20 bytes, two or three labels, most below a few hundred parents.
std::string hosts_file(int names) {
  std::mt19937 random(1);
  std::string text;
  for (int n = 0; n < names; ++n) {
    text += "0.0.0.0 ";
    for (int letters = 4 + static_cast<int>(random() % 8); letters > 0; --letters) {
      text += static_cast<char>('a' + random() % 26);
    }
    text += std::to_string(n) + (n % 3 ? ".ads" + std::to_string(random() % 500) : "") + ".example\n";
  }
  return text;
}

/// Of CPU time, so that other work on the machine does not count.
double seconds_since(std::clock_t& then) {
  const auto before = std::exchange(then, std::clock());
  return double(then - before) / CLOCKS_PER_SEC;
}

std::size_t allocated() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace

int main(int argc, char** argv) {
  const int names = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  const std::string text = hosts_file(names);
  config::Config config;
  config.gateway.tls = {443};
  config.lists.push_back({.name = "ads"});
  config.rules.push_back({.name = "ads", .action = Action::block});
  config.rules[0].host.push_back({.kind = config::Match::Kind::reference, .text = "ads"});

  const std::size_t empty = allocated();
  auto now = std::clock();
  auto content = load::read_list(text);
  const double read = seconds_since(now);
  const std::size_t list_bytes = allocated() - empty;
  policy::NameLists lists;
  load::share("ads", std::move(content), lists);
  const auto snapshot = policy::Snapshot::build(config, lists, 1);
  const double compiled = seconds_since(now);
  const std::size_t policy_bytes = allocated() - empty - list_bytes;
  const auto plan = snapshot->plan(NameHasher::random());
  const double planned = seconds_since(now);
  std::printf(
      "{\"names\": %zu, \"read\": %.3f, \"compile\": %.3f, \"plan\": %.3f, \"list_bytes_a_name\": %.1f, "
      "\"policy_bytes_a_name\": %.1f}\n",
      plan.names.size(), read, compiled, planned, double(list_bytes) / names, double(policy_bytes) / names);
  return 0;
}
