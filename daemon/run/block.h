// How a refusal looks to a TLS client whose connection is not opened: an alert, after which its error page names the
// site.
#pragma once

#include "io/tcp.h"
#include "io/wheel.h"

namespace weir::run {

/// RFC 8446 §6.2.
enum class Alert : std::uint8_t { access_denied = 49, decode_error = 50 };

/// Sends a fatal alert and closes in a way that lets it arrive: what was peeked at is read first, or close() would turn
/// into a reset that destroys the answer.
io::Task<void> alert(io::Tcp client, io::Wheel& wheel, Alert description);

}  // namespace weir::run
