// SPDX-License-Identifier: Apache-2.0
#include "store/envelope_codec.h"

namespace hanse::store {

namespace {

constexpr char form = 1;
constexpr std::size_t list_items_max = 1 << 16;   // far above what any envelope may hold

class Packer {
 public:
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
    bytes.push_back(static_cast<char>(value));
  }
  void text(std::string_view value) {
    number(value.size());
    bytes += value;
  }
  void time(UtcTime at) { number(static_cast<std::uint64_t>(to_unix_ms(at))); }
  void address(const Address& value) {
    text(value.protocol);
    text(value.local);
    text(value.domain);
  }
  void key(const MessageKey& value) {
    text(value.protocol);
    text(value.domain);
    text(value.native_id);
  }
  void hop(const Hop& value) {
    for (const std::string* part : {&value.by_node, &value.protocol, &value.from_name,
                                    &value.from_host, &value.from_address, &value.tls,
                                    &value.peer}) {
      text(*part);
    }
    time(value.at);
  }

  std::string bytes;
};

// Reads what Packer wrote. The first thing that does not fit makes everything after it empty.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return fail();
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) {
      fail();
      return {};
    }
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  std::size_t count() {
    const std::uint64_t value = number();
    return value <= list_items_max ? value : fail();
  }
  UtcTime time() { return from_unix_ms(static_cast<std::int64_t>(number())); }
  Address address() {
    Address value;
    value.protocol = text();
    value.local = text();
    value.domain = text();
    return value;
  }
  MessageKey key() {
    MessageKey value;
    value.protocol = text();
    value.domain = text();
    value.native_id = text();
    return value;
  }
  Hop hop() {
    Hop value;
    for (std::string* part : {&value.by_node, &value.protocol, &value.from_name, &value.from_host,
                              &value.from_address, &value.tls, &value.peer}) {
      *part = text();
    }
    value.at = time();
    return value;
  }

  bool complete() const { return !failed_ && rest_.empty(); }
  bool failed() const { return failed_; }

 private:
  std::uint64_t fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::string encode_envelope(const Envelope& envelope) {
  Packer out;
  out.bytes.reserve(256 + envelope.native.size());
  out.bytes.push_back(form);
  out.text(envelope.id);
  out.key(envelope.key);
  out.number(static_cast<std::uint64_t>(envelope.flow));
  out.address(envelope.from);
  out.number(envelope.to.size());
  for (const Address& to : envelope.to) out.address(to);
  out.number(envelope.answers ? 1 : 0);
  if (envelope.answers) out.key(*envelope.answers);
  out.number(envelope.trace.size());
  for (const Hop& hop : envelope.trace) out.hop(hop);
  out.time(envelope.accepted);
  out.time(envelope.expires);
  out.text(envelope.native);
  out.number(envelope.is_report ? 1 : 0);
  return std::move(out.bytes);
}

Result<Envelope> decode_envelope(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != form) {
    return Error{Fault::broken, "stored envelope has an unknown form"};
  }
  Unpacker in(bytes.substr(1));
  Envelope envelope;
  envelope.id = in.text();
  envelope.key = in.key();
  envelope.flow = static_cast<Flow>(in.number() % 4);
  envelope.from = in.address();
  for (std::size_t left = in.count(); left > 0 && !in.failed(); --left) {
    envelope.to.push_back(in.address());
  }
  if (in.number() != 0) envelope.answers = in.key();
  for (std::size_t left = in.count(); left > 0 && !in.failed(); --left) {
    envelope.trace.push_back(in.hop());
  }
  envelope.accepted = in.time();
  envelope.expires = in.time();
  envelope.native = in.text();
  envelope.is_report = in.number() != 0;
  if (!in.complete()) return Error{Fault::broken, "stored envelope is damaged"};
  return envelope;
}

}  // namespace hanse::store
