// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/protocol.h"

namespace hanse::irc {

const Protocol& protocol();

}  // namespace hanse::irc
