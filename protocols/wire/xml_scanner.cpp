// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/xml_scanner.h"

#include <array>

namespace hanse::xml {
namespace {

using Kind = StreamFault::Kind;

constexpr std::string_view cdata_start = "[CDATA[";

// The octets that mean something in a start tag, outside of quotes.
constexpr std::array<bool, 256> matters_in_tag = [] {
  std::array<bool, 256> matters{};
  for (const char octet : {'<', '>', '/', '=', '"', '\''}) {
    matters[static_cast<unsigned char>(octet)] = true;
  }
  return matters;
}();

}  // namespace

Scanner::Scanned Scanner::scan(std::string_view bytes, std::size_t attributes_max) {
  Scanned scanned;
  seen_ = Seen::more;
  while (seen_ == Seen::more) {
    const std::size_t skipped = skip(bytes.substr(scanned.bytes));
    scanned.bytes += skipped;
    if (at_ != At::content && at_ != At::cdata) markup_bytes_ += skipped;
    if (scanned.bytes == bytes.size()) return scanned;
    const char byte = bytes[scanned.bytes];
    switch (at_) {
      case At::content: at_ = At::opened; break;
      case At::opened: scanned.fault = on_opened(byte); break;
      case At::start_tag: scanned.fault = on_start_tag(byte, attributes_max); break;
      case At::quoted: at_ = At::start_tag; break;
      case At::end_tag: scanned.fault = on_end_tag(byte); break;
      case At::marked: scanned.fault = on_marked(byte); break;
      case At::cdata: on_cdata(byte); break;
    }
    if (scanned.fault) {
      seen_ = Seen::fault;
      break;
    }
    ++scanned.bytes;
    markup_bytes_ = at_ == At::content || at_ == At::cdata ? 0 : markup_bytes_ + 1;
  }
  scanned.seen = seen_;
  return scanned;
}

// How many bytes mean nothing where we are. Nearly all bytes of a stream are found here.
std::size_t Scanner::skip(std::string_view bytes) const {
  std::size_t count = 0;
  switch (at_) {
    case At::content: count = bytes.find('<'); break;
    case At::quoted: count = bytes.find(quote_); break;
    case At::end_tag: count = bytes.find_first_of("<>"); break;
    case At::cdata: count = matched_ == 0 ? bytes.find(']') : 0; break;
    case At::start_tag: count = skip_in_tag(bytes); break;
    case At::opened:
    case At::marked: break;
  }
  return count == bytes.npos ? bytes.size() : count;
}

// Values that end in what we have are passed over with the rest.
std::size_t Scanner::skip_in_tag(std::string_view bytes) {
  std::size_t count = 0;
  while (count < bytes.size()) {
    const char byte = bytes[count];
    if (byte == '\'' || byte == '"') {
      const std::size_t end = bytes.find(byte, count + 1);
      if (end == bytes.npos) break;
      count = end;
    } else if (matters_in_tag[static_cast<unsigned char>(byte)]) {
      break;
    }
    ++count;
  }
  return count;
}

std::optional<StreamFault> Scanner::on_opened(char byte) {
  switch (byte) {
    case '?': return StreamFault{Kind::restricted, "a processing instruction"};  // xmpp 7.2
    case '!': matched_ = 0; at_ = At::marked; break;
    case '/': at_ = At::end_tag; break;
    case '<':
    case '>': return StreamFault{Kind::not_well_formed, "a tag without a name"};
    default: slash_ = false; attributes_ = 0; at_ = At::start_tag;
  }
  return std::nullopt;
}

std::optional<StreamFault> Scanner::on_start_tag(char byte, std::size_t attributes_max) {
  switch (byte) {
    case '<': return StreamFault{Kind::not_well_formed, "a tag inside of a tag"};
    case '>': start_is_over(); break;
    case '/': slash_ = true; break;
    case '=':
      // Here and not behind the parser: that compares each attribute with all before it.
      if (++attributes_ > attributes_max) return StreamFault{Kind::policy, "too many attributes"};
      break;
    default: quote_ = byte; at_ = At::quoted;
  }
  return std::nullopt;
}

void Scanner::start_is_over() {
  at_ = At::content;
  if (!in_root_) {
    in_root_ = true;
    seen_ = slash_ ? Seen::empty_root : Seen::root;
  } else if (!slash_) {
    ++depth_;
  } else if (depth_ == 0) {
    seen_ = Seen::element;
  }
}

std::optional<StreamFault> Scanner::on_end_tag(char byte) {
  if (byte == '<') return StreamFault{Kind::not_well_formed, "a tag inside of a tag"};
  at_ = At::content;
  if (depth_ == 0) {
    seen_ = Seen::end;
  } else if (--depth_ == 0) {
    seen_ = Seen::element;
  }
  return std::nullopt;
}

std::optional<StreamFault> Scanner::on_marked(char byte) {
  if (byte != cdata_start[matched_]) {
    if (matched_ > 0) return StreamFault{Kind::not_well_formed, "a broken CDATA section"};
    return StreamFault{Kind::restricted, "a comment or DOCTYPE"};  // xmpp 7.2
  }
  if (depth_ == 0) return StreamFault{Kind::bad_format, "text between elements"};  // xmpp 7.8
  if (++matched_ == cdata_start.size()) {
    matched_ = 0;
    at_ = At::cdata;
  }
  return std::nullopt;
}

// "]]>" ends it; "]]]>" does, too.
void Scanner::on_cdata(char byte) {
  if (byte == ']') {
    if (matched_ < 2) ++matched_;
  } else if (byte == '>' && matched_ == 2) {
    at_ = At::content;
  } else {
    matched_ = 0;
  }
}

}  // namespace hanse::xml
