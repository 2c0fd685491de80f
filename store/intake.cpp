// SPDX-License-Identifier: Apache-2.0
#include "store/intake.h"

#include "store/envelope_codec.h"
#include "store/schema.h"

namespace hanse::store {

Intake::Intake(Database& database, Ledger& ledger, Bodies& bodies, std::int64_t next_message)
    : ledger_(ledger),
      bodies_(bodies),
      next_message_(next_message),
      insert_message_(database,
                      "INSERT INTO message(id, qid, sender, size, accepted, expires, envelope)"
                      " VALUES(?, ?, ?, ?, ?, ?, ?)"),
      insert_leg_(database,
                  "INSERT INTO leg(id, state, due, attempts, size, protocol, lane, route, kind,"
                  " local, domain, started) VALUES(?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)") {}

Accepted Intake::accept(const Acceptance& acceptance, std::int64_t file, UtcTime now) {
  const Envelope& envelope = *acceptance.envelope;
  const std::int64_t message = next_message_++;
  insert_message_.run(message, envelope.id, to_text(envelope.from), acceptance.body.size,
                      to_unix_ms(envelope.accepted), to_unix_ms(envelope.expires),
                      RawBytes{encode_envelope(envelope)});
  bodies_.insert(message, acceptance.body, file);

  // The attempt that follows at once is recorded here, with the message itself (D6).
  Accepted accepted;
  accepted.ids.reserve(acceptance.legs.size());
  const std::uint64_t share = acceptance.body.size / acceptance.legs.size();
  std::int64_t id = first_leg_of(message);
  for (const Leg& leg : acceptance.legs) {
    insert_leg_.run(id, static_cast<int>(LegState::active), due_never, share, leg.protocol,
                    leg.lane, leg.route, leg.to.protocol, leg.to.local, leg.to.domain,
                    to_unix_ms(now));
    ledger_.add(leg.protocol, leg.lane, LegState::active, share);
    accepted.ids.push_back(id++);
  }
  return accepted;
}

}  // namespace hanse::store
