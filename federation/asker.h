// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "federation/ports.h"
#include "server/base/executor.h"

namespace hanse {

// Who waits to hear how a conveyed message ended, on whatever shard that is known. Told once: if
// nobody has said anything when the last hand lets go, then that the message got lost.
// Thread: any, one at a time; the reply runs at home.
class Asker {
 public:
  Asker(std::shared_ptr<ShardDoor> home, std::function<void(Outcome)> reply)
      : home_(std::move(home)), reply_(std::move(reply)) {}
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;
  ~Asker() {
    Outcome lost;
    lost.disposition = Disposition::failed;
    lost.fault = Fault::try_later;
    lost.status = "4.3.2";
    lost.reply = "its way ended before it did";
    tell(std::move(lost));
  }

  void tell(Outcome outcome) {
    Executor* const executor = home_->executor.load();
    if (!reply_ || executor == nullptr) return;
    executor->post([reply = std::exchange(reply_, nullptr), outcome = std::move(outcome)] {
      reply(outcome);
    });
  }

 private:
  const std::shared_ptr<ShardDoor> home_;
  std::function<void(Outcome)> reply_;
};

}  // namespace hanse
