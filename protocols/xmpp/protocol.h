// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "protocols/protocol.h"

namespace hanse::xmpp {

const Protocol& protocol();

}  // namespace hanse::xmpp
