// SPDX-License-Identifier: Apache-2.0
#include "store/queue_port.h"

namespace hanse::store {

namespace {

const Error overloaded{Fault::overloaded, "the store has too much to do"};

}  // namespace

template <class Value>
void QueuePort::put_or_refuse(Command command,
                              const std::function<void(Result<Value>)>& reply) {
  if (sink_.put(std::move(command))) return;
  // Never from inside the call itself.
  home_.post([reply] { reply(overloaded); });
}

void QueuePort::accept(Acceptance acceptance, std::function<void(Result<Accepted>)> committed) {
  put_or_refuse(Command{&home_, AcceptCommand{std::move(acceptance), committed}}, committed);
}

void QueuePort::claim(std::string_view protocol, std::string_view lane, std::size_t most,
                      UtcTime now, bool in_order, std::function<void(Result<Claimed>)> reply) {
  put_or_refuse(Command{&home_, ClaimCommand{std::string(protocol), std::string(lane), most, now,
                                             reply, in_order}},
                reply);
}

void QueuePort::settle(std::vector<Settlement> settlements) {
  // Always taken, in the order of all commands; but by a store that is closed.
  (void)sink_.put(Command{&home_, SettleCommand{std::move(settlements)}});
}

void QueuePort::expire(std::string_view protocol, std::string_view lane, UtcTime now,
                       UtcTime accepted_before, Outcome outcome) {
  // One that does not fit is asked for again: the lane is still down then.
  (void)sink_.put(Command{&home_, ExpireCommand{std::string(protocol), std::string(lane), now,
                                                accepted_before, std::move(outcome)}});
}

void QueuePort::reportable(UtcTime failed_before, std::size_t most,
                           std::function<void(Result<std::vector<Reportable>>)> reply) {
  put_or_refuse(Command{&home_, ReportableCommand{failed_before, most, reply}}, reply);
}

void QueuePort::settle_reports(std::vector<DeliveryId> ids) {
  // Ids that do not fit stay reportable, so they come again.
  (void)sink_.put(Command{&home_, SettleReportsCommand{std::move(ids)}});
}

void QueuePort::append(std::int64_t blob, std::string bytes,
                       std::function<void(Result<std::int64_t>)> reply) {
  put_or_refuse(Command{&home_, AppendCommand{blob, std::move(bytes), reply}}, reply);
}

void QueuePort::discard(std::int64_t blob) {
  // One that does not fit is removed at the next start.
  (void)sink_.put(Command{&home_, DiscardBlobCommand{blob}});
}

void QueuePort::fetch(std::int64_t blob, std::uint64_t offset, std::size_t most,
                      std::function<void(Result<std::string>)> reply) {
  put_or_refuse(Command{&home_, FetchCommand{blob, offset, most, reply}}, reply);
}

}  // namespace hanse::store
