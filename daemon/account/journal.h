// Lines to the systemd journal, in its native protocol: a datagram a line, with the fields of the record beside it, so
// that `journalctl WEIR_CLIENT=192.0.2.7` finds what a client did.
// Spoken here and not by the C library of systemd: that one waits without limit for a journal that does not read.
#pragma once

#include "account/outlet.h"
#include "base/fd.h"

namespace weir::account {

inline constexpr const char* journal_socket = "/run/systemd/journal/socket";

/// The datagram of one message.  `identifier`: "weir-access".
std::string journal_datagram(const Message& message, std::string_view identifier);

class Journal final : public Target {
 public:
  /// Null with errno: nobody listens at `socket`.
  static std::unique_ptr<Journal> open(const std::string& socket, std::string_view kind);

  Written write(std::span<const Message> messages) override;
  bool wants_fields() const override { return true; }

 private:
  Journal(Fd socket, std::string identifier) : socket_(std::move(socket)), identifier_(std::move(identifier)) {}

  Fd socket_;
  std::string identifier_;
};

}  // namespace weir::account
