// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "protocols/fixed_limits.h"
#include "protocols/irc/protocol.h"
#include "protocols/protocol.h"
#include "protocols/smtp/protocol.h"
#include "protocols/xmpp/protocol.h"

namespace hanse {

namespace {

struct Entry {
  const Protocol& protocol;
  std::span<const FixedLimit> limits;
};

// The one list. A new protocol is a folder beside smtp/ and a line here.
std::span<const Entry> entries() {
  static const Entry all[] = {
      {smtp::protocol(), smtp::fixed_limits()},
      {xmpp::protocol(), xmpp::fixed_limits()},
      {irc::protocol(), irc::fixed_limits()},
  };
  return all;
}

}  // namespace

std::span<const Protocol* const> protocols() {
  static const auto all = [] {
    std::vector<const Protocol*> out;
    for (const Entry& one : entries()) out.push_back(&one.protocol);
    return out;
  }();
  return all;
}

std::span<const ProtocolLimits> protocol_limits() {
  static const auto all = [] {
    std::vector<ProtocolLimits> out;
    for (const Entry& one : entries()) out.push_back({one.protocol.name, one.limits});
    return out;
  }();
  return all;
}

}  // namespace hanse
