// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

// DNS answers as bytes, from lines such as "a.example 300 MX 10 mx1.a.example". Only for tests:
// the product itself never writes an answer.
namespace hanse::dns_bytes {

inline std::string u8(unsigned value) { return std::string(1, static_cast<char>(value)); }
inline std::string u16(unsigned value) { return u8(value >> 8 & 255) + u8(value & 255); }
inline std::string u32(unsigned value) { return u16(value >> 16) + u16(value & 65535); }

inline std::string name(std::string_view text) {
  std::string out;
  while (!text.empty() && text != ".") {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    out += u8(static_cast<unsigned>(label.size())) + std::string(label);
    text = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  }
  return out + u8(0);
}

inline std::string address(int family, const std::string& text) {
  char bytes[16] = {};
  inet_pton(family, text.c_str(), bytes);
  return std::string(bytes, family == AF_INET ? 4 : 16);
}

struct Record {
  unsigned type = 0;
  std::string bytes;
};

inline std::string record_bytes(const std::string& owner, unsigned type, unsigned ttl,
                                const std::string& data) {
  return name(owner) + u16(type) + u16(1) + u32(ttl) +
         u16(static_cast<unsigned>(data.size())) + data;
}

// SOA takes only its last field: "example 60 SOA 30".
inline Record record(const std::string& line) {
  std::istringstream in(line);
  std::string owner, type, word;
  unsigned ttl = 0;
  in >> owner >> ttl >> type;
  std::vector<std::string> rest;
  while (in >> word) rest.push_back(word);
  const auto number = [&](std::size_t at) {
    return static_cast<unsigned>(std::stoul(rest.at(at)));
  };
  const auto made = [&](unsigned code, const std::string& data) {
    return Record{code, record_bytes(owner, code, ttl, data)};
  };
  if (type == "A") return made(1, address(AF_INET, rest.at(0)));
  if (type == "AAAA") return made(28, address(AF_INET6, rest.at(0)));
  if (type == "NS") return made(2, name(rest.at(0)));
  if (type == "CNAME") return made(5, name(rest.at(0)));
  if (type == "PTR") return made(12, name(rest.at(0)));
  if (type == "SOA")
    return made(6, name("ns.example") + name("x.example") + u32(1) + u32(2) + u32(3) + u32(4) +
                       u32(number(0)));
  if (type == "MX") return made(15, u16(number(0)) + name(rest.at(1)));
  if (type == "SRV")
    return made(33, u16(number(0)) + u16(number(1)) + u16(number(2)) + name(rest.at(3)));
  if (type == "TLSA")
    return made(52, u8(number(0)) + u8(number(1)) + u8(number(2)) + rest.at(3));
  std::string text;  // TXT: every word is one string
  for (const std::string& one : rest) text += u8(static_cast<unsigned>(one.size())) + one;
  return made(16, text);
}

// Lines may also be "rcode 3", "ad" and "tc". `question` is the question section as it was asked.
inline std::string answer(unsigned id, const std::string& question,
                          const std::vector<std::string>& lines) {
  unsigned rcode = 0, flags = 0x8180, answers = 0, authorities = 0;
  std::string first, second;
  for (const std::string& line : lines) {
    if (line.starts_with("rcode ")) {
      rcode = static_cast<unsigned>(std::stoul(line.substr(6)));
    } else if (line == "ad") {
      flags |= 0x20;
    } else if (line == "tc") {
      flags |= 0x200;
    } else if (const Record one = record(line); one.type == 6) {
      second += one.bytes;
      ++authorities;
    } else {
      first += one.bytes;
      ++answers;
    }
  }
  return u16(id) + u16(flags | rcode) + u16(1) + u16(answers) + u16(authorities) + u16(0) +
         question + first + second;
}

inline std::string question(std::string_view asked, unsigned type) {
  return name(asked) + u16(type) + u16(1);
}

}  // namespace hanse::dns_bytes
