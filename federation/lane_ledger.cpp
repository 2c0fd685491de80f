// SPDX-License-Identifier: Apache-2.0
#include "federation/lane_ledger.h"

#include <algorithm>

#include "federation/retry.h"

namespace hanse {

namespace {

constexpr std::string_view delivered_name = "hanse_messages_delivered_total";
constexpr std::string_view deferred_name = "hanse_messages_deferred_total";
constexpr std::string_view bounced_name = "hanse_messages_bounced_total";
constexpr std::string_view latency_name = "hanse_delivery_latency_seconds";
constexpr std::string_view attempt_name = "hanse_delivery_attempt_seconds";
constexpr std::string_view breaker_name = "hanse_peer_breaker_open";

constexpr std::string_view expired_status = "4.4.7";  // B-7

Histogram& attempt_seconds(const LaneParts& parts, const std::string& protocol,
                           std::string_view result) {
  return parts.metrics.histogram(attempt_name, "Time of one delivery attempt.", seconds_bounds(),
                                 {{"proto", protocol}, {"result", result}});
}

// smtp B-5: a report that fails has nobody to go to but the log.
bool is_untold(const Envelope& envelope, const Outcome& outcome) {
  return outcome.disposition == Disposition::failed &&
         (envelope.is_report || envelope.from.empty());
}

std::string_view event_of(const Envelope& envelope, const Outcome& outcome) {
  switch (outcome.disposition) {
    case Disposition::delivered: return "msg.delivered";
    case Disposition::failed:
      if (envelope.flow == Flow::durable && is_untold(envelope, outcome))
        return "msg.double_bounce";
      return outcome.status == expired_status ? "msg.expired" : "msg.bounced";
    default: return "msg.deferred";
  }
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

std::string_view reason_of(const Outcome& outcome) {
  if (outcome.ambiguous) return "ambiguous";  // M-11
  if (outcome.disposition == Disposition::delivered) return "delivered";
  if (outcome.status == expired_status) return "expired";
  const std::string_view detail =
      outcome.status.size() > 2 ? std::string_view(outcome.status).substr(2) : std::string_view();
  if (detail == "4.1") return "connect";
  if (detail == "4.2") return "connection_lost";
  if (detail == "4.3" || detail == "1.2" || detail == "1.10") return "dns";
  if (detail == "4.6") return "loop";
  if (detail == "7.5" || detail == "7.4") return "tls";
  if (detail.starts_with("7.")) return "policy";
  if (detail.starts_with("1.")) return "address";
  if (detail.starts_with("2.")) return "mailbox";
  return "other";
}

LaneLedger::LaneLedger(const std::string& protocol, const std::string& lane,
                       const std::string& peer_label, const LaneParts& parts)
    : protocol_(protocol),
      lane_(lane),
      peer_label_(peer_label),
      clock_(parts.clock),
      random_(parts.random),
      wall_(parts.wall),
      log_(parts.log),
      metrics_(parts.metrics),
      delivered_(metrics_.counter(delivered_name, "Recipients delivered to the next hop.",
                                  {{"proto", protocol}, {"peer", peer_label_}})),
      latency_(metrics_.histogram(latency_name, "Time from acceptance to delivery.",
                                  seconds_bounds(), {{"proto", protocol}})),
      attempt_delivered_(attempt_seconds(parts, protocol, "delivered")),
      attempt_deferred_(attempt_seconds(parts, protocol, "deferred")),
      attempt_failed_(attempt_seconds(parts, protocol, "failed")),
      breaker_open_(metrics_.gauge(breaker_name, "Lanes whose breaker is open.",
                                   {{"peer", peer_label_}})) {}

Settlement LaneLedger::settle(const LaneTraits& traits, const Envelope& envelope,
                              const Target& target, Outcome outcome, const Try& tried,
                              Duration wait_least) {
  Settlement out;
  out.id = target.id;
  out.started = tried.started;
  out.ended = clock_.utc();
  out.report = !envelope.is_report && !envelope.from.empty();  // B-1
  if (outcome.disposition == Disposition::deferred &&
      given_up(wall_.now_for(envelope.accepted), envelope.expires, target.attempt)) {
    outcome.disposition = Disposition::failed;
    outcome.fault = Fault::never;
    outcome.status = expired_status;
    outcome.reply = std::string(expired_prefix) + outcome.reply;
  }
  if (outcome.disposition == Disposition::deferred) {
    const Duration wait = std::max(retry_delay(traits, target.attempt, random_), wait_least);
    // In order it is the lane that waits: what came first goes first, whenever that is.
    out.retry_at = traits.ordered ? UtcTime{}
                                  : out.ended + std::chrono::ceil<std::chrono::milliseconds>(wait);
  }
  out.outcome = std::move(outcome);
  const Duration taken = std::max(clock_.now() - tried.began, Duration::zero());
  count(envelope, out.outcome, tried, taken);
  const Level level = is_untold(envelope, out.outcome) ? Level::warning : Level::info;
  if (log_.enabled(level, "msg.delivered"))
    write(level, envelope, out.outcome, taken, target.to);
  return out;
}

void LaneLedger::ended(const Envelope& envelope, const Target& target, const Outcome& outcome,
                       const Try& tried) {
  const Duration taken = std::max(clock_.now() - tried.began, Duration::zero());
  count(envelope, outcome, tried, taken);
  // Arriving is the rule and would fill the log; what a sender must be told of stands in it.
  const bool lost = outcome.disposition == Disposition::failed && envelope.flow == Flow::swift;
  const Level level = lost ? Level::info : Level::debug;
  if (log_.enabled(level, "msg.delivered")) write(level, envelope, outcome, taken, target.to);
}

Settlement returned(const Target& target, std::string_view why, UtcTime due) {
  Settlement out;
  out.id = target.id;
  out.started = out.ended = out.retry_at = due;
  out.outcome.disposition = Disposition::returned;
  out.outcome.fault = Fault::try_later;
  out.outcome.status = "4.4.0";
  out.outcome.reply = why;
  return out;
}

void LaneLedger::write(Level level, const Envelope& envelope, const Outcome& outcome,
                       Duration taken, const Address& to) {
  const std::int64_t duration_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(taken).count();
  const std::string recipient = to_text(to);
  log_.write(level, event_of(envelope, outcome), outcome.reply,
             {{"proto", protocol_}, {"peer", lane_}, {"qid", envelope.id},
              {"mid", envelope.key.native_id}, {"to", recipient},
              {"reason", reason_of(outcome)}, {"status", outcome.status},
              {"remote", outcome.remote}, {"tls_wanted", tls_level_name(demand_.tls)},  // smtp V-3
              {"tls_rule", demand_.rule},
              {"tls", outcome.tls}, {"dur_ms", duration_ms}});
}

void LaneLedger::count(const Envelope& envelope, const Outcome& outcome, const Try& tried,
                       Duration taken) {
  switch (outcome.disposition) {
    case Disposition::delivered: {
      delivered_.add();
      attempt_delivered_.observe(seconds(taken));
      const Duration waited =
          std::max<Duration>(tried.started - envelope.accepted, Duration::zero());
      latency_.observe(seconds(waited + taken));
      break;
    }
    case Disposition::failed:
      attempt_failed_.observe(seconds(taken));
      metrics_.counter(bounced_name, "Recipients given up for good.",
                       {{"proto", protocol_}, {"reason", reason_of(outcome)}}).add();
      break;
    default:
      attempt_deferred_.observe(seconds(taken));
      metrics_.counter(deferred_name, "Attempts that must be made again.",
                       {{"proto", protocol_}, {"reason", reason_of(outcome)}}).add();
      break;
  }
}

void LaneLedger::breaker_opened(const std::string& why, unsigned failures) {
  breaker_open_.add(1);
  log_.write(Level::warning, "queue.breaker_open", why,
             {{"proto", protocol_}, {"peer", lane_},
              {"failures", static_cast<std::int64_t>(failures)}});
}

void LaneLedger::moved() {
  log_.write(Level::info, "queue.moved", "its records lead elsewhere now: tried at once",
             {{"proto", protocol_}, {"peer", lane_}});
}

void LaneLedger::breaker_closed() {
  breaker_open_.add(-1);
  log_.write(Level::info, "queue.breaker_closed", "delivered again",
             {{"proto", protocol_}, {"peer", lane_}});
}

}  // namespace hanse
