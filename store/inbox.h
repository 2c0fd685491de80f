// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "server/base/time.h"
#include "store/commands.h"

namespace hanse::store {

// The writer's mailbox. It knows which commands somebody waits for, and wakes its owner only when
// enough of them have come: a wake-up per command would cost more than the commit they share.
// Thread: put() and close() from any, the rest from the owner.
class Inbox {
 public:
  struct Content {
    std::size_t accepts = 0;            // new messages
    std::size_t questions = 0;          // claims and the like: somebody waits
    std::size_t notes = 0;              // results: nobody waits, but none may be lost
    std::size_t file_work = 0;          // needs no transaction
    bool closed = false;
    Instant oldest_accept{}, oldest_note{};

    bool empty() const { return accepts + questions + notes + file_work == 0; }
  };

  Inbox(std::size_t items_max, const Clock& clock) : items_max_(items_max), clock_(clock) {}

  bool put(Command command);            // false: full or closed, nothing was taken
  void close();                         // nothing more comes in

  Content content();
  // Until there is as much as wanted of one kind (0: that kind does not count), until it is
  // closed, or until the time is over.
  void wait(const Content& wanted, Duration most);
  std::vector<Command> take_file_work();
  std::vector<Command> take(std::size_t most);

 private:
  bool satisfied() const;

  const std::size_t items_max_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Command> commands_, file_work_;
  Content content_, wanted_;
  bool sleeping_ = false;
};

}  // namespace hanse::store
