// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/redactor.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::smtp {

namespace {

constexpr std::string_view cut_mark = "[cut]";

void keep(std::string& line, std::string_view part) {
  const std::size_t most = limits::trace_line_bytes_max + 1;   // one over: whoever cuts it says so
  line.append(part.substr(0, most - std::min(most, line.size())));
}

void end_of_line(std::string& line) {
  if (line.ends_with('\r')) line.pop_back();
}

// "BDAT 1000 LAST"
std::uint64_t chunk_octets(std::string_view line) {
  std::uint64_t out = 0;
  const std::string_view number = trim(line.substr(4));
  std::from_chars(number.data(), number.data() + number.size(), out);
  return out;
}

}  // namespace

MailRedactor::MailRedactor(const RedactorWish& wish)
    : client_is_peer_(!wish.dialled), bodies_(wish.bodies), placed_(!wish.midway) {}

void MailRedactor::read(bool from_peer, std::string_view bytes, std::vector<std::string>& lines) {
  if (from_peer == client_is_peer_) from_client(bytes, lines);
  else from_server(bytes, lines);
}

void MailRedactor::from_client(std::string_view bytes, std::vector<std::string>& lines) {
  while (!bytes.empty()) {
    if (chunk_left_ > 0) {
      const std::size_t here = static_cast<std::size_t>(
          std::min<std::uint64_t>(chunk_left_, bytes.size()));
      chunk_left_ -= here;
      if (bodies_) chunk_text(bytes.substr(0, here), lines);
      else content_octets_ += here;
      bytes.remove_prefix(here);
      if (chunk_left_ == 0) end_content(lines);
      continue;
    }
    const std::size_t end = bytes.find('\n');
    keep(client_, bytes.substr(0, end));
    client_octets_ += std::min(end, bytes.size());
    if (end == bytes.npos) return;
    bytes.remove_prefix(end + 1);
    std::string line = std::exchange(client_, {});
    end_of_line(line);
    if (content_) content_line(line, lines);
    else client_line(std::move(line), lines);
    client_octets_ = 0;
  }
}

// Line by line, however it came in; a chunk may end within one.
void MailRedactor::chunk_text(std::string_view text, std::vector<std::string>& lines) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    keep(client_, text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
    end_of_line(client_);
    lines.push_back(std::exchange(client_, {}));
  }
  if (chunk_left_ == 0 && !client_.empty()) lines.push_back(std::exchange(client_, {}));
}

void MailRedactor::client_line(std::string line, std::vector<std::string>& lines) {
  if (!placed_) return;
  if (std::exchange(secret_, false)) {
    lines.emplace_back(cut_mark);
    return;
  }
  if (starts_with_case(line, "AUTH")) {
    // RFC 4954 4: the mechanism is no secret, what follows it may be one.
    const std::size_t mechanism = line.find(' ');
    const std::size_t response = line.find(' ', mechanism == line.npos ? 4 : mechanism + 1);
    if (response != line.npos) line = line.substr(0, response + 1) + std::string(cut_mark);
  }
  if (starts_with_case(line, "BDAT")) chunk_left_ = chunk_octets(line);
  lines.push_back(std::move(line));
}

void MailRedactor::content_line(std::string_view line, std::vector<std::string>& lines) {
  if (line == ".") {
    content_ = false;
    end_content(lines);
    lines.emplace_back(".");
  } else if (bodies_) {
    lines.emplace_back(line);
  } else {
    content_octets_ += client_octets_ + 1;
  }
}

void MailRedactor::end_content(std::vector<std::string>& lines) {
  if (content_octets_ == 0) return;
  lines.push_back("[" + std::to_string(std::exchange(content_octets_, 0)) + " octets]");
}

void MailRedactor::from_server(std::string_view bytes, std::vector<std::string>& lines) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    keep(server_, bytes.substr(0, end));
    if (end == bytes.npos) return;
    bytes.remove_prefix(end + 1);
    std::string line = std::exchange(server_, {});
    end_of_line(line);
    server_line(std::move(line), lines);
  }
}

// Who is silent while a message comes in has just answered it, or whatever came before.
void MailRedactor::server_line(std::string line, std::vector<std::string>& lines) {
  placed_ = true;
  if (line.starts_with("354")) content_ = true;
  if (line.starts_with("334")) {
    secret_ = true;
    line = "334 " + std::string(cut_mark);
  }
  lines.push_back(std::move(line));
}

}  // namespace hanse::smtp
