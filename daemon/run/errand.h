// One question about a list of a URL, as far as it leads: the names of a cache_domains.json stand in files beside it,
// which are asked for one after the other, and come back together or not at all.  Answers in, questions out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fetch/fetcher.h"
#include "load/bundle.h"

namespace weir::run {

class Errand {
 public:
  /// `request` is asked already.  `before`: what came last time; no files when that was something else.
  Errand(fetch::Request request, load::Bundle before) : request_(std::move(request)), before_(std::move(before)) {}

  /// What is to be asked next, or the answer to the first question; neither when the answer was to another one.
  struct Step {
    std::optional<fetch::Request> ask;
    std::optional<fetch::Fetched> done;
  };
  Step take(fetch::Fetched answer);

 private:
  Step begin(fetch::Fetched answer);
  Step next();
  Step finish();
  Step failed(std::string why);

  fetch::Request request_;
  load::Bundle before_, now_;
  std::vector<std::string> files_;  // that are mentioned; so many as now_ has are here
  std::string etag_, last_modified_;
  std::size_t bytes_ = 0;
  bool changed_ = false;
};

}  // namespace weir::run
