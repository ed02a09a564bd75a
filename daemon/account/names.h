// What devices are called, for those who write records.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/flow.h"
#include "clients/directory.h"

namespace weir::account {

/// Any thread; a directory is replaced as a whole.
class Names {
 public:
  void put(std::shared_ptr<const clients::Directory> directory) { directory_.store(std::move(directory)); }
  /// "" = nobody names it.
  std::string of(const Flow& flow) const {
    const auto directory = directory_.load();
    return directory ? std::string(directory->name_of(flow.client.address, flow.mac)) : std::string();
  }

 private:
  std::atomic<std::shared_ptr<const clients::Directory>> directory_;
};

}  // namespace weir::account
