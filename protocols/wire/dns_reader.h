// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hanse {

// Reads forward through a DNS message or one record's data inside it. A read beyond the end gives
// zero or nothing, and good() is false from then on: the caller may check once at the end.
class DnsReader {
 public:
  explicit DnsReader(std::string_view message)
      : message_(message), end_(message.size()) {}
  DnsReader(std::string_view message, std::size_t at, std::size_t size)
      : message_(message), at_(at), end_(at + size) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::string bytes(std::size_t count);
  std::string rest() { return bytes(end_ - at_); }
  void skip(std::size_t count);
  std::string ipv4();
  std::string ipv6();

  // Lower case, without the last dot; "" is the root. Octets that are no letter, digit, "-" or
  // "_" come out as \DDD, so that a dot inside a label never looks like two labels. Compression
  // (RFC 1035 4.1.4) may point anywhere before the name, but only ever further back.
  std::string name();

  bool good() const { return good_; }
  bool at_end() const { return at_ == end_; }
  std::size_t at() const { return at_; }

 private:
  std::string_view message_;
  std::size_t at_ = 0, end_ = 0;
  bool good_ = true;
};

}  // namespace hanse
