// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/header.h"

#include <algorithm>
#include <array>

#include "protocols/smtp/address.h"
#include "protocols/smtp/octets.h"
#include "protocols/smtp/trace.h"
#include "server/base/text.h"

namespace hanse::smtp {

namespace {

constexpr std::string_view broken_block = "550 5.6.0 broken header block";
constexpr std::string_view block_too_large = "550 5.6.0 header block too large";

bool is_blank(char octet) { return octet == ' ' || octet == '\t'; }

// Takes the next line without its CRLF off the front.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return line;
}

struct Field {
  std::string_view name, body;   // the body as it stands, folded
  bool well_formed = false;
  bool space_before_colon = false;
};

// RFC 5322 2.2: a name of 33..126 without a colon. D-6
Field read_field(std::string_view text) {
  Field field;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return field;
  field.name = text.substr(0, colon);
  field.body = text.substr(colon + 1);
  while (!field.name.empty() && is_blank(field.name.back())) {
    field.name.remove_suffix(1);
    field.space_before_colon = true;  // D-7: obsolete, and a way to hide a field
  }
  field.well_formed = !field.name.empty() && field.name.size() <= header_name_octets_max &&
                      std::all_of(field.name.begin(), field.name.end(),
                                  [](char octet) { return octet > 32 && octet < 127; });
  return field;
}

// D-7; the first is From, which has a reply of its own.
constexpr std::array<std::string_view, 11> single_fields = {
    "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID", "In-Reply-To", "References",
    "Subject", "Date"};

// What stands behind a word of a trace field, to the end of the field.
std::string_view rest_behind(std::string_view body, std::string_view word) {
  constexpr std::string_view blanks = " \t\r\n";
  for (std::size_t at = body.find(word); at != std::string_view::npos;
       at = body.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if (at == 0 || end >= body.size() || blanks.find(body[at - 1]) == std::string_view::npos ||
        blanks.find(body[end]) == std::string_view::npos)
      continue;
    return body.substr(std::min(body.find_first_not_of(blanks, end), body.size()));
  }
  return {};
}
std::string_view word_behind(std::string_view body, std::string_view word) {
  const std::string_view rest = rest_behind(body, word);
  return rest.substr(0, rest.find_first_of(" \t\r\n;"));
}

// the recipient of a Received field that we ourselves wrote; empty when it is another's.
Address own_hop(std::string_view body, std::string_view node) {
  constexpr std::size_t id_octets = 26;
  if (!equal_ascii_case(word_behind(body, "by"), node) ||
      word_behind(body, "id").size() != id_octets)
    return {};
  ParsedPath path = parse_recipient_path(rest_behind(body, "for"));
  return path.fault == PathFault::none ? std::move(path.address) : Address{};
}

std::string trimmed_message_id(std::string_view body) {
  const std::size_t from = body.find('<');
  const std::size_t to = body.find('>', from == std::string_view::npos ? 0 : from);
  if (from == std::string_view::npos || to == std::string_view::npos) return {};
  const std::string_view id = body.substr(from + 1, to - from - 1);
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) { return c > 32 && c < 127; });
  return plain && id.size() <= text_id_octets_max ? std::string(id) : std::string();
}

// Counts what was seen and says what is wrong with it.
class Census {
 public:
  explicit Census(const HeaderRules& rules) : rules_(rules) {}

  void add(const Field& field) {
    if (++fields_ > header_fields_max) return fault(block_too_large);
    if (field.space_before_colon && !rules_.normalize) fault(broken_block);
    if (equal_ascii_case(field.name, "Received")) {
      ++report_.received_fields;
      return count_own_hop(own_hop(field.body, rules_.node));
    }
    for (std::size_t i = 0; i < single_fields.size(); ++i) {
      if (!equal_ascii_case(field.name, single_fields[i])) continue;
      if (++seen_[i] > 1 && i > 0) fault("550 5.6.0 a header field stands twice");
      if (single_fields[i] == "Message-ID") report_.message_id = trimmed_message_id(field.body);
    }
  }

  void fault(std::string_view reply) {
    if (report_.refusal.empty()) report_.refusal = reply;
  }

  bool fine() const { return report_.refusal.empty(); }

  HeaderReport conclude() {
    if (report_.received_fields >= rules_.hops_max) fault(mail_loop);
    if (seen_[0] != 1 && rules_.tag_from)  // D-7
      report_.tag = seen_[0] == 0 ? fact_no_from : fact_several_from;
    else if (seen_[0] != 1)
      fault("550 5.7.1 exactly one From field is needed");
    return std::move(report_);
  }

 private:
  // twice through us on the way to one of the recipients at hand.
  void count_own_hop(Address to) {
    if (to.empty() || rules_.recipients == nullptr) return;
    const auto& wanted = *rules_.recipients;
    if (std::find(wanted.begin(), wanted.end(), to) == wanted.end()) return;
    if (std::find(own_hops_.begin(), own_hops_.end(), to) != own_hops_.end()) fault(mail_loop);
    own_hops_.push_back(std::move(to));
  }

  const HeaderRules& rules_;
  HeaderReport report_;
  std::vector<Address> own_hops_;
  std::size_t fields_ = 0;
  std::array<unsigned, single_fields.size()> seen_{};
};

}  // namespace

HeaderReport check_header_block(std::string_view message, const HeaderRules& rules) {
  Census census(rules);
  std::string_view rest = message;
  while (!rest.empty() && census.fine()) {
    const std::string_view before = rest;
    std::string_view line = take_line(rest);
    if (line.empty()) break;  // the blank line
    // The field with its continuation lines. RFC 5322 2.2.3
    while (!rest.empty() && is_blank(rest.front())) take_line(rest);
    line = before.substr(0, before.size() - rest.size());
    const Field field = read_field(line);
    if (!field.well_formed || is_blank(line.front())) {
      if (!rules.normalize) census.fault(broken_block);
      break;  // D-6: the body begins here
    }
    if (line.size() > rules.field_octets_max) census.fault("550 5.6.0 header field too long");
    if (message.size() - rest.size() > header_octets_max) {
      census.fault(block_too_large);
      break;
    }
    census.add(field);
  }
  return census.conclude();
}

}  // namespace hanse::smtp
