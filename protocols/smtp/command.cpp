// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/command.h"

#include <algorithm>
#include <cstring>

#include "protocols/smtp/octets.h"
#include "server/base/text.h"

namespace hanse::smtp {

CommandLines::Kind CommandLines::next(std::string_view& input) {
  text_ = {};
  if (octets_ == 0 && !partial_.empty()) partial_ = std::string();   // the line handed out last
  std::size_t from = 0;
  while (from < input.size()) {
    const void* found = std::memchr(input.data() + from, '\n', input.size() - from);
    if (found == nullptr) break;
    const std::size_t at = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
    const bool after_cr = at > 0 ? input[at - 1] == '\r' : after_cr_;
    if (after_cr) {
      const std::string_view last = input.substr(0, at + 1);
      input.remove_prefix(at + 1);
      return finish(last);
    }
    from = at + 1;
  }
  octets_ += input.size();
  if (!input.empty()) after_cr_ = input.back() == '\r';
  if (octets_ >= command_eaten_octets_max) return Kind::endless;
  if (octets_ < command_line_octets_max) partial_.append(input);
  else partial_ = std::string();
  input = {};
  return Kind::none;
}

CommandLines::Kind CommandLines::finish(std::string_view last) {
  const std::size_t octets = octets_ + last.size();
  octets_ = 0;
  after_cr_ = false;
  if (octets > command_eaten_octets_max) return Kind::endless;
  if (octets > command_line_octets_max) return Kind::too_long;
  if (octets == last.size()) {
    text_ = last.substr(0, last.size() - 2);
  } else {
    partial_.append(last);
    text_ = std::string_view(partial_).substr(0, octets - 2);
  }
  return Kind::line;
}

void CommandLines::clear() { *this = CommandLines(); }

CommandLine parse_command_line(std::string_view text) {
  CommandLine line;
  text = text.substr(0, text.find_last_not_of(" \t") + 1);   // S-3; npos + 1 is 0
  const std::size_t verb_end = std::min(text.find_first_of(" \t"), text.size());
  line.verb = text.substr(0, verb_end);
  line.argument = text.substr(std::min(verb_end + 1, text.size()));
  for (const char octet : text) {
    if (octet == '\t') {
      line.fault = LineFault::tab_in_argument;
    } else if (octet >= 0 && octet < 32) {
      line.fault = LineFault::controls;
      return line;
    }
  }
  if (line.fault == LineFault::none && has_high_octet(text)) line.fault = LineFault::high_octet;
  return line;
}

namespace {

// RFC 5321 4.1.2: esmtp-keyword, esmtp-value
bool is_keyword(std::string_view text) {
  return !text.empty() && is_letter_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char octet) { return is_letter_or_digit(octet) || octet == '-'; });
}
bool is_value(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char octet) {
    return octet > 32 && octet < 127 && octet != '=';
  });
}

}  // namespace

bool parse_parameters(std::string_view text, std::vector<Parameter>& out) {
  if (text.empty()) return true;
  if (text.front() != ' ') return false;
  for (const std::string_view word : split(text.substr(1), ' ')) {
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    Parameter parameter;
    parameter.keyword = word.substr(0, equals);
    parameter.has_value = equals != std::string_view::npos;
    if (parameter.has_value) parameter.value = word.substr(equals + 1);
    if (!is_keyword(parameter.keyword) || (parameter.has_value && !is_value(parameter.value)))
      return false;
    for (const Parameter& earlier : out) {
      if (equal_ascii_case(earlier.keyword, parameter.keyword)) return false;
    }
    out.push_back(parameter);
  }
  return true;
}

bool take_path_word(std::string_view& argument, std::string_view word) {
  if (!starts_with_case(argument, word)) return false;
  argument.remove_prefix(word.size());
  if (!argument.empty() && argument.front() == ' ') argument.remove_prefix(1);
  return true;
}

}  // namespace hanse::smtp
