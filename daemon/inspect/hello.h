// What a TLS client says of itself before anything is secret: the ClientHello.
//
// A gateway and an origin must read it alike.  Wherever a lax origin might see another name than the one found here,
// the hello is refused as a whole: two names, two lists of names, lengths that do not add up, bytes that are no host
// name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace weir::inspect {

struct Hello {
  std::string server_name;        ///< normalised (base/name.h); empty = the client named nobody
  std::vector<std::string> alpn;  ///< protocol names in the client's order, any bytes
  bool ech = false;               ///< an outer Encrypted ClientHello, real or GREASE: they cannot be told apart
};

/// Reads the body of one ClientHello, i.e. what follows the four bytes of its handshake header.
/// Source:  RFC 8446 §4.1.2 and §4.2, RFC 6066 §3, RFC 7301 §3.1; stricter than RFC 6066: only names of type host_name.
/// Returns: an empty text and `hello` filled in, or what is wrong with it (a text that lives for ever); `hello` is then
///          of no use.
std::string_view read_hello(Bytes body, Hello& hello);

}  // namespace weir::inspect
