// SPDX-License-Identifier: Apache-2.0
#include "server/console/metrics_server.h"

#include <algorithm>

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::console {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Internal Server Error";
  }
}

bool is_token(std::string_view text) {   // RFC 9110 5.6.2
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field(std::string_view line) {   // RFC 9112 5.1: no space before the colon
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  return std::all_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

HttpRequest read_request_line(std::string_view line) {
  const std::vector<std::string_view> parts = split(line, ' ');
  if (parts.size() != 3 || !is_token(parts[0])) return {400, ""};
  const std::string_view target = parts[1];
  const bool visible = std::all_of(target.begin(), target.end(),
                                   [](char c) { return c > 0x20 && c < 0x7f; });
  if (!target.starts_with('/') || !visible) return {400, ""};
  if (!parts[2].starts_with("HTTP/")) return {400, ""};
  if (parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0") return {505, ""};
  if (parts[0] != "GET") return {405, ""};
  return {200, std::string(target.substr(0, target.find('?')))};
}

}  // namespace

HttpRequest read_get(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  const bool too_large = std::min(end, bytes.size()) > limits::metrics_request_bytes_max;
  if (too_large) return {431, ""};
  if (end == std::string_view::npos) return {0, ""};
  const std::string_view head = bytes.substr(0, end);
  const std::size_t line_end = std::min(head.find("\r\n"), head.size());
  const HttpRequest request = read_request_line(head.substr(0, line_end));
  if (request.status != 200 || line_end == head.size()) return request;
  std::string_view fields = head.substr(line_end + 2);
  while (true) {
    const std::size_t at = fields.find("\r\n");
    if (!is_field(fields.substr(0, at))) return {400, ""};
    if (at == std::string_view::npos) return request;
    fields.remove_prefix(at + 2);
  }
}

std::string http_response(int status, std::string_view type, std::string_view body) {
  std::string out = "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason(status)) +
                    "\r\nContent-Type: " + std::string(type) +
                    "\r\nContent-Length: " + std::to_string(body.size()) +
                    "\r\nCache-Control: no-store\r\nConnection: close\r\n";
  if (status == 405) out += "Allow: GET\r\n";
  return out + "\r\n" + std::string(body);
}

}  // namespace hanse::console
