// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tests/bench/xmpp_wire.h"

// Just enough XMPP to get an authenticated stream, and to count what comes over one.
namespace bench {

// As a server: direct TLS or STARTTLS, then SASL EXTERNAL (RFC 6120 6). Ready for stanzas.
void open_server_stream(Wire& wire, SSL_CTX& context, bool direct, const std::string& from,
                        const std::string& to);
// Of a stream that is open: what it carries from here on is acknowledged.
void manage_stream(Wire& wire);
// XEP-0114.
void open_component_stream(Wire& wire, const std::string& domain, const std::string& secret);
// The other side of the first one: whoever comes is believed. TLS is told by the first byte.
void accept_server_stream(Wire& wire, SSL_CTX& context);

struct Seen {
  std::size_t pair, number;
};

// Finds the stanzas of the generator in what arrives; answers XEP-0198 along the way.
class Scanner {
 public:
  explicit Scanner(Wire& wire) : wire_(wire) {}

  // Calls `seen(pair, number)` for each stanza in the wire's input and drops what was used.
  template <class Function>
  void scan(Function&& seen) {
    std::size_t at = 0;
    while (true) {
      const std::size_t tag = wire_.input.find('<', at);
      const std::size_t end = tag == std::string::npos ? tag : wire_.input.find('>', tag);
      if (end == std::string::npos) break;
      Seen one{};
      if (stanza(std::string_view(wire_.input).substr(tag + 1, end - tag - 1), one)) {
        seen(one.pair, one.number);
      }
      at = end + 1;
    }
    wire_.input.erase(0, at);
  }
  void acknowledge();   // what was not yet, where that is done

 private:
  bool stanza(std::string_view tag, Seen& seen);

  Wire& wire_;
  std::size_t handled_ = 0, told_ = 0;
  bool managed_ = false;
};

}  // namespace bench
