// A policy's tables: a whole new generation is built aside, then one store puts it in force.
#include <bpf/bpf.h>

#include <algorithm>
#include <cstring>

#include "steer/objects.h"

namespace weir::steer {
namespace {

/// Creates an inner map that fits the outer map's template in everything but its size.
Result<Fd> inner_map(bpf_map_type type, unsigned key, unsigned value, std::size_t entries, unsigned flags) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);
  int fd = bpf_map_create(type, "weir_policy", key, value, std::max<std::size_t>(entries, 1), &options);
  if (fd < 0) return fail_errno();
  return Fd(fd);
}

/// Writes many entries with few system calls; kernels without batches for this kind of map get them one by one.
template <class Key, class Value>
Result<void> fill(const Fd& map, const std::vector<Key>& keys, const std::vector<Value>& values) {
  if (keys.empty()) return {};
  LIBBPF_OPTS(bpf_map_batch_opts, options);
  std::uint32_t count = keys.size();
  if (bpf_map_update_batch(map.get(), keys.data(), values.data(), &count, &options) == 0) return {};
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (bpf_map_update_elem(map.get(), &keys[i], &values[i], BPF_ANY)) return fail_errno();
  return {};
}

Result<void> publish(const bpf_object* object, const char* outer, const Fd& inner, std::uint32_t slot) {
  int fd = inner.get();
  if (bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, outer), &slot, &fd, BPF_ANY)) return fail_errno();
  return {};
}

Result<void> write_prefixes(const bpf_object* object, const char* outer,
                            const std::vector<std::pair<Prefix, std::uint16_t>>& classes, std::uint32_t slot) {
  auto trie =
      inner_map(BPF_MAP_TYPE_LPM_TRIE, sizeof(weir_prefix), sizeof(std::uint16_t), classes.size(), BPF_F_NO_PREALLOC);
  if (!trie) return std::unexpected(trie.error());
  for (const auto& [prefix, id] : classes) {
    weir_prefix key{.length = prefix.length, .octets = {}};
    std::memcpy(key.octets, prefix.address.octets.data(), sizeof key.octets);
    if (bpf_map_update_elem(trie->get(), &key, &id, BPF_ANY)) return fail_errno();
  }
  return publish(object, outer, *trie, slot);
}

template <class Value>
Result<void> write_array(const bpf_object* object, const char* outer, const std::vector<Value>& values,
                         std::uint32_t slot, unsigned flags) {
  auto array = inner_map(BPF_MAP_TYPE_ARRAY, sizeof(std::uint32_t), sizeof(Value), values.size(), flags);
  if (!array) return std::unexpected(array.error());
  std::vector<std::uint32_t> keys(values.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) keys[i] = i;
  if (auto done = fill(*array, keys, values); !done) return done;
  return publish(object, outer, *array, slot);
}

template <class Key, class Value>
Result<void> write_hash(const bpf_object* object, const char* outer, const std::vector<std::pair<Key, Value>>& entries,
                        std::uint32_t slot, unsigned flags) {
  auto hash = inner_map(BPF_MAP_TYPE_HASH, sizeof(Key), sizeof(Value), entries.size(), flags);
  if (!hash) return std::unexpected(hash.error());
  std::vector<Key> keys(entries.size());
  std::vector<Value> values(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) std::tie(keys[i], values[i]) = entries[i];
  if (auto done = fill(*hash, keys, values); !done) return done;
  return publish(object, outer, *hash, slot);
}

std::vector<weir_cells> blocks_of(const std::vector<std::uint8_t>& cells) {
  std::vector<weir_cells> blocks((cells.size() + WEIR_CELL_BLOCK - 1) / WEIR_CELL_BLOCK);
  if (!cells.empty()) std::memcpy(blocks.data(), cells.data(), cells.size());
  return blocks;
}

}  // namespace

Result<void> write_generation(const bpf_object* object, const policy::KernelPlan& plan, std::uint32_t slot) {
  const weir_shape shape{
      .name_classes = plan.name_classes, .rows = static_cast<std::uint32_t>(plan.rows.size()), .id = plan.id, .pad = 0};
  if (auto r = write_prefixes(object, "clients", plan.clients, slot); !r) return r;
  if (auto r = write_prefixes(object, "dests", plan.dests, slot); !r) return r;
  if (auto r = write_prefixes(object, "failures", plan.failures, slot); !r) return r;
  if (auto r = write_hash(object, "macs", plan.macs, slot, 0); !r) return r;
  if (auto r = write_hash(object, "pairs", plan.pairs, slot, 0); !r) return r;
  if (auto r = write_array(object, "limits", plan.limits, slot, BPF_F_INNER_MAP); !r) return r;
  if (auto r = write_hash(object, "row_index", plan.row_index, slot, 0); !r) return r;
  if (auto r = write_array(object, "rows", plan.rows, slot, BPF_F_INNER_MAP); !r) return r;
  if (auto r = write_hash(object, "names", plan.names, slot, BPF_F_NO_PREALLOC); !r) return r;
  if (auto r = write_array(object, "cells", blocks_of(plan.cells), slot, BPF_F_INNER_MAP); !r) return r;
  return write_array(object, "shape", std::vector{shape}, slot, 0);
}

Result<void> write_adjacent(const bpf_object* object, const std::vector<Prefix>& prefixes) {
  std::vector<std::pair<Prefix, std::uint16_t>> classes;
  for (const Prefix& prefix : prefixes) classes.emplace_back(prefix, 1);
  return write_prefixes(object, "adjacent", classes, 0);
}

}  // namespace weir::steer
