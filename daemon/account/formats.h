// A record as a line of the access log, in the forms that the tools of others read.  One pure function each.
//
// Names, URLs and fields are whatever a client sent.  Combined and LanCache put them between quotes and write quotes,
// backslashes and every byte that is not printable ASCII as \xHH, as nginx does; Squid's form has no quotes, so blanks
// and such bytes are percent-encoded.  Nothing a client sends can begin a line or a field.
#pragma once

#include <string>

#include "account/record.h"

namespace weir::account {

/// With its newline.  Empty where the format has no line for such a record.  `query`: log.query; without it the URL
/// from which a request came has no query string either.
std::string line_of(const Record& record, LogFormat format, bool query = false);

/// As Apache's and nginx's "combined", with the whole URL as Squid's; what carried no request is a CONNECT, and
/// what was never used has no line, as there.  Times in UTC.
std::string combined_line(const Record& record, bool query = false);

/// Squid's native form, in which the time is that of the end.  What carried no request is a CONNECT, also where it
/// never left the wire.
std::string squid_line(const Record& record);

/// The form of LanCache's dashboards.  They know requests only: what carried none has no line.
std::string lancache_line(const Record& record, bool query = false);

}  // namespace weir::account
