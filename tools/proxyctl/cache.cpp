// What the cache is worth: how many requests it answered, what that saved, and what it takes.
#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

struct Answers {
  std::uint64_t all = 0;
  std::uint64_t saved = 0;
  std::string from_memory;  ///< "hit 300, stale 2"
  std::string fetched;      ///< "miss 500, bypass 12"
};

Answers answers_of(const control::Cache& cache) {
  Answers answers;
  for (const control::CacheCount& result : cache.results) {
    answers.all += result.count;
    answers.saved += result.saved ? result.count : 0;
    if (result.count == 0) continue;
    std::string& text = result.saved ? answers.from_memory : answers.fetched;
    if (!text.empty()) text += ", ";
    text += printable(result.name) + " " + count_text(result.count);
  }
  return answers;
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  const std::uint64_t tenths = whole == 0 ? 0 : (part * 1000 + whole / 2) / whole;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) + " %";
}

}  // namespace

std::string cache_text(const control::Cache& cache, const Look& look) {
  Page page(look);
  const Answers answers = answers_of(cache);
  const std::string since = "since " + clock_text(cache.started, cache.now) + ", " +
                            duration_text(std::chrono::seconds(cache.now - cache.started));
  if (cache.ceiling == 0) {
    page.headline(Mark::none, "off: nothing is stored", since);
    page.hint("cache.memory = \"256 MiB\", then  proxyctl reload");
    return page.text();
  }
  page.headline(Mark::fine,
                answers.all == 0 ? "nothing was asked for yet"
                                 : percent(answers.saved, answers.all) + " of requests answered from memory",
                since);
  if (cache.bytes_saved > 0)
    page.row("saved", size_text(cache.bytes_saved) + " of " + size_text(cache.bytes_out) + " to clients",
             percent(cache.bytes_saved, cache.bytes_out));
  page.row("memory", size_text(cache.memory) + " of " + size_text(cache.ceiling),
           plural(cache.objects, "object", "objects"));
  if (!answers.from_memory.empty()) page.row("from memory", answers.from_memory);
  if (!answers.fetched.empty()) page.row("from origins", answers.fetched);
  if (cache.top.empty()) return page.text();

  using enum Table::Align;
  Table table({{"delivered most", left, 20}, {"size", right}, {"answers", right}, {"delivered", right}});
  for (const control::CachedObject& top : cache.top)
    table.add({printable(top.url), size_text(top.size), count_text(top.answers), size_text(top.bytes)});
  table.print(page);
  return page.text();
}

int cache(const Arguments& arguments, const Look& look) {
  const Question question{.path = "/v1/cache", .query = {{"limit", std::to_string(arguments.objects)}}};
  return show<control::Cache>(arguments, look, question, [&](const control::Cache& c) { return cache_text(c, look); });
}

}  // namespace weir::proxyctl
