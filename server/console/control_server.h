// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "server/console/node.h"

namespace hanse::console {

struct ControlSocket {
  std::string path;
  std::string group;    // its members may use the console; empty or unknown: nobody more
};

// Listens on a Unix socket and runs the commands of those who may: root, the node's own user,
// members of the group. A few blocking threads of its own, every read and write with a deadline.
class ControlServer {
 public:
  // Removes a socket file left behind only when nobody answers on it.
  static Result<std::unique_ptr<ControlServer>> open(const ControlSocket& socket, Node& node);
  ~ControlServer();     // stops, joins, removes the socket file

 private:
  struct State;
  explicit ControlServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace hanse::console
