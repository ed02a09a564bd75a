// What the names of devices mean: plain values, for whoever judges by them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/addr.h"
#include "base/mac.h"

namespace weir::clients {

struct Device {
  std::vector<Address> addresses;  ///< sorted, each once
  std::vector<Mac> macs;           ///< the same

  bool operator==(const Device&) const = default;
};

/// By normalised name (device_name() of base/name.h).
using Devices = std::map<std::string, Device, std::less<>>;

}  // namespace weir::clients
