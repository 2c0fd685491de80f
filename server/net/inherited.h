// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/net/socket.h"

namespace hanse::net {

// A listening socket that systemd has opened for us (sd_listen_fds(3)), so that no connection is
// refused while the node restarts, and ports below 1024 need no privilege.
struct InheritedSocket {
  int descriptor = -1;
  std::string name;             // FileDescriptorName= of the socket unit
};

// From LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES; only those that nobody has taken yet.
std::vector<InheritedSocket> inherited_sockets();
std::vector<InheritedSocket> inherited_sockets(int first, int count, std::string_view names);

// The one that is named like the listener's table or bound to its address; -1: none. A taken
// socket is closed on exec, which is also how it is known to be taken.
int take_inherited(const std::vector<InheritedSocket>& sockets, std::string_view table,
                   const SocketAddress& address);

}  // namespace hanse::net
