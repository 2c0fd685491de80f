// SPDX-License-Identifier: Apache-2.0
// What operators watch and end: traces, probes, single links, and the names this node needs.

#include <algorithm>

#include "federation/next_hop.h"
#include "server/base/limits.h"
#include "server/base/text.h"
#include "server/node.h"
#include "server/probe.h"

namespace hanse {

using namespace std::chrono_literals;

namespace {

constexpr Duration lookup_wait_max = 15s;    // for all questions of one command

struct Lookups {
  std::vector<Result<DnsAnswer>> answers;
  std::size_t open = 0;
  std::promise<std::vector<Result<DnsAnswer>>> done;
};

RouteChoice straight_to(const std::string& host, const NextHop& hop) {
  RouteChoice choice;
  choice.lane = hop.kind == NextHop::Kind::domain ? hop.name : lower_ascii(host);
  choice.route = "probe";
  choice.discovered = hop.kind == NextHop::Kind::domain;
  return choice;
}

}  // namespace

// As many as console threads can watch at once, and one left to answer other questions.
Result<std::shared_ptr<TraceFeed>> Node::new_feed(TraceWish wish) {
  static_assert(limits::trace_sessions_max < limits::control_threads);
  auto feed = std::make_shared<TraceFeed>(std::move(wish), clock_);
  std::lock_guard lock(mutex_);
  std::erase_if(feeds_, [](const std::weak_ptr<TraceFeed>& one) {
    const auto known = one.lock();
    return known == nullptr || known->closed();
  });
  if (feeds_.size() >= limits::trace_sessions_max)
    return Error{Fault::overloaded, "as many traces and probes run as may at once"};
  feeds_.push_back(feed);
  return feed;
}

void Node::done(const std::shared_ptr<TraceFeed>& feed) {
  feed->close();
  on_every_shard([](ShardRooms& rooms) { rooms.connections().untrace(); });
}

Result<std::shared_ptr<TraceFeed>> Node::trace(const TraceWish& wish) {
  Result<std::shared_ptr<TraceFeed>> feed = new_feed(wish);
  if (feed)
    on_every_shard([one = *feed](ShardRooms& rooms) { rooms.connections().trace(one); });
  return feed;
}

Result<std::shared_ptr<TraceFeed>> Node::probe(const console::ProbeWish& wish) {
  const std::shared_ptr<const Loaded> now = loaded();
  const auto known = std::find_if(now->traits.begin(), now->traits.end(), [&](const auto& one) {
    return one->protocol == wish.protocol;
  });
  if (known == now->traits.end())
    return Error{Fault::never, "no protocol " + escape_text(wish.protocol)};
  const NextHop hop = parse_next_hop(wish.host);
  if (hop.kind == NextHop::Kind::bad)
    return Error{Fault::never, "not a host: " + escape_text(wish.host)};
  const std::string domain = wish.domain.empty() ? hop.name : lower_ascii(wish.domain);
  const Policy& policy = *now->policy;
  const RouteChoice choice = wish.by_route ? policy.routes.choose(wish.protocol, domain)
                                           : straight_to(wish.host, hop);
  const std::vector<std::string>& hosts = policy.protocol(wish.protocol).hosts;
  const std::string own = !wish.from.empty()  ? wish.from
                          : hosts.empty() ? policy.node_domain : hosts.front();
  ProbePlan plan;
  plan.traits = *known;
  plan.lane = choice.lane;
  if (plan.traits->lane_name)
    plan.lane = plan.traits->lane_name(own, {wish.protocol, {}, domain}, choice);
  plan.demand = policy.demand_of_lane(wish.protocol, plan.lane);
  if (plan.demand.tls == TlsLevel::may) plan.demand.tls = plan.traits->may_means;
  plan.connect = wish.connect;
  plan.prove = wish.prove;
  Result<std::shared_ptr<TraceFeed>> feed = new_feed({});
  if (!feed) return feed;
  ShardRooms* const rooms = shards_[map_.owner(wish.protocol, plan.lane)].get();
  rooms->shard().post([rooms, plan = std::move(plan), one = *feed]() mutable {
    rooms->probe(std::move(plan), std::move(one));
  });
  return feed;
}

Result<std::optional<console::LinkDetail>> Node::link(const std::string& connection) {
  auto found = gather<net::ConnectionDetail>([connection](ShardRooms& rooms) {
    std::vector<net::ConnectionDetail> out;
    if (auto one = rooms.connections().detail(connection)) out.push_back(*std::move(one));
    return out;
  });
  if (!found) return found.error();
  if (found->empty()) return std::optional<console::LinkDetail>();
  net::ConnectionDetail& one = found->front();
  console::LinkDetail out;
  out.row = {one.row.connection, one.row.protocol, one.row.outgoing, one.row.remote, one.row.peer,
             one.row.tls, one.row.since, one.row.bytes_in, one.row.bytes_out, one.row.messages};
  out.phase = std::move(one.phase);
  out.endpoint = std::move(one.endpoint);
  out.claims = std::move(one.row.claims);
  out.lanes = std::move(one.lanes);
  out.alpn = std::move(one.alpn);
  out.server_name = std::move(one.server_name);
  out.certificate_sha256 = std::move(one.certificate_sha256);
  out.verified = one.verified;
  out.verify_error = std::move(one.verify_error);
  out.trust = std::move(one.trust);
  out.paused = one.paused;
  out.works = one.works;
  out.unwritten_bytes = one.unwritten_bytes;
  out.memory_bytes = one.memory_bytes;
  return std::optional(std::move(out));
}

Result<std::shared_ptr<TraceFeed>> Node::close_link(const std::string& connection, bool at_once) {
  const auto feed = std::make_shared<TraceFeed>(TraceWish{}, clock_);   // no trace that must wait
  const Result<std::vector<bool>> closed =
      gather<bool>([connection, at_once, feed](ShardRooms& rooms) {
        return std::vector<bool>{rooms.connections().close(connection, feed, at_once)};
      });
  if (closed && std::find(closed->begin(), closed->end(), true) != closed->end()) return feed;
  done(feed);
  if (!closed) return closed.error();
  return std::shared_ptr<TraceFeed>();
}

Result<StatePage> Node::state(const std::string& protocol, const std::string& view,
                              std::size_t from, std::size_t most) {
  return ask_room<StatePage>(protocol, [view, from, most](const ProtocolRoom& room) {
    return room.state(view, from, most);
  });
}

Result<std::vector<std::string>> Node::explain(const std::string& protocol,
                                               const std::string& what) {
  return ask_room<std::vector<std::string>>(
      protocol, [what](const ProtocolRoom& room) { return room.explain(what); });
}

Result<std::string> Node::peer_config(const std::string& protocol, PeerConfigWish wish) {
  const std::shared_ptr<const Loaded> now = loaded();
  const std::shared_ptr<const ProtocolRoom> room = now->room(protocol);
  if (room == nullptr) return Error{Fault::never, protocol + " is not configured"};
  wish.certificate_sha256 = [tls = now->connections->tls](std::string_view name) {
    return tls->certificate_sha256(name);
  };
  return room->peer_config(wish);
}

std::vector<DnsWish> Node::dns_wishes() const {
  std::vector<DnsWish> out;
  for (const auto& [protocol, room] : loaded()->connections->rooms)
    for (DnsWish& wish : room->dns_records()) out.push_back(std::move(wish));
  return out;
}

Result<std::vector<Result<DnsAnswer>>> Node::lookup(std::vector<DnsQuestion> questions) {
  auto lookups = std::make_shared<Lookups>();
  lookups->answers.resize(questions.size(), Error{Fault::try_later, "not asked"});
  lookups->open = questions.size();
  auto answers = lookups->done.get_future();
  if (questions.empty()) return std::vector<Result<DnsAnswer>>();
  ShardRooms* const rooms = shards_.front().get();
  rooms->shard().post([rooms, lookups, questions = std::move(questions)] {
    for (std::size_t i = 0; i < questions.size(); ++i)
      rooms->resolver().lookup(questions[i], [lookups, i](Result<DnsAnswer> answer) {
        lookups->answers[i] = std::move(answer);
        if (--lookups->open == 0) lookups->done.set_value(std::move(lookups->answers));
      });
  });
  if (answers.wait_for(lookup_wait_max) != std::future_status::ready)
    return Error{Fault::try_later, "the DNS did not answer within 15 s"};
  return answers.get();
}

}  // namespace hanse
