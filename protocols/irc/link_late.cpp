// SPDX-License-Identifier: Apache-2.0
// What waited in the queue for this network, told when it is back.
#include "protocols/irc/limits.h"
#include "protocols/irc/link.h"

namespace hanse::irc {

void ServerLink::deliver(const Work& work, Instant now, Outbox& out) {
  std::optional<LateLine> line = read_late(work);
  if (!line || side_ == nullptr) {
    // A network is a state that is kept: nothing else is delivered over it.
    const Outcome outcome =
        line ? Outcome{Disposition::returned, Fault::try_later, "4.4.2", "the link ended", {}, {}}
             : Outcome{Disposition::failed, Fault::never, "5.3.3", "no line of talk", {}, {}};
    for (const Target& target : work.targets) out.settle(target.id, outcome);
    return;
  }
  if (late_ == nullptr)
    late_ = std::make_unique<LateDesk>(hub_->settings().late_lines_max,
                                       side_->settings().late_seconds);
  std::vector<LateDesk::Settled> settled;
  late_->add(work.targets.front().id, *std::move(line), now, settled);
  settle_late(settled, out);
  out.set_timer(late_timer, now + limits::late_gather_wait);
}

void ServerLink::tell_late(Instant now, Outbox& out) {
  if (late_ == nullptr) return;
  if (side_ != nullptr && side_->linked()) {
    std::vector<LateDesk::Settled> settled;
    const auto told = late_->next(
        now, hub_->now(),
        [this](const std::string& channel) { return hub_->relay().is_heard(*side_, channel); },
        [this](const LateLine& line) { return hub_->relay().may_tell(*side_, line); }, settled);
    if (told) hub_->relay().tell_late(*side_, told->home, told->channel, told->text);
    settle_late(settled, out);
    if (late_->empty()) {
      hub_->relay().late_over(*side_);
      late_.reset();
      return;
    }
  }
  out.set_timer(late_timer, now + limits::late_pause);
}

void ServerLink::settle_late(const std::vector<LateDesk::Settled>& settled, Outbox& out) {
  using How = LateDesk::Settled::How;
  for (const LateDesk::Settled& one : settled) {
    if (one.how == How::told) {
      unproven_.push_back({one.id, side_->want_answer()});
      continue;
    }
    if (one.how == How::kept_out) {
      out.settle(one.id, {Disposition::failed, Fault::never, "5.7.1",
                          "who said it is kept out of the channel there", {}, {}});
      continue;
    }
    const bool too_old = one.how == How::too_old;
    const char* const reply = too_old ? "waited too long to be told" : "told of in a summary";
    out.settle(one.id, {too_old ? Disposition::failed : Disposition::delivered,
                        too_old ? Fault::never : Fault::try_later, too_old ? "4.4.7" : "2.0.0",
                        reply, {}, {}});
  }
}

// A link may be dead and not know it: what was written to it is told once its server has answered a
// PING that went out behind it.
void ServerLink::prove_late(std::uint64_t position, Outbox& out) {
  for (; !unproven_.empty() && unproven_.front().position <= position; unproven_.pop_front())
    out.settle(unproven_.front().id, {Disposition::delivered, Fault::try_later, "2.0.0",
                                      "told as late", {}, {}});
}

void ServerLink::give_back_late(Outbox& out) {
  for (; !unproven_.empty(); unproven_.pop_front())
    out.settle(unproven_.front().id, {Disposition::returned, Fault::try_later, "4.4.2",
                                      "the link ended, and perhaps it was not heard", {}, {}});
  if (late_ == nullptr) return;
  for (const DeliveryId id : late_->give_back())
    out.settle(id, {Disposition::returned, Fault::try_later, "4.4.2",
                    "the link ended before it was told", {}, {}});
  late_.reset();
}

}  // namespace hanse::irc
