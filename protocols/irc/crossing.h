// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "protocols/bell.h"

namespace hanse::irc {

// Two connections for one network (irc 7): both servers dialled at once, or a server comes again
// whose last connection is dead and does not know it yet. Who has to wait for the other rings here.
struct Crossing {
  unsigned calls = 0;        // of ours that have greeted and are not agreed upon yet
  bool silent = false;       // the link that stands has not answered its PING
  bool replaced = false;     // and is to end: its server is here again

  void wait(std::shared_ptr<Bell> bell) {
    if (std::ranges::find(waiting_, bell) == waiting_.end()) waiting_.push_back(std::move(bell));
  }
  void changed() {
    for (const std::shared_ptr<Bell>& bell : std::exchange(waiting_, {})) bell->ring();
  }
  void link_over() {
    silent = replaced = false;
    changed();
  }

 private:
  std::vector<std::shared_ptr<Bell>> waiting_;
};

}  // namespace hanse::irc
