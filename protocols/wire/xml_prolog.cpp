// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/xml_prolog.h"

#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::xml {
namespace {

using Kind = StreamFault::Kind;

constexpr std::string_view utf8_mark = "\xef\xbb\xbf";
constexpr std::string_view declaration_start = "<?xml";

bool is_space(char byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

// Reads what stands between "<?xml" and "?>": XML 1.0 2.8.
class DeclarationReader {
 public:
  explicit DeclarationReader(std::string_view text) : rest_(text) {}

  std::optional<StreamFault> check() {
    const std::optional<std::string_view> version = value_of("version");
    const std::optional<std::string_view> encoding = value_of("encoding");
    const std::optional<std::string_view> standalone = value_of("standalone");
    skip_space();
    if (!rest_.empty() || !version || bad_) {
      return StreamFault{Kind::not_well_formed, "a broken XML declaration"};
    }
    // xmpp 7.1
    if (*version != "1.0") return unsupported("version", *version);
    if (encoding && !equal_ascii_case(*encoding, "utf-8")) {
      return unsupported("encoding", *encoding);
    }
    if (standalone == "no") return unsupported("standalone", *standalone);
    if (standalone && standalone != "yes") {
      return StreamFault{Kind::not_well_formed, "a broken XML declaration"};
    }
    return std::nullopt;
  }

 private:
  static StreamFault unsupported(std::string_view what, std::string_view value) {
    return {Kind::unsupported_encoding, std::string(what) + " " + escape_text(value, 40)};
  }

  bool skip_space() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() < before;
  }

  // Nothing, and nothing read, if the next name is another one.
  std::optional<std::string_view> value_of(std::string_view name) {
    const std::string_view before = rest_;
    if (!skip_space() || !rest_.starts_with(name)) {
      rest_ = before;
      return std::nullopt;
    }
    rest_.remove_prefix(name.size());
    skip_space();
    if (!rest_.starts_with('=')) return broken();
    rest_.remove_prefix(1);
    skip_space();
    if (!rest_.starts_with('\'') && !rest_.starts_with('"')) return broken();
    const std::size_t end = rest_.find(rest_.front(), 1);
    if (end == rest_.npos) return broken();
    const std::string_view value = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return value;
  }

  std::optional<std::string_view> broken() {
    bad_ = true;
    return std::nullopt;
  }

  std::string_view rest_;
  bool bad_ = false;
};

}  // namespace

Prolog::Taken Prolog::take(std::string_view bytes) {
  Taken taken;
  while (taken.bytes < bytes.size() && !taken.fault) {
    const char byte = bytes[taken.bytes];
    const auto octet = static_cast<unsigned char>(byte);
    // xmpp 7.1: UTF-16 and UTF-32 without a mark have a zero here, whatever the first character.
    if (seen_ < 4 && octet == 0) {
      taken.fault = StreamFault{Kind::unsupported_encoding, "a zero octet at the start"};
      break;
    }
    switch (at_) {
      case At::mark: taken.fault = on_mark(octet, taken); break;
      case At::space: taken.fault = on_space(byte, taken); break;
      case At::opened: taken.fault = on_opened(byte, taken); break;
      case At::declaration: taken.fault = on_declaration(byte); break;
    }
    if (taken.root) break;
    ++taken.bytes;
    if (seen_ < 4) ++seen_;
  }
  return taken;
}

std::optional<StreamFault> Prolog::on_mark(unsigned char octet, Taken& taken) {
  if (held_.empty() && octet != 0xef && octet != 0xfe && octet != 0xff) {
    at_ = At::space;
    return on_space(static_cast<char>(octet), taken);
  }
  held_ += static_cast<char>(octet);
  if (held_ == "\xfe\xff" || held_ == "\xff\xfe") {
    return StreamFault{Kind::unsupported_encoding, "the byte order mark of UTF-16"};
  }
  if (held_ == utf8_mark) {
    at_ = At::space;
    held_.clear();
  }
  if (utf8_mark.starts_with(held_) || held_ == "\xfe" || held_ == "\xff") return std::nullopt;
  return StreamFault{Kind::not_well_formed, "no XML at the start"};
}

std::optional<StreamFault> Prolog::on_space(char byte, Taken& taken) {
  if (byte == '<') {
    at_ = At::opened;
  } else if (is_space(byte)) {
    ++taken.space;
  } else {
    return StreamFault{Kind::not_well_formed, "no XML at the start"};
  }
  return std::nullopt;
}

std::optional<StreamFault> Prolog::on_opened(char byte, Taken& taken) {
  if (byte == '!') return StreamFault{Kind::restricted, "a comment or DOCTYPE"};  // xmpp 7.2
  if (byte == '?' && declared_) return StreamFault{Kind::restricted, "a processing instruction"};
  if (byte == '?') {
    at_ = At::declaration;
    held_ = "<?";
  } else {
    taken.root = true;
  }
  return std::nullopt;
}

std::optional<StreamFault> Prolog::on_declaration(char byte) {
  held_ += byte;
  if (held_.size() <= declaration_start.size()) {
    if (declaration_start.starts_with(held_)) return std::nullopt;
    return StreamFault{Kind::restricted, "a processing instruction"};
  }
  if (held_.size() == declaration_start.size() + 1 && !is_space(byte)) {
    return byte == '?' ? StreamFault{Kind::not_well_formed, "a broken XML declaration"}
                       : StreamFault{Kind::restricted, "a processing instruction"};
  }
  if (held_.ends_with("?>")) {
    std::string_view inside = held_;
    inside.remove_prefix(declaration_start.size());
    inside.remove_suffix(2);
    const std::optional<StreamFault> fault = DeclarationReader(inside).check();
    declared_ = true;
    at_ = At::space;
    held_.clear();
    return fault;
  }
  if (byte == '<' || byte == '>' || held_.size() > limits::xml_declaration_bytes_max) {
    return StreamFault{Kind::not_well_formed, "a broken XML declaration"};
  }
  return std::nullopt;
}

}  // namespace hanse::xml
