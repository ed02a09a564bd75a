#include "engine/answer.h"

namespace weir::engine {

namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 302: return "Found";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 414: return "URI Too Long";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

std::string answer(int status, std::string_view type, std::string_view content, AnswerTo to,
                   std::string_view location = {}) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
  out.append(reason_phrase(status)).append("\r\n");
  if (status == 405) out.append("Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n");  // RFC 9110 §15.5.6
  if (!location.empty()) out.append("Location: ").append(location).append("\r\n");
  if (!type.empty()) out.append("Content-Type: ").append(type).append("\r\n");
  out.append("Content-Length: ").append(std::to_string(content.size())).append("\r\n");
  out.append("Cache-Control: no-store\r\n");
  if (to.close)
    out.append("Connection: close\r\n");
  else if (to.keep_alive)
    out.append("Connection: keep-alive\r\n");
  out.append("\r\n");
  if (!to.head) out.append(content);
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::string block_page(const Refused& refused, AnswerTo to) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Blocked</title>\n"
      "<style>body{font:1.1em/1.5 sans-serif;max-width:34em;margin:4em auto;padding:0 1em;overflow-wrap:anywhere}"
      "dt{opacity:.7}dd{margin:0 0 .8em}code{font-size:1.2em}</style>\n</head>\n<body>\n<h1>This page is "
      "blocked</h1>\n<p><strong>";
  page.append(escaped(refused.host)).append("</strong> is refused on this network by the rule <strong>");
  page.append(escaped(refused.rule)).append("</strong>.</p>\n<dl>\n");
  if (!refused.contact.empty())
    page.append("<dt>Questions</dt><dd>").append(escaped(refused.contact)).append("</dd>\n");
  page.append("<dt>Code</dt><dd><code>").append(escaped(refused.code)).append("</code></dd>\n");
  page.append("</dl>\n</body>\n</html>\n");
  return answer(403, "text/html; charset=utf-8", page, to);
}

std::string redirection(std::string_view rule, std::string_view location, AnswerTo to) {
  const std::string line =
      "The rule \"" + std::string(rule) + "\" of this network sends you to " + std::string(location) + "\n";
  return answer(302, "text/plain; charset=utf-8", line, to, location);
}

std::string refusal(Errc code, AnswerTo to) {
  return answer(http_status(code), "text/plain; charset=utf-8", std::string(text(code)) + "\n", to);
}

std::string empty_answer(AnswerTo to) { return answer(200, "", "", to); }

}  // namespace weir::engine
