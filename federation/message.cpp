// SPDX-License-Identifier: Apache-2.0
#include "federation/message.h"

namespace hanse {

std::string to_text(const Address& address) {
  if (address.empty()) return "<>";
  if (address.domain.empty()) return address.local;
  return address.local + "@" + address.domain;
}

}  // namespace hanse
