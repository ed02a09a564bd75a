// What devices are called, for those who write records.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/addr.h"
#include "base/mac.h"
#include "clients/directory.h"

namespace weir::account {

/// Any thread; a directory is replaced as a whole.
class Names {
 public:
  void put(std::shared_ptr<const clients::Directory> directory) { directory_.store(std::move(directory)); }
  /// "" = nobody names it.
  std::string of(const Address& address, const std::optional<Mac>& device) const {
    const auto directory = directory_.load();
    return directory ? std::string(directory->name_of(address, device)) : std::string();
  }

 private:
  std::atomic<std::shared_ptr<const clients::Directory>> directory_;
};

}  // namespace weir::account
