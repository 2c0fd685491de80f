// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/discover.h"

#include <algorithm>
#include <utility>

#include "federation/lane_name.h"
#include "server/base/network_address.h"
#include "server/base/text.h"

namespace hanse::xmpp {

namespace {

constexpr std::string_view direct_service = "_xmpps-server._tcp.";
constexpr std::string_view starttls_service = "_xmpp-server._tcp.";
constexpr std::size_t targets_told_max = 8;

std::string tlsa_name(const SrvTarget& target) {
  return "_" + std::to_string(target.port) + "._tcp." + target.host;
}

}  // namespace

DomainDiscovery::DomainDiscovery(std::string_view lane, DialRules rules, Random& random)
    : rules_(std::move(rules)), random_(random) {
  const std::string_view hop = split_lane(lane).hop;
  begin(parse_next_hop(hop), hop);
}

void DomainDiscovery::begin(const NextHop& hop, std::string_view text) {
  configured_ = hop.port != 0 || hop.kind == NextHop::Kind::unix_path;
  const std::uint16_t port = hop.port != 0 ? hop.port : default_port;
  story_ = "as configured";
  domain_ = hop.name;
  switch (hop.kind) {
    case NextHop::Kind::bad:
      return fail(Fault::never, "5.1.2", "not a domain name: " + escape_text(text));  // 1.1
    case NextHop::Kind::unix_path:
      endpoints_.push_back({hop.name, hop.name, 0, {}, false});
      stage_ = Stage::done;
      return;
    case NextHop::Kind::address: {
      // 1.1: a literal has no SRV, and is proven by an iPAddress alone.
      if (!configured_ && !may_dial(rules_, hop.name))
        return fail(Fault::never, "5.1.2", "address " + hop.name + " is not dialled");
      std::vector<std::string> names;
      if (!configured_) {
        story_ = "an address, no SRV";
        const bool v6 = hop.name.find(':') != hop.name.npos;
        names.push_back(v6 ? "[" + canonical_address(hop.name) + "]" : hop.name);
      }
      endpoints_.push_back({hop.name, hop.name, port, std::move(names), false, hop.tls_first});
      stage_ = Stage::done;
      return;
    }
    case NextHop::Kind::host:
      configured_ = true;
      targets_.push_back({.srv = {hop.name, port, 0, 0, hop.tls_first, true}});
      return ask_addresses();
    case NextHop::Kind::domain:
      // 1.1: such names mean something else in every network.
      if (domain_.find('.') == domain_.npos)
        return fail(Fault::never, "5.1.2", "single-label name " + domain_ + " is not looked up");
      ask(std::string(direct_service) + domain_, DnsType::srv);   // 1.2: both at once
      ask(std::string(starttls_service) + domain_, DnsType::srv);
      return;
  }
}

void DomainDiscovery::ask(std::string name, DnsType type) {
  asks_.push_back({{std::move(name), type}});
  ++answers_open_;
}

std::optional<Discovery::Ask> DomainDiscovery::next() {
  if (done() || asks_.empty()) return std::nullopt;
  Ask ask = std::move(asks_.front());
  asks_.pop_front();
  return ask;
}

void DomainDiscovery::on(const DnsQuestion& question, const Result<DnsAnswer>& answer) {
  if (done() || answers_open_ == 0) return;
  const bool late = stage_ == Stage::tlsa && question.type != DnsType::tlsa;
  if (late) return;   // it was passed over
  --answers_open_;
  switch (stage_) {
    case Stage::services: return on_service(question, answer);
    case Stage::addresses: return on_address(question, answer);
    case Stage::tlsa: return on_tlsa(question, answer);
    case Stage::done: return;
  }
}

void DomainDiscovery::on_service(const DnsQuestion& question, const Result<DnsAnswer>& answer) {
  if (!answer)  // 1.4: no answer is not "no SRV": that would let anybody choose for the domain
    return fail(Fault::try_later, "4.4.3", "SRV " + question.name + ": " + answer.error().what);
  const bool direct = question.name.starts_with(direct_service);
  (direct ? direct_ : starttls_) = read_service(*answer, direct);
  if (answers_open_ == 0) merge();
}

void DomainDiscovery::merge() {
  std::vector<SrvTarget> order = merge_services(direct_, starttls_, random_);
  if (order.size() > limits::srv_targets_max) order.resize(limits::srv_targets_max);
  if (order.empty()) {
    if (starttls_.refused || direct_.refused)  // 1.3: no fallback to addresses
      return fail(Fault::never, "5.1.10", "domain " + domain_ + " offers no such service (SRV .)");
    if (starttls_.present || direct_.present)
      return fail(Fault::try_later, "4.4.4", "no usable SRV target of " + domain_);
    implicit_ = true;  // 1.4
    order.push_back({domain_, default_port, 0, 0, false, direct_.secure && starttls_.secure});
  }
  story_ = implicit_ ? "no SRV, " + domain_ + " itself" : "SRV";
  for (std::size_t i = 0; !implicit_ && i < std::min(order.size(), targets_told_max); ++i)
    story_ += (i == 0 ? " " : ", ") + to_text(order[i]);
  if (order.size() > targets_told_max)
    story_ += ", and " + std::to_string(order.size() - targets_told_max) + " more";
  for (SrvTarget& srv : order) {
    const bool secure = srv.secure;
    targets_.push_back({.srv = std::move(srv), .secure = secure});
  }
  ask_addresses();
}

void DomainDiscovery::ask_addresses() {
  stage_ = Stage::addresses;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const std::string& host = targets_[i].srv.host;
    const auto end = targets_.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::any_of(targets_.begin(), end,
                    [&host](const Target& other) { return other.srv.host == host; }))
      continue;
    if (rules_.ipv6) ask(host, DnsType::aaaa);  // 1.5: both families at once
    ask(host, DnsType::a);
  }
  for (Target& target : targets_) target.open = rules_.ipv6 ? 2 : 1;
}

// 1.5: every host has an address, and only those of the other family are still to come.
bool DomainDiscovery::would_do() const {
  return stage_ == Stage::addresses &&
         std::all_of(targets_.begin(), targets_.end(), [](const Target& target) {
           return target.open == 0 || !target.v4.empty() || !target.v6.empty();
         });
}

void DomainDiscovery::pass_over() {
  answers_open_ = 0;
  asks_.clear();
  ask_tlsa();
}

void DomainDiscovery::on_address(const DnsQuestion& question, const Result<DnsAnswer>& answer) {
  for (Target& target : targets_) {
    if (target.srv.host != question.name) continue;
    --target.open;
    if (!answer) target.failed = true;
    else keep_addresses(target, *answer, question.type == DnsType::aaaa);
  }
  if (answers_open_ == 0) ask_tlsa();
}

void DomainDiscovery::keep_addresses(Target& target, const DnsAnswer& answer, bool v6) {
  target.secure = target.secure && answer.secure;
  for (const DnsRecord& record : answer.records) {
    const DnsAddress* found = std::get_if<DnsAddress>(&record);
    if (found == nullptr || !is_ip_address(found->address)) continue;
    if (!configured_ && is_own_endpoint(rules_, found->address, target.srv.port)) {
      target.ours = true;
    } else if (!configured_ && !may_dial(rules_, found->address)) {
      target.refused = true;
    } else {
      (v6 ? target.v6 : target.v4).push_back(found->address);
    }
  }
}

// 1.10: only a host that DNSSEC vouches for has a TLSA record worth reading.
void DomainDiscovery::ask_tlsa() {
  stage_ = Stage::tlsa;
  for (const Target& target : targets_)
    if (target.secure && (!target.v4.empty() || !target.v6.empty()))
      ask(tlsa_name(target.srv), DnsType::tlsa);
  if (answers_open_ == 0) gather();
}

void DomainDiscovery::on_tlsa(const DnsQuestion& question, const Result<DnsAnswer>& answer) {
  for (Target& target : targets_) {
    if (tlsa_name(target.srv) != question.name) continue;
    // RFC 7673 4: who can suppress the answer must not thereby choose the certificate.
    if (!answer) target.hidden = true;
    else if (answer->secure && target.secure && target.tlsa.empty()) {
      for (const DnsRecord& record : answer->records)
        if (const DnsTlsa* tlsa = std::get_if<DnsTlsa>(&record)) target.tlsa.push_back(*tlsa);
    }
  }
  if (answers_open_ == 0) gather();
}

void DomainDiscovery::gather() {
  for (const Target& target : targets_)
    if (!target.hidden) add_endpoints(target);
  if (endpoints_.empty()) return nothing_found();
  tell_dnssec();
  stage_ = Stage::done;
}

// RFC 8305 4: v6 first, then the families in turn.
void DomainDiscovery::add_endpoints(const Target& target) {
  std::vector<std::string> names;
  if (!configured_) {
    names.push_back(domain_);
    // 1.10, RFC 7712: the domain itself said, signed, that this host stands for it.
    if (target.secure && target.srv.host != domain_) names.push_back(target.srv.host);
  }
  std::size_t added = 0;
  for (std::size_t i = 0; i < std::max(target.v4.size(), target.v6.size()); ++i) {
    for (const std::vector<std::string>* family : {&target.v6, &target.v4}) {
      if (i >= family->size() || endpoints_.size() >= limits::addresses_max ||
          added >= limits::addresses_per_target_max)
        continue;
      ++added;
      endpoints_.push_back({target.srv.host, (*family)[i], target.srv.port, names, target.secure,
                            target.srv.tls_first, target.tlsa});
    }
  }
}

void DomainDiscovery::tell_dnssec() {
  const bool secure = std::all_of(targets_.begin(), targets_.end(),
                                  [](const Target& target) { return target.secure; });
  const bool some = std::any_of(targets_.begin(), targets_.end(),
                                [](const Target& target) { return target.secure; });
  story_ += secure ? "; DNSSEC yes" : some ? "; DNSSEC in part" : "; DNSSEC no";
  std::size_t records = 0;
  for (const Target& target : targets_) records += target.tlsa.size();
  if (records > 0) story_ += "; TLSA records " + std::to_string(records);
  for (const Target& target : targets_)
    if (target.hidden) story_ += "; no answer to TLSA of " + target.srv.host;
}

void DomainDiscovery::nothing_found() {
  const auto any = [this](bool Target::*what) {
    return std::any_of(targets_.begin(), targets_.end(),
                       [what](const Target& target) { return target.*what; });
  };
  if (any(&Target::failed))
    return fail(Fault::try_later, "4.4.3", "no address of the hosts of " + domain_ + " for now");
  if (any(&Target::hidden))
    return fail(Fault::try_later, "4.4.3", "no TLSA answer for the hosts of " + domain_);
  if (any(&Target::ours))
    return fail(Fault::never, "5.4.6", "domain " + domain_ + " leads back to this node");
  if (any(&Target::refused))
    return fail(Fault::try_later, "4.4.4", "hosts of " + domain_ + " have only refused addresses");
  if (implicit_)
    return fail(Fault::never, "5.1.2", "domain " + domain_ + " has neither SRV nor address");
  fail(Fault::try_later, "4.4.4", "hosts of " + domain_ + " have no address");
}

void DomainDiscovery::fail(Fault fault, std::string status, std::string what) {
  status_ = std::move(status);
  error_ = Error{fault, std::move(what)};
  story_ = error_->what;
  asks_.clear();
  stage_ = Stage::done;
}

Result<std::vector<Endpoint>> DomainDiscovery::endpoints() {
  if (error_) return *error_;
  return endpoints_;
}

}  // namespace hanse::xmpp
