// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/data.h"

#include <algorithm>
#include <cstring>

#include "protocols/smtp/octets.h"

namespace hanse::smtp {

namespace {

std::size_t find(std::string_view text, char octet, std::size_t from) {
  const void* found = std::memchr(text.data() + from, octet, text.size() - from);
  if (found == nullptr) return text.size();
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace

void DataReader::feed(std::string_view& input, std::string& out) {
  const std::size_t size = input.size();
  Marks marks{find(input, '\r', 0), find(input, '\n', 0), find(input, '\0', 0)};
  std::size_t at = 0;
  while (at < size && state_ != State::done) {
    if (state_ == State::line_start || state_ == State::text) {
      const std::size_t end = clean_end(input, at, marks);
      emit(input.substr(at, end - at), out);
      at = end;
      if (at == size) break;
    }
    at = step(input, at, out);
  }
  eaten_ += at;
  input.remove_prefix(at);
}

// Where the octets end that can be taken as they are: before a dot at the start of a line, and
// before a CR, LF or NUL that is not the CRLF of a line seen whole. Long stretches of clean lines
// become one append.
std::size_t DataReader::clean_end(std::string_view input, std::size_t at, Marks& marks) {
  const std::size_t size = input.size();
  while (at < size) {
    if (state_ == State::line_start && input[at] == '.') return at;
    if (marks.cr < at) marks.cr = find(input, '\r', at);
    if (marks.lf < at) marks.lf = find(input, '\n', at);
    if (marks.nul < at) marks.nul = find(input, '\0', at);
    if (marks.lf < size && marks.cr + 1 == marks.lf && marks.nul > marks.lf) {
      measure(marks.cr - at);
      column_ = 0;
      state_ = State::line_start;
      at = marks.lf + 1;
      continue;
    }
    const std::size_t end = std::min({marks.cr, marks.lf, marks.nul});
    if (end > at) {
      measure(end - at);
      state_ = State::text;
    }
    return end;
  }
  return at;
}

// One octet that is not plain text. D-1
std::size_t DataReader::step(std::string_view input, std::size_t at, std::string& out) {
  const char octet = input[at];
  switch (state_) {
    case State::line_start:
    case State::text:
      if (octet == '\r') {
        state_ = State::cr;
      } else if (octet == '.' && state_ == State::line_start) {
        state_ = State::dot;  // D-2: behind CRLF only
      } else {
        bare(octet == '\n', out);
      }
      return at + 1;
    case State::cr:
      if (octet == '\n') {
        emit("\r\n", out);
        column_ = 0;
        state_ = State::line_start;
        return at + 1;
      }
      bare(true, out);
      return at;
    case State::dot:
      state_ = octet == '\r' ? State::dot_cr : State::text;
      return octet == '\r' ? at + 1 : at;
    case State::dot_cr:
      state_ = octet == '\n' ? State::done : State::cr;
      return octet == '\n' ? at + 1 : at;
    case State::done:
      break;
  }
  return input.size();
}

void DataReader::emit(std::string_view octets, std::string& out) {
  size_ += octets.size();
  if (lost()) return;
  if (!high_octet_) high_octet_ = has_high_octet(octets);
  out.append(octets);
}

// D-3: a bare CR, bare LF or NUL. What follows is never the start of a line for the dot rules.
void DataReader::bare(bool line_end, std::string& out) {
  state_ = State::text;
  if (!rules_.normalize) {
    bad_octet_ = true;
  } else if (line_end) {
    emit("\r\n", out);
    column_ = 0;
  }
}

void DataReader::measure(std::size_t octets) {
  column_ += octets;
  if (column_ > rules_.line_octets_max) line_too_long_ = true;
}

}  // namespace hanse::smtp
