// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace hanse::test {

using namespace std::string_literals;

// The list of D-4: ends of data that other servers have believed in.
inline const std::string smuggling_sequences[] = {
    "\n.\n"s,      "\n.\r\n"s,    "\r\n.\n"s,       "\r.\r"s,
    "\r.\n"s,      "\n.\r"s,      "\r.\r\n"s,       "\r\n.\r"s,
    "\r\n\0.\r\n"s, "\r\n.\0\r\n"s, "\r\n.\r\r\n"s, "\r\r\n.\r\r\n"s,
};

// A message with another one in it, which begins where the sequence is believed in.
inline std::string smuggling_content(const std::string& sequence) {
  return "From: <a@b.example>\r\n\r\nseen" + sequence +
         "MAIL FROM:<evil@b.example>\r\nRCPT TO:<victim@d.example>\r\nDATA\r\n"
         "From: <evil@b.example>\r\n\r\nhidden\r\n.\r\n";
}

}  // namespace hanse::test
