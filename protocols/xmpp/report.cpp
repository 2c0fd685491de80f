// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/report.h"

#include <algorithm>
#include <array>

#include "protocols/xmpp/jid.h"
#include "protocols/xmpp/stanza.h"
#include "server/base/limits.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

constexpr std::string_view expired_detail = ".4.7";

struct Row {
  std::string_view status;      // enhanced status without its class: what happened
  std::string_view condition, type;
};

// The table of xmpp 4.6. Lanes and links speak in enhanced status codes, whatever the protocol.
constexpr std::array<Row, 15> rows{{
    {"1.2", "remote-server-not-found", "cancel"},    // no such domain
    {"1.10", "remote-server-not-found", "cancel"},   // it wants no connections
    {"4.1", "remote-server-timeout", "wait"},        // nobody answers
    {"4.2", "remote-server-timeout", "wait"},        // the stream was lost
    {"4.3", "remote-server-timeout", "wait"},        // DNS did not answer
    {"4.7", "remote-server-timeout", "wait"},        // it waited too long
    {"4.6", "policy-violation", "cancel"},           // a loop
    {"3.4", "policy-violation", "modify"},           // too large for the peer
    {"6.0", "not-acceptable", "modify"},             // the peer does not take its form
    {"3.1", "resource-constraint", "wait"},          // a queue is full
    {"7.5", "remote-server-timeout", "cancel"},      // its certificate is not to be trusted
    {"7.8", "remote-server-timeout", "cancel"},      // it does not believe ours
    {"7.0", "remote-server-timeout", "cancel"},      // there was no way to prove who we are
    {"7.1", "not-allowed", "cancel"},                // policy
    {"0.0", "service-unavailable", "cancel"},        // the operator gave it back
}};

}  // namespace

StanzaError stanza_error_of(const Outcome& outcome) {
  const std::string_view detail =
      outcome.status.size() > 2 ? std::string_view(outcome.status).substr(2) : std::string_view();
  StanzaError out{"remote-server-timeout", "wait", {}, {}};
  if (outcome.fault == Fault::overloaded) out.condition = "resource-constraint";
  for (const Row& row : rows) {
    if (row.status != detail) continue;
    out.condition = row.condition;
    out.type = row.type;
    break;
  }
  out.text = escape_text(outcome.reply);
  out.text.resize(std::min(out.text.size(), limits::console_text_bytes_max));
  return out;
}

Result<Submission> make_report(const XmppSettings& settings, const Reportable& failed,
                               std::string_view head) {
  if (failed.failures.empty()) return Error{Fault::never, "nothing failed"};
  const std::string_view bytes = failed.body.bytes ? std::string_view(*failed.body.bytes) : head;
  Result<xml::Element> stanza = read_stanza(bytes);
  if (!stanza) return stanza.error();
  if (const auto which = RecentMessages::digest(*stanza, bytes)) settings.recent->forget(*which);
  StanzaError error = stanza_error_of(failed.failures.front().outcome);
  const Reportable::Failure& failure = failed.failures.front();
  if (failure.outcome.status.ends_with(expired_detail) && failure.last_attempt > UtcTime{})
    error.text += "; first tried " + date_time(failed.envelope->accepted) + ", last " +
                  date_time(failure.last_attempt);
  if (error.condition != "policy-violation") error.by = settings.node_domain;
  const std::optional<xml::Element> reply = error_reply(*stanza, error);
  if (!reply) return Error{Fault::never, "no error answers this stanza"};
  const Result<Jid> from = parse_jid(reply->attribute("from"));
  const Result<Jid> to = parse_jid(reply->attribute("to"));
  if (!from || !to) return Error{Fault::never, "the stanza's addresses cannot be answered"};
  Submission out = to_submission({*reply, *from, *to, false});
  out.envelope.is_report = true;
  tell_for_sure(*stanza, out);
  return out;
}

}  // namespace hanse::xmpp
