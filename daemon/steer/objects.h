// libbpf as values with one owner, for kernel.cpp and tables.cpp.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "steer/kernel.h"

namespace weir::steer {

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
struct CloseLink {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
struct CloseRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};
using Object = std::unique_ptr<bpf_object, CloseObject>;
using Attached = std::unique_ptr<bpf_link, CloseLink>;
using Ring = std::unique_ptr<ring_buffer, CloseRing>;

/// How one program hangs on one interface: a TCX link, or a clsact filter that must be taken off by hand.
struct Hook {
  Fd link;
  bool clsact = false;
  bool ingress = true;
  bool lan = true;
};

struct Kernel::Impl {
  Settings settings;
  bool takeover = false;
  bool tcx = false;
  Object object, lookup;
  Attached lookup_link;
  Ring ring;
  std::vector<weir_event>* sink = nullptr;  // of the drain() in progress
  weir_heartbeat* heartbeat = nullptr;      // the map's page
  weir_config config{};
  std::map<int, std::vector<Hook>> hooks;  // by ifindex
  std::map<int, bool> own_qdisc;           // clsact qdiscs that we created

  int map(const char* name) const { return bpf_object__find_map_fd_by_name(object.get(), name); }
  bpf_program* program(const char* name) const { return bpf_object__find_program_by_name(object.get(), name); }
  Result<void> write_config();
};

/// Builds the inner maps of one generation and puts them into slot `slot` of every outer map of `object`.
Result<void> write_generation(const bpf_object* object, const policy::KernelPlan& plan, std::uint32_t slot);
/// Replaces the prefixes of the LAN itself at one instant.
Result<void> write_adjacent(const bpf_object* object, const std::vector<Prefix>& prefixes);

}  // namespace weir::steer
