// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "protocols/protocol.h"

namespace hanse::smtp {

// What the DNS must say for mail to come here and to be believed elsewhere: MX and SPF of each
// domain we accept for, and a name of the node that leads to its address and back.
std::vector<DnsWish> wished_records(std::span<const std::string> hosts, const std::string& name);

}  // namespace hanse::smtp
