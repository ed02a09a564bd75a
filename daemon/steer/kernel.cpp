#include "steer/kernel.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include "bpf/embed.h"
#include "steer/objects.h"

namespace weir::steer {
namespace {

// Attach types of TCX; Debian 12's headers are older than they are.
constexpr int tcx_ingress = 46, tcx_egress = 47;
// Our place among clsact filters, so that a leftover is recognised and replaced.
constexpr unsigned filter_handle = 0x7e1, filter_priority = 7745;
constexpr std::uint64_t stale_after_ns = 300'000'000;

std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

struct Blob {
  const unsigned char *begin, *end;
};

Object open_blob(const Blob& blob, const char* name) {
  LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
  return Object(bpf_object__open_mem(blob.begin, blob.end - blob.begin, &options));
}

void resize(bpf_object* object, const char* map, unsigned entries) {
  if (bpf_map* found = bpf_object__find_map_by_name(object, map)) bpf_map__set_max_entries(found, entries);
}

/// Opens and loads one object, or says with errno why not.
Object load_object(const Blob& blob, const char* name, const Settings& settings) {
  Object object = open_blob(blob, name);
  if (!object) return nullptr;
  resize(object.get(), "held", settings.held_flows);
  resize(object.get(), "passed", settings.passed_flows);
  if (int error = bpf_object__load(object.get())) {
    errno = -error;
    return nullptr;
  }
  return object;
}

/// Creates a TCX link; libbpf 1.1 does not know them, the system call is all there is to it.
int tcx_link(int program, int ifindex, int type) {
  struct {
    std::uint32_t program, target, type, flags, pad[12];
  } attributes = {};
  attributes.program = program;
  attributes.target = ifindex;
  attributes.type = type;
  return static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes));
}

/// Whether the kernel knows TCX: it refuses the missing interface, not the attach type.
bool probe_tcx(int program) {
  int fd = tcx_link(program, 0x7fffffff, tcx_ingress);
  if (fd >= 0) close(fd);
  return fd >= 0 || errno == ENODEV;
}

std::string kernel_release() {
  utsname name{};
  uname(&name);
  return name.release;
}

Obstacle cannot_load(int error) {
  if (error == EPERM || error == EACCES)
    return {"the kernel refuses to load BPF programs: permission denied",
            "run weir as root, or give it CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"};
  if (error == ENOSYS || error == EINVAL)
    return {"this kernel (" + kernel_release() + ") does not take Weir's BPF programs",
            "use a kernel of 5.17 or later with CONFIG_BPF_SYSCALL, CONFIG_NET_CLS_ACT and CONFIG_NET_CLS_BPF"};
  return {std::string("the BPF programs could not be loaded: ") + std::strerror(error),
          "see proxyctl doctor for what this kernel lacks"};
}

/// Deletes the flows of a map for which `gone` holds, reading many with one system call.
/// `leaving` is shown each before it goes.
template <class Value, class Predicate, class Leaving>
void remove_if(int map, Predicate gone, Leaving leaving) {
  constexpr std::uint32_t batch = 2048;
  std::vector<weir_flow_key> keys(batch);
  std::vector<std::pair<weir_flow_key, Value>> old;
  std::vector<Value> values(batch);
  LIBBPF_OPTS(bpf_map_batch_opts, options);
  std::uint32_t at = 0;
  for (bool first = true, more = true; more; first = false) {
    std::uint32_t count = batch;
    more = bpf_map_lookup_batch(map, first ? nullptr : &at, &at, keys.data(), values.data(), &count, &options) == 0;
    if (!more && errno != ENOENT) break;  // a bucket larger than the batch: the next sweep finds it changed
    for (std::uint32_t i = 0; i < count; ++i)
      if (gone(keys[i], values[i])) old.emplace_back(keys[i], values[i]);
  }
  for (const auto& [key, value] : old) {
    leaving(key, value);
    bpf_map_delete_elem(map, &key);
  }
}

/// For how long a flow on the wire may be silent before nobody is behind it any more: clients leave without a word.
/// RFC 5382 §5, REQ-5: established, or partly closed; and what nobody ever answered.
std::uint64_t forgotten_after(const weir_passed& flow) {
  constexpr std::uint64_t second = 1'000'000'000;
  if (flow.packets_down == 0) return 60 * second;
  return flow.state & (WEIR_PASSED_fin_client | WEIR_PASSED_fin_origin) ? 240 * second : 7440 * second;
}

bool is_unanswered(const weir_held& h) { return h.state == WEIR_HELD_syn && h.synack_ns == 0 && !h.origin.ended; }

int quiet(libbpf_print_level, const char*, va_list) { return 0; }

Settings small() {
  Settings settings;
  settings.held_flows = settings.passed_flows = 64;
  return settings;
}

}  // namespace

weir_flow_key key_of(const Flow& flow) {
  weir_flow_key key{};
  std::memcpy(key.client, flow.client.address.octets.data(), 16);
  std::memcpy(key.origin, flow.origin.address.octets.data(), 16);
  key.client_port = htons(flow.client.port);
  key.origin_port = htons(flow.origin.port);
  return key;
}

Flow flow_of(const weir_flow_key& key) {
  Flow flow;
  std::memcpy(flow.client.address.octets.data(), key.client, 16);
  std::memcpy(flow.origin.address.octets.data(), key.origin, 16);
  flow.client.port = ntohs(key.client_port);
  flow.origin.port = ntohs(key.origin_port);
  return flow;
}

Flow flow_of(const weir_flow_key& key, const weir_mac& mac) {
  Flow flow = flow_of(key);
  flow.mac = mac_of(mac);
  return flow;
}

std::optional<Mac> mac_of(const weir_mac& from) {
  Mac mac;
  std::memcpy(mac.octets.data(), from.octets, sizeof from.octets);
  return mac == Mac{} ? std::nullopt : std::optional(mac);
}

Features probe() {
  libbpf_set_print(quiet);
  Features features{.release = kernel_release()};
  if (Object object = load_object({weir_bpf_takeover, weir_bpf_takeover_end}, "weir", small())) {
    features.bpf = features.takeover = true;
    features.tcx = probe_tcx(bpf_program__fd(bpf_object__find_program_by_name(object.get(), "weir_lan_in")));
    return features;
  }
  Object object = load_object({weir_bpf_steer, weir_bpf_steer_end}, "weir", small());
  if (!object) {
    features.obstacle = cannot_load(errno).what;
    return features;
  }
  features.bpf = true;
  features.tcx = probe_tcx(bpf_program__fd(bpf_object__find_program_by_name(object.get(), "weir_lan_in")));
  return features;
}

Kernel::Kernel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;

Kernel::~Kernel() {
  if (!impl_) return;
  while (!impl_->hooks.empty()) detach(impl_->hooks.begin()->first);
  if (impl_->heartbeat) munmap(impl_->heartbeat, sysconf(_SC_PAGESIZE));
}

std::expected<Kernel, Obstacle> Kernel::load(const Settings& settings) {
  libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
  libbpf_set_print(quiet);
  auto impl = std::make_unique<Impl>();
  impl->settings = settings;
  impl->object = load_object({weir_bpf_takeover, weir_bpf_takeover_end}, "weir", settings);
  impl->takeover = impl->object != nullptr;
  if (!impl->object) impl->object = load_object({weir_bpf_steer, weir_bpf_steer_end}, "weir", settings);
  if (!impl->object) return std::unexpected(cannot_load(errno));
  impl->tcx = probe_tcx(bpf_program__fd(impl->program("weir_lan_in")));

  impl->lookup = open_blob({weir_bpf_lookup, weir_bpf_lookup_end}, "weir_lookup");
  if (!impl->lookup) return std::unexpected(cannot_load(errno));
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, impl->lookup.get()) bpf_map__reuse_fd(map, impl->map(bpf_map__name(map)));
  if (int error = bpf_object__load(impl->lookup.get())) return std::unexpected(cannot_load(-error));

  void* page = mmap(nullptr, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, impl->map("heartbeat"), 0);
  if (page == MAP_FAILED) return std::unexpected(cannot_load(errno));
  impl->heartbeat = static_cast<weir_heartbeat*>(page);

  auto collect = [](void* context, void* data, std::size_t size) {
    auto* self = static_cast<Impl*>(context);
    if (self->sink && size >= sizeof(weir_event)) self->sink->push_back(*static_cast<weir_event*>(data));
    return 0;
  };
  impl->ring.reset(ring_buffer__new(impl->map("events"), collect, impl.get(), nullptr));
  if (!impl->ring) return std::unexpected(cannot_load(errno));

  Kernel kernel(std::move(impl));
  kernel.impl_->config.takeover = kernel.impl_->takeover;
  if (!kernel.apply(settings)) return std::unexpected(cannot_load(errno));
  return kernel;
}

bool Kernel::takeover() const { return impl_->takeover; }
bool Kernel::tcx() const { return impl_->tcx; }

Result<void> Kernel::Impl::write_config() {
  std::uint32_t zero = 0;
  if (bpf_map_update_elem(map("config"), &zero, &config, BPF_ANY)) return fail_errno();
  return {};
}

Result<void> Kernel::apply(const Settings& settings) {
  impl_->settings = settings;
  weir_config& config = impl_->config;
  config.hash_point = settings.hash_point;
  config.stale_after_ns = stale_after_ns;
  config.mark = settings.mark;
  config.workers = settings.workers;
  config.closed = settings.closed;
  config.guarded = settings.closed || settings.guarded;
  config.floor_splice = settings.floor_splice;
  for (unsigned bit = 0; bit < 128; ++bit) {
    const std::uint8_t mask = 0x80 >> bit % 8;
    config.client_mask[bit / 8] &= ~mask;
    if (bit < settings.client_bits) config.client_mask[bit / 8] |= mask;
  }
  config.quic = settings.quic_reject ? WEIR_QUIC_reject : WEIR_QUIC_pass;

  int ports = impl_->map("ports");
  std::map<std::uint16_t, std::uint8_t> wanted;
  for (auto port : settings.http) wanted[port] = WEIR_PORT_http;
  for (auto port : settings.tls) wanted[port] = WEIR_PORT_tls;
  for (auto [port, protocol] : wanted)
    if (bpf_map_update_elem(ports, &port, &protocol, BPF_ANY)) return fail_errno();
  std::uint16_t port = 0, next = 0;
  for (void* from = nullptr; bpf_map_get_next_key(ports, from, &next) == 0; from = &port) {
    port = next;
    if (wanted.contains(port)) continue;
    bpf_map_delete_elem(ports, &port);
    from = nullptr;  // a deleted key restarts the walk, which is short
  }
  return impl_->write_config();
}

Result<void> Kernel::set_listeners(unsigned worker, int v4, int v6) {
  for (auto [map, fd] : {std::pair{"listeners4", v4}, {"listeners6", v6}}) {
    std::uint32_t key = worker;
    std::uint64_t value = fd;
    if (fd >= 0 && bpf_map_update_elem(impl_->map(map), &key, &value, BPF_ANY)) return fail_errno();
  }
  return {};
}

Result<void> Kernel::set_local(const std::vector<Address>& addresses) {
  int map = impl_->map("local");
  std::vector<weir_address> present;
  weir_address key{}, next{};
  for (void* from = nullptr; bpf_map_get_next_key(map, from, &next) == 0; from = &key) present.push_back(key = next);
  for (const Address& address : addresses) {
    std::memcpy(key.octets, address.octets.data(), sizeof key.octets);
    std::uint8_t yes = 1;
    if (bpf_map_update_elem(map, &key, &yes, BPF_ANY)) return fail_errno();
    std::erase_if(present, [&](const weir_address& p) { return std::memcmp(&p, &key, sizeof key) == 0; });
  }
  for (const weir_address& gone : present) bpf_map_delete_elem(map, &gone);
  return {};
}

Result<void> Kernel::set_adjacent(const std::vector<Prefix>& prefixes) {
  return write_adjacent(impl_->object.get(), prefixes);
}

void Kernel::refuse_more(const ClientKey& client, unsigned limit) const {
  weir_client key{};
  std::memcpy(key.mac.octets, client.mac.octets.data(), sizeof key.mac.octets);
  std::memcpy(key.address, client.address.octets.data(), sizeof key.address);
  const std::uint32_t reached = limit;
  if (reached > 0)
    bpf_map_update_elem(impl_->map("full"), &key, &reached, BPF_ANY);
  else
    bpf_map_delete_elem(impl_->map("full"), &key);
}

Result<void> Kernel::commit(const policy::KernelPlan& plan) {
  const std::uint8_t slot = impl_->config.generation ^ 1;
  if (auto written = write_generation(impl_->object.get(), plan, slot); !written) return written;
  impl_->config.generation = slot;
  auto flipped = impl_->write_config();
  if (!flipped) impl_->config.generation ^= 1;
  return flipped;
}

std::expected<void, Obstacle> Kernel::attach(const Attachment& at) {
  if (auto there = impl_->hooks.find(at.ifindex); there != impl_->hooks.end()) {
    if (there->second.front().lan == at.lan) return {};
    detach(at.ifindex);  // a reload made a client's side of the internet's, or the other way round
  }
  weir_link link{.header = at.link_header};
  bpf_map_update_elem(impl_->map("links"), &at.ifindex, &link, BPF_ANY);

  std::vector<std::pair<const char*, bool>> programs;  // name, ingress
  if (at.lan)
    programs = {{"weir_lan_out", false}, {"weir_lan_in", true}};  // attaching takes a while: no flow begins half seen
  else
    programs = {{"weir_wan_in", true}};
  auto& hooks = impl_->hooks[at.ifindex];
  for (auto [name, ingress] : programs) {
    int program = bpf_program__fd(impl_->program(name));
    if (impl_->tcx) {
      Fd fd(tcx_link(program, at.ifindex, ingress ? tcx_ingress : tcx_egress));
      if (fd) {
        hooks.push_back({std::move(fd), false, ingress, at.lan});
        continue;
      }
    } else {
      LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = at.ifindex,
                  .attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
      if (bpf_tc_hook_create(&hook) == 0) impl_->own_qdisc[at.ifindex] = true;
      hook.attach_point = ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
      LIBBPF_OPTS(bpf_tc_opts, filter, .prog_fd = program, .flags = BPF_TC_F_REPLACE, .handle = filter_handle,
                  .priority = filter_priority);
      if (int error = bpf_tc_attach(&hook, &filter); error == 0) {
        hooks.push_back({Fd(), true, ingress, at.lan});
        continue;
      } else {
        errno = -error;
      }
    }
    int error = errno;
    detach(at.ifindex);
    return std::unexpected(Obstacle{"cannot attach to " + at.name + ": " + std::strerror(error),
                                    "check that it exists: ip link show " + at.name});
  }
  return {};
}

void Kernel::detach(int ifindex) {
  auto found = impl_->hooks.find(ifindex);
  if (found == impl_->hooks.end()) return;
  for (const Hook& hook : found->second) {
    if (!hook.clsact) continue;
    LIBBPF_OPTS(bpf_tc_hook, point, .ifindex = ifindex, .attach_point = hook.ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS);
    LIBBPF_OPTS(bpf_tc_opts, filter, .handle = filter_handle, .priority = filter_priority);
    bpf_tc_detach(&point, &filter);
  }
  if (impl_->own_qdisc.erase(ifindex)) {
    LIBBPF_OPTS(bpf_tc_hook, point, .ifindex = ifindex,
                .attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS));
    bpf_tc_hook_destroy(&point);
  }
  impl_->hooks.erase(found);
  bpf_map_delete_elem(impl_->map("links"), &ifindex);
}

std::expected<void, Obstacle> Kernel::attach_lookup() {
  Fd netns(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  bpf_program* program = bpf_object__find_program_by_name(impl_->lookup.get(), "weir_lookup");
  impl_->lookup_link.reset(bpf_program__attach_netns(program, netns.get()));
  if (impl_->lookup_link) return {};
  return std::unexpected(Obstacle{std::string("cannot attach the socket lookup program: ") + std::strerror(errno),
                                  "run weir as root, or give it CAP_NET_ADMIN and CAP_BPF"});
}

void Kernel::beat(bool overloaded) {
  std::atomic_ref(impl_->heartbeat->overloaded).store(overloaded, std::memory_order_relaxed);
  std::atomic_ref(impl_->heartbeat->beat_ns).store(monotonic_ns(), std::memory_order_release);
}

void Kernel::rest() { std::atomic_ref(impl_->heartbeat->beat_ns).store(0, std::memory_order_release); }

WireCounters Kernel::counters() const {
  WireCounters sums{};
  int cpus = libbpf_num_possible_cpus();
  std::vector<std::uint64_t> values(cpus > 0 ? cpus : 1);
  for (std::uint32_t reason = 0; reason < sums.size(); ++reason) {
    if (bpf_map_lookup_elem(impl_->map("counters"), &reason, values.data())) continue;
    for (std::uint64_t value : values) sums[reason] += value;
  }
  return sums;
}

std::optional<weir_held> Kernel::held(const Flow& flow) const {
  weir_flow_key key = key_of(flow);
  weir_held value;
  if (bpf_map_lookup_elem(impl_->map("held"), &key, &value)) return std::nullopt;
  return value;
}

std::optional<weir_mac> Kernel::take_arriving(const Flow& flow) const {
  weir_flow_key key = key_of(flow);
  weir_mac value;
  if (bpf_map_lookup_and_delete_elem(impl_->map("arriving"), &key, &value)) return std::nullopt;
  return value;
}

void Kernel::forget(const Flow& flow, FlowId id) const {
  const auto now = held(flow);
  if (!now || now->id != id) return;
  weir_flow_key key = key_of(flow);
  bpf_map_delete_elem(impl_->map("held"), &key);
}

std::optional<weir_passed> Kernel::passed(const Flow& flow) const {
  weir_flow_key key = key_of(flow);
  weir_passed value;
  if (bpf_map_lookup_elem(impl_->map("passed"), &key, &value)) return std::nullopt;
  return value;
}

void Kernel::reset_passed(const Flow& flow) {
  weir_flow_key key = key_of(flow);
  weir_passed value;
  int map = impl_->map("passed");
  if (bpf_map_lookup_elem(map, &key, &value)) return;
  value.state |= WEIR_PASSED_reset;  // bytes counted between the two calls are lost: the flow ends here
  bpf_map_update_elem(map, &key, &value, BPF_EXIST);
}

void Kernel::sweep(const Sweep& sweep) {
  const std::uint64_t now = monotonic_ns(), linger = 10'000'000'000;
  auto older = [&](const weir_held& h, Duration age) {
    return now - h.started_ns > static_cast<std::uint64_t>(age.count());
  };
  remove_if<weir_held>(
      impl_->map("held"),
      [&](const weir_flow_key& key, const weir_held& h) {
        if (h.state == WEIR_HELD_taken) return sweep.orphaned(h.id);
        if (h.state != WEIR_HELD_passed && !h.client.ended && !h.origin.ended && older(h, sweep.quiet)) {
          sweep.waiting(flow_of(key, h.mac));
        }
        if (h.synack_ns != 0) sweep.answered(flow_of(key).origin.address, monotonic(h.synack_ns));
        if (is_unanswered(h) && older(h, sweep.patience))
          sweep.silent(flow_of(key).origin.address, monotonic(h.started_ns));
        return older(h, h.state == WEIR_HELD_syn ? sweep.handshake : sweep.undecided);
      },
      [&](const weir_flow_key& key, const weir_held& h) {
        weir_held latest;  // the origin may have answered, or refused, since
        const bool same = !bpf_map_lookup_elem(impl_->map("held"), &key, &latest) && latest.id == h.id;
        if (same && is_unanswered(latest)) sweep.unanswered(flow_of(key, h.mac), h);
        // A judged flow goes on, though we never saw the origin acknowledge it: its replies may take another way.
        if (h.state == WEIR_HELD_taken || h.state == WEIR_HELD_passed) return;
        weir_passed refused{};
        int map = impl_->map("passed");
        if (bpf_map_lookup_elem(map, &key, &refused))
          refused = {.id = h.id, .started_ns = h.started_ns, .seen_ns = now};
        refused.state |= WEIR_PASSED_reset;
        bpf_map_update_elem(map, &key, &refused, BPF_ANY);
      });
  remove_if<weir_passed>(
      impl_->map("passed"),
      [&](const weir_flow_key& key, const weir_passed& p) {
        constexpr std::uint8_t fins = WEIR_PASSED_fin_client | WEIR_PASSED_fin_origin;
        const bool ended = (p.state & WEIR_PASSED_rst) || (p.state & fins) == fins;
        const bool silent = !ended && now - p.seen_ns > forgotten_after(p);
        // What is refused stays refused: whoever waits long enough would pass as a flow of which nothing is known.
        if (silent) return !(p.state & WEIR_PASSED_reset);
        if (!ended) sweep.passing(key, p);
        // An ended flow lingers for the last ACKs, which in a closed gateway need its entry to pass.
        return ended && now - p.seen_ns > linger;
      },
      [](const weir_flow_key&, const weir_passed&) {});
}

int Kernel::events_fd() const { return ring_buffer__epoll_fd(impl_->ring.get()); }

void Kernel::drain(std::vector<weir_event>& into) {
  impl_->sink = &into;
  ring_buffer__consume(impl_->ring.get());
  impl_->sink = nullptr;
}

}  // namespace weir::steer
