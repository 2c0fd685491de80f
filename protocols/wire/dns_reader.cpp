// SPDX-License-Identifier: Apache-2.0
#include "protocols/wire/dns_reader.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace hanse {

namespace {

constexpr std::size_t name_octets_max = 255;
constexpr unsigned pointers_max = 127;  // as many as a name can have labels
constexpr std::uint8_t pointer_mask = 0xc0;

void append_label(std::string& out, std::string_view label) {
  if (!out.empty()) out += '.';
  for (const char c : label) {
    const auto octet = static_cast<std::uint8_t>(c);
    if (c >= 'A' && c <= 'Z') {
      out += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
      out += c;
    } else {
      out += '\\';
      for (const int unit : {100, 10, 1}) out += static_cast<char>('0' + octet / unit % 10);
    }
  }
}

template <std::size_t size>
std::string address_text(int family, const std::array<std::uint8_t, size>& octets) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, octets.data(), text, sizeof text);
  return text;
}

}  // namespace

std::uint8_t DnsReader::u8() {
  if (!good_ || at_ >= end_ || at_ >= message_.size()) {
    good_ = false;
    return 0;
  }
  return static_cast<std::uint8_t>(message_[at_++]);
}

std::uint16_t DnsReader::u16() {
  const std::uint16_t high = u8();
  return static_cast<std::uint16_t>(high << 8 | u8());
}

std::uint32_t DnsReader::u32() {
  const std::uint32_t high = u16();
  return high << 16 | u16();
}

void DnsReader::skip(std::size_t count) {
  if (!good_ || end_ > message_.size() || count > end_ - at_) {
    good_ = false;
    return;
  }
  at_ += count;
}

std::string DnsReader::bytes(std::size_t count) {
  const std::size_t from = at_;
  skip(count);
  return good_ ? std::string(message_.substr(from, count)) : std::string();
}

std::string DnsReader::ipv4() {
  std::array<std::uint8_t, 4> octets{};
  for (std::uint8_t& octet : octets) octet = u8();
  return good_ ? address_text(AF_INET, octets) : std::string();
}

std::string DnsReader::ipv6() {
  std::array<std::uint8_t, 16> octets{};
  for (std::uint8_t& octet : octets) octet = u8();
  return good_ ? address_text(AF_INET6, octets) : std::string();
}

std::string DnsReader::name() {
  std::string out;
  std::size_t at = at_;          // where we read; jumps with the pointers
  std::size_t limit = at_;       // a pointer must lead before this: so it ends
  std::size_t octets = 0;
  unsigned jumps = 0;
  while (good_) {
    const std::size_t end = jumps > 0 ? message_.size() : std::min(end_, message_.size());
    if (at >= end) break;
    const auto size = static_cast<std::uint8_t>(message_[at++]);
    if (size == 0) {
      if (jumps == 0) at_ = at;
      return out;
    }
    if ((size & pointer_mask) == pointer_mask) {
      if (at >= end) break;
      const std::size_t target = static_cast<std::size_t>(size & ~pointer_mask) << 8 |
                                 static_cast<std::uint8_t>(message_[at++]);
      if (target >= limit || jumps == pointers_max) break;
      if (jumps++ == 0) at_ = at;
      at = limit = target;
      continue;
    }
    octets += size + 1u;
    if ((size & pointer_mask) != 0 || octets >= name_octets_max || size > end - at) break;
    append_label(out, message_.substr(at, size));
    at += size;
  }
  good_ = false;
  return {};
}

}  // namespace hanse
