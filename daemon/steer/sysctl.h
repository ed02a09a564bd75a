// The few kernel settings Weir needs, and the promise to put them back.
//
// Every change is first written to a state file with the value it replaces.  A clean stop, or the next start after a
// crash, restores from it; but a setting that somebody has changed since is theirs, and is left alone.
//
// What is needed, and what is not (measured on 6.18, marks set before routing, both address families):
//   tcp_early_demux = 0     or forwarding silently drops packets that meet a socket which a dead daemon left behind
//   tcp_syncookies >= 1     the takeover of a live connection presents it to the kernel as a valid cookie
//   tcp_window_scaling, tcp_sack, tcp_timestamps >= 1
//                           or the kernel takes over no connection that has agreed on one of them
//   rp_filter               nothing: 0 and 1 work alike, for clients' packets and for replies to spoofed sockets
//   src_valid_mark          nothing, because the rules of routing.h name their interface
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::steer {

struct Setting {
  std::string name;  ///< "net.ipv4.tcp_early_demux"
  std::string value;
};

/// The value now, without its line end.  Errors: system (ENOENT: this kernel does not have it).
Result<std::string> read_sysctl(std::string_view name);

/// The settings of the list above that this kernel has and that are not yet as needed.
std::vector<Setting> needed_sysctls();

/// Makes `settings` so, after recording in the file `state` what they replace.  What a crashed run recorded there stays
/// recorded while it is still in force, so that the oldest value is the one restored.  Creates the directory of
/// `state`. Idempotent.  Errors: system; nothing is changed that could not be recorded.
Result<void> apply_sysctls(const std::vector<Setting>& settings, const std::string& state);

/// Puts every recorded value back where the setting is still ours, and removes the file.  No file: nothing to do.
Result<void> restore_sysctls(const std::string& state);

/// What is recorded, for people: "net.ipv4.tcp_early_demux = 0 (was 1)".
std::vector<std::string> list_sysctls(const std::string& state);

}  // namespace weir::steer
