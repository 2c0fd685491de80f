// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/console/control_server.h"
#include "server/console/sockets.h"

namespace hanse::console {

// Creates, binds and opens the socket file with mode 0660.
Result<Descriptor> listen_on(const ControlSocket& socket);

// Connects within `patience`. never: nobody is there; refused: not permitted; try_later: busy.
Result<Descriptor> connect_to(const std::string& path, Duration patience);

// Who is at the other end, by the kernel's word.
struct Caller {
  std::string who;           // "alice (uid 1000)"
  bool permitted = false;
};
Caller caller_of(int connection, const std::string& group);

}  // namespace hanse::console
