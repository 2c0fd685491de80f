// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/federation/fake_world.h"

#include <algorithm>
#include <deque>
#include <stdexcept>

namespace hanse::fake {

TimerKey World::at(Instant when, std::function<void()> work) {
  timers_.emplace(std::max(when, now_), Timer{++last_key_, std::move(work)});
  return last_key_;
}

void World::cancel(TimerKey key) {
  std::erase_if(timers_, [key](const auto& entry) { return entry.second.key == key; });
}

void World::run_for(Duration duration) {
  const Instant end = now_ + duration;
  std::size_t rounds = 0;
  while (!timers_.empty() && timers_.begin()->first <= end) {
    if (++rounds > 5'000'000) throw std::runtime_error("timers never come to rest");
    const auto first = timers_.begin();
    const Instant when = first->first;
    const std::function<void()> work = std::move(first->second.work);
    timers_.erase(first);
    wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(when - now_);
    now_ = when;
    work();
  }
  wall_ += std::chrono::duration_cast<std::chrono::milliseconds>(end - now_);
  now_ = end;
}

Address address(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos) return {"mail", "", ""};
  return {"mail", text.substr(0, at), text.substr(at + 1)};
}

std::shared_ptr<Envelope> message(const std::string& id, UtcTime accepted, std::string from) {
  auto out = std::make_shared<Envelope>();
  out->id = id;
  out->from = address(from);
  out->to = {address("user@b.example")};
  out->accepted = accepted;
  out->expires = accepted + std::chrono::hours(120);
  return out;
}

LinkEnd refused(std::string what) {
  LinkEnd end;
  end.status = "4.4.1";
  end.what = std::move(what);
  return end;
}

// ---- the queue ----

DeliveryId MemoryQueue::put(const std::string& lane, std::string to, unsigned attempts) {
  const DeliveryId id = ++last_id_;
  Row row;
  row.envelope = message("M" + std::to_string(id), world_.utc());
  row.leg = {address(to), "mail", lane, "discover"};
  row.body.bytes = std::make_shared<const std::string>("text");
  row.body.size = 4;
  row.state = attempts == 0 ? Leg::active : Leg::waiting;
  row.attempts = std::max(attempts, 1u);
  row.due = world_.utc();
  rows.emplace(id, std::move(row));
  return id;
}

std::size_t MemoryQueue::count(Leg state) const {
  std::size_t out = 0;
  for (const auto& [id, row] : rows) out += row.state == state;
  return out;
}

void MemoryQueue::accept(Acceptance acceptance, std::function<void(Result<Accepted>)> committed) {
  if (accept_fails) {
    world_.at(answer_at(), [committed] { committed(Error{Fault::overloaded, "disk is full"}); });
    return;
  }
  Accepted out;
  for (const hanse::Leg& leg : acceptance.legs) {
    const DeliveryId id = put(leg.lane);
    rows[id].envelope = acceptance.envelope;
    rows[id].body = acceptance.body;
    rows[id].leg = leg;
    out.ids.push_back(id);
  }
  for (const DeliveryId id : acceptance.reports) rows.at(id).reportable = false;
  world_.at(answer_at(), [committed, out] { committed(out); });
}

Instant MemoryQueue::answer_at() {
  answered_ = std::max(answered_, world_.now() + accept_wait);
  return answered_;
}

void MemoryQueue::claim(std::string_view protocol, std::string_view lane, std::size_t most,
                        UtcTime now, bool in_order, std::function<void(Result<Claimed>)> reply) {
  ++claims;
  Claimed out;
  std::deque<DeliveryId> due;
  for (auto& [id, row] : rows) {
    if (row.state != Leg::waiting || row.leg.lane != lane || row.leg.protocol != protocol) continue;
    ++out.waiting;
    if (!out.next || row.due < *out.next) out.next = row.due;
    if (row.due <= now && !claim_fails) due.push_back(id);
  }
  for (bool late = false; !due.empty() && out.work.size() < most; late = !late && !in_order) {
    const DeliveryId id = late ? due.back() : due.front();
    if (late) due.pop_back();
    else due.pop_front();
    Row& row = rows.at(id);
    row.state = Leg::active;
    ++row.attempts;
    --out.waiting;
    out.work.push_back({row.envelope, row.body, {{id, row.leg.to, row.attempts}}});
  }
  if (!out.work.empty()) out.next.reset();
  world_.at(world_.now(), [reply, out, fails = claim_fails] {
    if (fails) reply(Error{Fault::overloaded, "busy"});
    else reply(out);
  });
}

void MemoryQueue::settle(std::vector<Settlement> settlements) {
  for (const Settlement& one : settlements) {
    Row& row = rows.at(one.id);
    if (row.state != Leg::active) throw std::logic_error("settled a leg nobody held");
    row.last = one.outcome;
    row.due = one.retry_at;
    row.ended = one.ended;
    switch (one.outcome.disposition) {
      case Disposition::delivered: row.state = Leg::delivered; break;
      case Disposition::failed:
        row.state = one.outcome.status == "4.4.7" ? Leg::expired : Leg::failed;
        row.reportable = one.report;
        break;
      case Disposition::returned: --row.attempts; [[fallthrough]];
      case Disposition::deferred: row.state = Leg::waiting; break;
    }
  }
  settled.push_back(std::move(settlements));
}

void MemoryQueue::expire(std::string_view, std::string_view lane, UtcTime now,
                         UtcTime accepted_before, Outcome outcome) {
  ++expires;
  for (auto& [id, row] : rows) {
    if (row.state != Leg::waiting || row.leg.lane != lane) continue;
    if (row.envelope->expires >= now || row.envelope->accepted >= accepted_before) continue;
    row.state = Leg::expired;
    row.last = outcome;
  }
}

void MemoryQueue::reportable(UtcTime failed_before, std::size_t most,
                             std::function<void(Result<std::vector<Reportable>>)> reply) {
  std::map<std::string, Reportable> found;
  std::set<std::string> open, old;
  for (const auto& [id, row] : rows) {
    if (row.state == Leg::active || row.state == Leg::waiting) open.insert(row.envelope->id);
    if (!row.reportable) continue;
    if (row.ended <= failed_before) old.insert(row.envelope->id);
    Reportable& one = found[row.envelope->id];
    one.envelope = row.envelope;
    one.body = row.body;
    one.failures.push_back({id, row.leg.to, row.last, row.ended});
  }
  std::vector<Reportable> out;
  for (auto& [id, one] : found)
    if (out.size() < most && (!open.contains(id) || old.contains(id))) out.push_back(one);
  world_.at(world_.now(), [reply, out] { reply(out); });
}

void MemoryQueue::settle_reports(std::vector<DeliveryId> ids) {
  for (const DeliveryId id : ids) rows.at(id).reportable = false;
  reports_ended += ids.size();
}

void MemoryQueue::append(std::int64_t blob, std::string,
                         std::function<void(Result<std::int64_t>)> reply) {
  world_.at(world_.now(), [reply, blob] { reply(blob == 0 ? 1 : blob); });
}

void MemoryQueue::fetch(std::int64_t, std::uint64_t, std::size_t,
                        std::function<void(Result<std::string>)> reply) {
  world_.at(world_.now(), [reply] { reply(std::string("Subject: from the store\r\n")); });
}

}  // namespace hanse::fake
