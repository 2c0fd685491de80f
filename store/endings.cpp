// SPDX-License-Identifier: Apache-2.0
#include "store/endings.h"

#include <utility>

namespace hanse::store {

Endings::Endings(Database& database, Log& log, Metrics& metrics)
    : log_(log),
      metrics_(metrics),
      read_(database,
            "SELECT message.qid, leg.protocol, leg.lane, leg.local, leg.domain"
            " FROM leg JOIN message ON message.id = leg.id / 1024 WHERE leg.id = ?") {}

void Endings::note(std::int64_t leg, std::string_view event, std::string_view status,
                   std::string_view why) {
  read_.query(leg);
  if (!read_.row()) return;
  const std::string local(read_.text(3)), domain(read_.text(4));
  noted_.push_back({std::string(event), std::string(read_.text(0)), std::string(read_.text(1)),
                    std::string(read_.text(2)), local.empty() ? domain : local + "@" + domain,
                    std::string(status), std::string(why)});
  read_.done();
}

void Endings::committed() {
  for (const Noted& one : std::exchange(noted_, {})) {
    const bool expired = one.event == "msg.expired";
    const std::string_view reason = expired ? "expired" : "operator";
    log_.write(Level::info, one.event, one.why,
               {{"proto", one.protocol}, {"peer", one.lane}, {"qid", one.qid}, {"to", one.to},
                {"reason", reason}, {"status", one.status}});
    if (one.event == "msg.discarded") continue;
    metrics_.counter("hanse_messages_bounced_total", "Recipients given up for good.",
                     {{"proto", one.protocol}, {"reason", std::string(reason)}}).add();
  }
}

}  // namespace hanse::store
