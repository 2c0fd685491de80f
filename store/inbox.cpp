// SPDX-License-Identifier: Apache-2.0
#include "store/inbox.h"

#include <algorithm>
#include <iterator>

namespace hanse::store {

namespace {

std::size_t& kind_of(const Command& command, Inbox::Content& content) {
  struct Kind {
    Inbox::Content& in;
    std::size_t& operator()(const AcceptCommand&) const { return in.accepts; }
    std::size_t& operator()(const ClaimCommand&) const { return in.questions; }
    std::size_t& operator()(const ReportableCommand&) const { return in.questions; }
    std::size_t& operator()(const ChangeCommand&) const { return in.questions; }
    std::size_t& operator()(const RouteCommand&) const { return in.questions; }
    std::size_t& operator()(const SettleCommand&) const { return in.notes; }
    std::size_t& operator()(const SettleReportsCommand&) const { return in.notes; }
    std::size_t& operator()(const ExpireCommand&) const { return in.notes; }
    std::size_t& operator()(const AppendCommand&) const { return in.file_work; }
    std::size_t& operator()(const DiscardBlobCommand&) const { return in.file_work; }
    std::size_t& operator()(const FetchCommand&) const { return in.file_work; }
  };
  return std::visit(Kind{content}, command.what);
}

bool reached(std::size_t have, std::size_t wanted) { return wanted != 0 && have >= wanted; }

}  // namespace

bool Inbox::put(Command command) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const bool full = commands_.size() + file_work_.size() >= items_max_;
    if (content_.closed || (full && !fits_always(command))) return false;
    std::size_t& kind = kind_of(command, content_);
    if (++kind == 1 && &kind == &content_.accepts) content_.oldest_accept = clock_.now();
    if (kind == 1 && &kind == &content_.notes) content_.oldest_note = clock_.now();
    (&kind == &content_.file_work ? file_work_ : commands_).push_back(std::move(command));
    wake = sleeping_ && satisfied();
    if (wake) sleeping_ = false;        // one wake-up is enough
  }
  if (wake) filled_.notify_one();
  return true;
}

void Inbox::close() {
  {
    const std::lock_guard lock(mutex_);
    content_.closed = true;
  }
  filled_.notify_one();
}

Inbox::Content Inbox::content() {
  const std::lock_guard lock(mutex_);
  return content_;
}

void Inbox::wait(const Content& wanted, Duration most) {
  std::unique_lock lock(mutex_);
  wanted_ = wanted;
  sleeping_ = true;
  filled_.wait_for(lock, most, [this] { return satisfied(); });
  sleeping_ = false;
}

std::vector<Command> Inbox::take_file_work() {
  const std::lock_guard lock(mutex_);
  std::vector<Command> taken(std::make_move_iterator(file_work_.begin()),
                             std::make_move_iterator(file_work_.end()));
  file_work_.clear();
  content_.file_work = 0;
  return taken;
}

// What is left behind keeps the age of what was taken: it has waited too.
std::vector<Command> Inbox::take(std::size_t most) {
  const std::lock_guard lock(mutex_);
  const std::size_t amount = std::min(most, commands_.size());
  const auto end = commands_.begin() + static_cast<std::ptrdiff_t>(amount);
  std::vector<Command> taken(std::make_move_iterator(commands_.begin()),
                             std::make_move_iterator(end));
  commands_.erase(commands_.begin(), end);
  for (const Command& command : taken) --kind_of(command, content_);
  return taken;
}

bool Inbox::satisfied() const {
  return content_.closed || reached(content_.accepts, wanted_.accepts) ||
         reached(content_.questions, wanted_.questions) ||
         reached(content_.notes, wanted_.notes) ||
         reached(content_.file_work, wanted_.file_work);
}

}  // namespace hanse::store
