// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/outbound.h"

#include <utility>

namespace hanse::smtp {

void Outbound::on_mail_reply(const Reply& reply, bool more_follow, Outbox& out) {
  if (deliveries_.empty() || !deliveries_.front()->awaits_reply()) return on_unasked(reply, out);
  Delivery& first = *deliveries_.front();
  if (reply.code == 421) {  // RFC 5321 3.8: the server closes, whatever was asked
    LinkEnd end{.status = reply.status.empty() ? "4.0.0" : reply.status, .what = to_text(reply)};
    // Said instead of an answer to the first command it is about the connection alone (C-6).
    end.orderly = finished_ > 0 && !first.answered_before();
    if (!end.orderly) first.fail_named(first.outcome_of_end(reply));
    return give_up(std::move(end), out);
  }
  first.on_reply(reply);
  // V-2: what comes behind 354 was sent before the server could know our message, so it can
  // answer nothing; taken for the answer to the final dot it would lose mail.
  if ((first.content_wanted() || first.chunk_is_next()) && more_follow) {
    out.note(Level::warning, "conn.protocol_error", "reply ahead of the message");
    return give_up({.status = "4.5.0", .what = "reply ahead of the message"}, out);
  }
  advance(out);
}

// A reply nobody waits for. In the middle of a message it is the server's refusal of it; no
// positive one counts before the final dot (V-2).
void Outbound::on_unasked(const Reply& reply, Outbox& out) {
  LinkEnd end{.status = reply.status.empty() ? "4.5.0" : reply.status, .what = to_text(reply)};
  if (deliveries_.empty()) {
    end.orderly = reply.code == 421;
  } else if (reply.code >= 400) {
    Delivery& first = *deliveries_.front();
    first.fail_named(reply.code == 421 ? first.outcome_of_end(reply) : first.outcome_of(reply));
    end.orderly = reply.code != 421;
  } else {
    out.note(Level::warning, "conn.protocol_error", "reply ahead of the end of data");
    end = {.status = "4.5.0", .what = "reply ahead of the end of data: " + to_text(reply)};
  }
  give_up(std::move(end), out);
}

void Outbound::advance(Outbox& out) {
  while (state_ == State::ready && !deliveries_.empty() && advance_first(out)) {}
  while (state_ == State::ready && !waiting_.empty() && may_open_next()) open_next(out);
  if (state_ == State::ready && draining_ && deliveries_.empty() && waiting_.empty()) quit(out);
}

// False when the first delivery waits for something from outside.
bool Outbound::advance_first(Outbox& out) {
  Delivery& first = *deliveries_.front();
  if (first.awaits_reply() || first.streaming()) return false;
  if (first.content_wanted()) {
    send_content(first, out);
    return false;
  }
  std::string command;
  if (first.next_command(command)) {
    out.send(command);
    return false;
  }
  server_open_ = first.open_on_server();
  if (!first.all_done()) {  // C-11: the rest in a transaction of its own
    begin(first, server_open_, false, out);
    return false;
  }
  const std::unique_ptr<Delivery> done = std::move(deliveries_.front());
  deliveries_.erase(deliveries_.begin());
  ++finished_;
  hopping_.try_next = false;  // a host that takes others here is believed
  done->settle(out);
  if (const Outcome* back = done->given_back()) leave_for_next(*back, done->decided(), out);
  return true;
}

// M-10, smtp.try_next: the lane goes on to the next host with what came back. A host that decided
// for some recipients works, and nothing is held against it.
void Outbound::leave_for_next(const Outcome& back, bool useful, Outbox& out) {
  if (deliveries_.empty()) out.send("QUIT\r\n");
  give_up({.status = back.status, .what = back.reply, .orderly = useful}, out);
}

bool Outbound::may_open_next() const {
  if (deliveries_.empty()) return true;
  if (deliveries_.size() >= deliveries_open_max || !hopping_.offer.pipelining) return false;
  return deliveries_.front()->on_its_last_answer();
}

void Outbound::open_next(Outbox& out) {
  auto next = std::make_unique<Delivery>(std::move(waiting_.front()), hopping_);
  waiting_.erase(waiting_.begin());
  if (next->all_done()) {  // refused without asking the server
    next->settle(out);
    return;
  }
  // Servers do not agree on what a refused chunk leaves behind (RFC 3030 2): RSET settles it.
  const bool behind = !deliveries_.empty();
  begin(*next, behind ? hopping_.offer.chunking : server_open_, behind, out);
  deliveries_.push_back(std::move(next));
}

void Outbound::begin(Delivery& delivery, bool reset_first, bool behind, Outbox& out) {
  std::string commands;
  delivery.begin_transaction(reset_first, behind, commands);
  out.send(commands);
}

void Outbound::send_content(Delivery& delivery, Outbox& out) {
  if (!delivery.anybody_accepted()) {
    out.send(delivery.give_nothing());
  } else if (delivery.content_in_memory()) {
    out.send(delivery.give_content());
  } else {
    out.send(delivery.begin_stream());
    fetch_ = out.ask(delivery.next_fetch());
  }
}

// The session asks the store only when its output has drained: the server's pace is ours.
void Outbound::on_fetched(const Answer& answer, Outbox& out) {
  if (state_ != State::ready || deliveries_.empty()) return;
  Delivery& first = *deliveries_.front();
  const Fetched* fetched = std::get_if<Fetched>(&answer);
  if (fetched == nullptr)  // cut off before the final dot the message was never there
    return give_up({.status = "4.3.0", .what = "stored message cannot be read"}, out);
  std::string bytes;
  const Result<void> done = first.stream(fetched->bytes, bytes);
  if (!done) {
    const bool final = done.error().fault == Fault::never;
    first.fail_named(first.outcome(final ? Disposition::failed : Disposition::deferred,
                                   done.error().fault, final ? "5.6.0" : "4.3.0",
                                   done.error().what));
    return give_up({.status = "4.3.0", .what = done.error().what, .orderly = true}, out);
  }
  out.send(bytes);
  if (first.streaming()) fetch_ = out.ask(first.next_fetch());
  else advance(out);
}

void Outbound::quit(Outbox& out) {
  state_ = State::quitting;
  out.fail({.stage = LinkEnd::Stage::ready, .status = "", .what = "drained", .orderly = true});
  out.send("QUIT\r\n");
}

void Outbound::settle_all(const LinkEnd& end, Outbox& out) {
  // A connection found dead at its next use has cost nobody anything (C-6).
  for (std::size_t i = 0; i < deliveries_.size(); ++i) {
    Delivery& one = *deliveries_[i];
    Outcome returned = one.outcome(Disposition::returned, Fault::try_later, end.status, end.what);
    if (!one.end_given() && (i > 0 || (finished_ > 0 && !one.answered_before()))) {
      one.fail_open(returned);
    } else {
      one.fail_untried(returned);
      one.fail_open(one.lost(end));
    }
    one.settle(out);
  }
  deliveries_.clear();
  for (const Work& work : waiting_) return_work(work, out);
  waiting_.clear();
}

void Outbound::return_work(const Work& work, Outbox& out) {
  const Outcome returned{.disposition = Disposition::returned, .status = "4.4.2",
                         .reply = "connection ended before the message was begun",
                         .remote = to_text(handshake_.endpoint()), .tls = ""};
  for (const Target& target : work.targets) out.settle(target.id, returned);
}

}  // namespace hanse::smtp
