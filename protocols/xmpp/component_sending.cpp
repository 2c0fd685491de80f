// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/component_sending.h"

#include <algorithm>
#include <utility>

#include "protocols/xmpp/limits.h"
#include "protocols/xmpp/stanza.h"
#include "server/base/limits.h"

namespace hanse::xmpp {

void ComponentSending::write(std::string& wire, Outbox& out) {
  while (!works_.empty() && fetch_ == 0) {
    const Work& first = works_.front();
    if (first.body.bytes == nullptr) {
      fetched_.clear();
      fetch_ = out.ask(Fetch{first.body.blob, 0, limits::body_chunk_bytes});
      return;
    }
    write_one(first, *first.body.bytes, wire, out);
    works_.pop_front();
  }
}

void ComponentSending::answered(AskId id, const Answer& answer, std::string& wire, Outbox& out) {
  if (fetch_ == 0 || id != fetch_ || works_.empty()) return;
  fetch_ = 0;
  const Work& first = works_.front();
  const Fetched* fetched = std::get_if<Fetched>(&answer);
  if (fetched == nullptr || fetched->bytes.empty()) {
    give_back(first, "its bytes cannot be read", out);
    works_.pop_front();
    return;
  }
  fetched_ += fetched->bytes;
  if (fetched_.size() < first.body.size) {
    fetch_ = out.ask(Fetch{first.body.blob, fetched_.size(), limits::body_chunk_bytes});
    return;
  }
  write_one(first, fetched_, wire, out);
  works_.pop_front();
  fetched_ = std::string();
}

void ComponentSending::write_one(const Work& work, std::string_view bytes, std::string& wire,
                                 Outbox& out) {
  const UtcTime utc = settings_->clock != nullptr ? settings_->clock->utc() : UtcTime{};
  append_stanza(*work.envelope, bytes, settings_->node_domain, utc, wire);
  for (const Target& target : work.targets) {
    if (target.id < 0) {   // not the store's: its sender was never told that we have it
      settle(target.id, "written", out);
      continue;
    }
    under_way_.push_back({sent_ + wire.size(), target.id});
  }
}

void ComponentSending::settle(DeliveryId id, std::string_view how, Outbox& out) const {
  out.settle(id,
             {Disposition::delivered, Fault::try_later, "2.0.0", std::string(how), remote_, {}});
}

void ComponentSending::flush(std::string& wire, Outbox& out) {
  if (wire.empty()) return;
  out.send(wire);
  first_ = first_ || sent_ == taken_;
  sent_ += wire.size();
  if (wire.capacity() > limits::output_kept_bytes_max) wire = std::string();
  wire.clear();
}

// A look asks the system, so that many are judged by one.
bool ComponentSending::look(Instant now, bool at_once, Outbox& out) {
  if (sent_ == taken_) return true;
  if (std::exchange(first_, false)) moved_ = now;
  const std::size_t count = under_way_.size();
  if (at_once || count == 1 || (count > 0 && count % limits::works_per_look == 0))
    settle_taken(now, out);
  if (sent_ == taken_) return true;
  if (now - moved_ >= settings_->answer_wait_max) return false;
  const bool soon = count > 0 && now - moved_ < limits::taken_wait;
  const Instant next = now + (soon ? limits::component_taken_wait : limits::taken_wait);
  if (looks_at_ > next) out.set_timer(look_timer_, looks_at_ = next);
  return true;
}

bool ComponentSending::look_again(Instant now, Outbox& out) {
  looks_at_ = Instant::max();
  return look(now, true, out);
}

void ComponentSending::settle_taken(Instant now, Outbox& out) {
  if (sent_ == taken_) return;
  const std::uint64_t untaken = std::min<std::uint64_t>(out.untaken(), sent_);
  const std::uint64_t taken = sent_ - untaken;
  if (taken > taken_) moved_ = now;
  taken_ = std::max(taken, taken_);
  for (; !under_way_.empty() && under_way_.front().end <= taken_; under_way_.pop_front())
    settle(under_way_.front().id, "taken", out);
}

void ComponentSending::lose(Outbox& out) {
  Outcome lost{Disposition::deferred, Fault::try_later, "4.4.2",
               "the connection ended before the other host had taken it", remote_, {}};
  lost.ambiguous = true;
  for (const UnderWay& one : std::exchange(under_way_, {})) out.settle(one.id, lost);
}

void ComponentSending::give_back(const Work& work, std::string_view why, Outbox& out) const {
  for (const Target& target : work.targets)
    out.settle(target.id, {Disposition::returned, Fault::try_later, "4.4.2", std::string(why),
                           remote_, {}});
}

void ComponentSending::give_all_back(std::string_view why, Outbox& out) {
  fetch_ = 0;
  for (const Work& work : std::exchange(works_, {})) give_back(work, why, out);
}

}  // namespace hanse::xmpp
