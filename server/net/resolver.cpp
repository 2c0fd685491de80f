// SPDX-License-Identifier: Apache-2.0
#include "server/net/resolver.h"

#include <algorithm>
#include <random>
#include <vector>

#include "protocols/wire/dns_message.h"
#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/net/dns_cache.h"
#include "server/net/resolver_channel.h"

namespace hanse::net {

namespace {

using Reply = std::function<void(Result<DnsAnswer>)>;
using Key = std::pair<std::string, DnsType>;

// RFC 6761 6.3: never asked of a server.
std::optional<DnsAnswer> special_name(const DnsQuestion& question) {
  if (question.name != "localhost" && !question.name.ends_with(".localhost")) return std::nullopt;
  DnsAnswer answer;
  answer.canonical = question.name;
  answer.ttl_seconds = 60;
  if (question.type == DnsType::a) {
    answer.records.push_back(DnsAddress{"127.0.0.1"});
  } else if (question.type == DnsType::aaaa) {
    answer.records.push_back(DnsAddress{"::1"});
  } else {
    answer.status = DnsStatus::no_data;
  }
  return answer;
}

std::string_view result_name(const Result<DnsAnswer>& result) {
  if (!result) return "error";
  if (result->status == DnsStatus::ok) return "ok";
  return result->status == DnsStatus::no_name ? "no_name" : "no_data";
}

}  // namespace

struct CaresResolver::State : std::enable_shared_from_this<State> {
  // One question on its way, and everybody who waits for its answer.
  struct Flight {
    std::vector<Reply> replies;
    Instant started{};
  };

  State(Shard& used, DnsSettings first, const Clock& clock_used, Log& log_used,
        Metrics& metrics_used)
      : shard(used), settings(std::move(first)), clock(clock_used), log(log_used),
        metrics(metrics_used), channel(std::make_unique<DnsChannel>(shard, settings, log)) {}

  void lookup(DnsQuestion question, Reply reply);
  void begin(const DnsQuestion& question);
  void ask(const DnsQuestion& question, const std::string& name, unsigned links, DnsAnswer before);
  void heard(const DnsQuestion& question, const std::string& name, unsigned links,
             DnsAnswer before, Result<std::string> message);
  void conclude(const DnsQuestion& question, Result<DnsAnswer> result);
  void reply_later(Reply reply, Result<DnsAnswer> result);
  void renew_channel();

  Shard& shard;
  DnsSettings settings;
  const Clock& clock;
  Log& log;
  Metrics& metrics;
  std::unique_ptr<DnsChannel> channel;
  DnsCache cache;
  std::map<Key, Flight> flights;
  std::random_device random;         // ids must not be guessed
};

CaresResolver::CaresResolver(Shard& shard, DnsSettings settings, const Clock& clock, Log& log,
                             Metrics& metrics)
    : state_(std::make_shared<State>(shard, std::move(settings), clock, log, metrics)) {}

CaresResolver::~CaresResolver() { state_->channel.reset(); }

void CaresResolver::lookup(DnsQuestion question,
                           std::function<void(Result<DnsAnswer>)> reply) {
  state_->lookup(std::move(question), std::move(reply));
}

void CaresResolver::apply(DnsSettings settings) {
  state_->settings = std::move(settings);
  state_->cache.clear();
  state_->renew_channel();
}

void CaresResolver::State::lookup(DnsQuestion question, Reply reply) {
  question.name = lower_ascii(question.name);
  if (const std::optional<DnsAnswer> known = special_name(question)) {
    reply_later(std::move(reply), *known);
    return;
  }
  if (!question.fresh) {
    if (std::optional<DnsAnswer> known = cache.find(question, clock.now())) {
      reply_later(std::move(reply), std::move(*known));
      return;
    }
  }
  if (channel->servers_changed()) renew_channel();
  const auto [flight, is_new] = flights.try_emplace({question.name, question.type});
  if (is_new && flights.size() > limits::dns_questions_open_max) {
    flights.erase(flight);
    reply_later(std::move(reply), Error{Fault::overloaded, "too many DNS questions open"});
    return;
  }
  flight->second.replies.push_back(std::move(reply));
  if (is_new) begin(question);
}

void CaresResolver::State::begin(const DnsQuestion& question) {
  flights[{question.name, question.type}].started = clock.now();
  DnsAnswer nothing_yet;
  nothing_yet.secure = true;
  nothing_yet.ttl_seconds = UINT32_MAX;
  ask(question, question.name, 0, std::move(nothing_yet));
}

// `name` differs from the question's when a CNAME led out of an answer.
void CaresResolver::State::ask(const DnsQuestion& question, const std::string& name,
                               unsigned links, DnsAnswer before) {
  const auto id = static_cast<std::uint16_t>(random());
  const Result<std::string> query = make_dns_query({name, question.type}, id);
  if (!query) {
    shard.post([self = shared_from_this(), question, error = query.error()] {
      self->conclude(question, error);
    });
    return;
  }
  channel->send(*query, [this, question, name, links, before](Result<std::string> message) {
    heard(question, name, links, before, std::move(message));
  });
}

// A server that does not follow CNAMEs beyond its own zones leaves that to us.
void CaresResolver::State::heard(const DnsQuestion& question, const std::string& name,
                                 unsigned links, DnsAnswer before, Result<std::string> message) {
  if (!message) {
    conclude(question, std::move(message).error());
    return;
  }
  Result<DnsAnswer> answer = parse_dns_answer(*message, {name, question.type});
  if (!answer) {
    conclude(question, std::move(answer).error());
    return;
  }
  answer->secure = answer->secure && before.secure && channel->trusted();
  answer->ttl_seconds = std::min(answer->ttl_seconds, before.ttl_seconds);
  const bool led_away = answer->status == DnsStatus::no_data && answer->canonical != name;
  if (!led_away) {
    conclude(question, std::move(answer));
  } else if (links + 1 >= limits::dns_cname_links_max) {
    conclude(question, Error{Fault::try_later, "CNAME chain too long or in a circle"});
  } else {
    const std::string next = answer->canonical;
    ask(question, next, links + 1, std::move(*answer));
  }
}

void CaresResolver::State::conclude(const DnsQuestion& question, Result<DnsAnswer> result) {
  const auto found = flights.find({question.name, question.type});
  if (found == flights.end()) return;
  const Flight flight = std::move(found->second);
  flights.erase(found);
  const double seconds = std::chrono::duration<double>(clock.now() - flight.started).count();
  metrics.histogram("hanse_dns_lookup_seconds", "DNS questions that went to a server.",
                    seconds_bounds(),
                    {{"type", dns_type_name(question.type)}, {"result", result_name(result)}})
      .observe(seconds);
  if (result) {
    cache.keep(question, *result, clock.now());
  } else {
    log.write(Level::debug, "dns.failed", result.error().what,
              {{"name", question.name}, {"type", dns_type_name(question.type)}});
  }
  for (const Reply& reply : flight.replies) reply_later(reply, result);
}

// Never from inside lookup(), and never from inside the DNS library.
void CaresResolver::State::reply_later(Reply reply, Result<DnsAnswer> result) {
  shard.post([reply = std::move(reply), result = std::move(result)] { reply(result); });
}

// What is on its way is asked again over the new channel.
void CaresResolver::State::renew_channel() {
  channel.reset();
  channel = std::make_unique<DnsChannel>(shard, settings, log);
  std::vector<DnsQuestion> again;
  for (const auto& [key, flight] : flights) again.push_back({key.first, key.second});
  for (const DnsQuestion& question : again) begin(question);
}

}  // namespace hanse::net
