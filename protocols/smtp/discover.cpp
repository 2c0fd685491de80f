// SPDX-License-Identifier: Apache-2.0
#include "protocols/smtp/discover.h"

#include <algorithm>
#include <utility>

#include "server/base/idna.h"
#include "server/base/limits.h"

namespace hanse::smtp {

MailDiscovery::MailDiscovery(const std::string& lane,
                             std::shared_ptr<const SmtpSettings> settings, Random& random)
    : settings_(std::move(settings)), random_(random), domain_(lane) {
  begin(parse_next_hop(lane));
}

void MailDiscovery::begin(const NextHop& hop) {
  configured_ = hop.port != 0 || hop.kind == NextHop::Kind::unix_path;
  port_ = hop.port != 0 ? hop.port : settings_->out.port;
  story_ = "as configured";
  switch (hop.kind) {
    case NextHop::Kind::bad:
      return fail(Fault::never, "5.1.2", "not a domain name: " + escape_text(domain_));  // M-1
    case NextHop::Kind::unix_path:
      endpoints_.push_back({hop.name, hop.name, 0, {}, false});
      done_ = true;
      return;
    case NextHop::Kind::address:
      // An address literal in a recipient gives no port; it must not lead inside (S-7, M-5).
      if (!configured_ && !may_dial(settings_->out, hop.name))
        return fail(Fault::never, "5.1.2", "address " + hop.name + " is not dialled");
      endpoints_.push_back({hop.name, hop.name, port_, {}, false});
      done_ = true;
      return;
    case NextHop::Kind::host:
      configured_ = true;
      add_host(hop.name, 0);
      return ask_hosts();
    case NextHop::Kind::domain:
      domain_ = hop.name;
      asks_.push_back({{domain_, DnsType::mx}});
      return;
  }
}

std::optional<Discovery::Ask> MailDiscovery::next() {
  if (done_ || asks_.empty()) return std::nullopt;
  Ask ask = std::move(asks_.front());
  asks_.pop_front();
  return ask;
}

void MailDiscovery::on(const DnsQuestion& question, const Result<DnsAnswer>& answer) {
  if (done_) return;
  if (question.type == DnsType::mx) on_mx(question, answer);
  else on_address(question, answer);
}

void MailDiscovery::on_mx(const DnsQuestion& question, const Result<DnsAnswer>& answer) {
  if (!answer)  // M-2: never fall to A; M-3: also for endless aliases
    return fail(Fault::try_later, "4.4.3", "MX " + domain_ + ": " + answer.error().what);
  secure_ = answer->secure;
  switch (answer->status) {
    case DnsStatus::no_name:
      // M-13: permanent only when said twice, the second time by the zone's own servers.
      if (question.fresh)
        return fail(Fault::never, "5.1.2", "domain " + domain_ + " does not exist");
      asks_.push_back({{domain_, DnsType::mx, true}, no_name_wait});
      return;
    case DnsStatus::no_data:
      implicit_ = true;
      add_host(domain_, 0);
      story_ = "no MX, " + domain_ + " itself";
      break;
    case DnsStatus::ok:
      take_exchanges(*answer);
      break;
  }
  if (done_) return;
  story_ += secure_ ? "; DNSSEC yes" : "; DNSSEC no";
  ask_hosts();
}

void MailDiscovery::take_exchanges(const DnsAnswer& answer) {
  std::size_t null_exchanges = 0;
  for (const DnsRecord& record : answer.records) {
    const DnsMx* mx = std::get_if<DnsMx>(&record);
    if (mx == nullptr) continue;
    if (mx->exchange.empty() || mx->exchange == ".") {
      ++null_exchanges;
      continue;
    }
    Result<std::string> name = to_ascii_domain(mx->exchange);
    // M-5: an address or nonsense in the place of a name is dropped.
    if (name && !is_ip_address(*name)) add_host(*std::move(name), mx->preference);
  }
  if (null_exchanges == 1 && answer.records.size() == 1)  // M-4, RFC 7505 3
    return fail(Fault::never, "5.1.10", "domain " + domain_ + " takes no mail (null MX)");
  if (hosts_.empty())
    return fail(Fault::try_later, "4.4.4", "no usable MX of " + domain_);
  order_hosts();
}

// A host named twice counts once, at its best.
void MailDiscovery::add_host(std::string name, std::uint16_t preference) {
  for (Host& host : hosts_) {
    if (host.name != name) continue;
    host.preference = std::min(host.preference, preference);
    return;
  }
  hosts_.push_back({.name = std::move(name), .preference = preference});
}

void MailDiscovery::order_hosts() {
  // RFC 5321 5.1: equal preferences in random order, anew each time. Fisher and Yates' shuffle,
  // then a sort that keeps it.
  for (std::size_t i = hosts_.size(); i > 1; --i)
    std::swap(hosts_[i - 1], hosts_[random_.below(i)]);
  std::stable_sort(hosts_.begin(), hosts_.end(), [](const Host& a, const Host& b) {
    return a.preference < b.preference;
  });
  story_ = "MX";
  for (std::size_t i = 0; i < std::min(hosts_.size(), addresses_enough); ++i)
    story_ += (i == 0 ? " " : ", ") + std::to_string(hosts_[i].preference) + " " + hosts_[i].name;
  const auto own = std::find_if(hosts_.begin(), hosts_.end(), [this](const Host& host) {
    return host.name == lower_ascii(settings_->node.domain) ||
           host.name == lower_ascii(settings_->out.helo_name);
  });
  if (own != hosts_.end()) drop_from(own->preference);
  if (hosts_.size() > mx_hosts_max) hosts_.resize(mx_hosts_max);  // M-9
}

// M-6, RFC 5321 5.1: what is not nearer to the destination than we are would only come back.
void MailDiscovery::drop_from(std::uint16_t preference) {
  loops_ = true;
  std::erase_if(hosts_, [preference](const Host& host) { return host.preference >= preference; });
}

void MailDiscovery::ask_hosts() {
  const std::size_t end = std::min(hosts_.size(), hosts_asked_ + hosts_asked_at_once);
  for (; hosts_asked_ < end; ++hosts_asked_) {  // M-8: both families at once
    const std::string& name = hosts_[hosts_asked_].name;
    if (settings_->out.ipv6) asks_.push_back({{name, DnsType::aaaa}});
    asks_.push_back({{name, DnsType::a}});
    hosts_[hosts_asked_].open = settings_->out.ipv6 ? 2 : 1;
  }
  answers_open_ = asks_.size();
  if (answers_open_ == 0) gather();
}

void MailDiscovery::on_address(const DnsQuestion& question, const Result<DnsAnswer>& answer) {
  for (Host& host : hosts_) {
    if (host.name != question.name) continue;
    --host.open;
    if (!answer) host.failed = true;
    else if (answer->status == DnsStatus::ok)
      keep_addresses(host, *answer, question.type == DnsType::aaaa);
  }
  if (--answers_open_ > 0) return;
  gather();
}

void MailDiscovery::keep_addresses(Host& host, const DnsAnswer& answer, bool v6) {
  host.secure = host.secure && answer.secure;
  for (const DnsRecord& record : answer.records) {
    const DnsAddress* found = std::get_if<DnsAddress>(&record);
    if (found == nullptr || !is_ip_address(found->address)) continue;
    if (!configured_ && is_own_endpoint(settings_->out, found->address, port_)) {
      host.ours = true;
    } else if (!configured_ && !may_dial(settings_->out, found->address)) {
      host.refused = true;  // M-5
    } else {
      (v6 ? host.v6 : host.v4).push_back(found->address);
    }
  }
}

// RFC 8305 3: there is enough to dial, and every host that is still asked for has an address.
bool MailDiscovery::would_do() const {
  if (done_ || answers_open_ == 0) return false;
  std::size_t found = 0;
  for (const Host& host : hosts_) {
    const std::size_t addresses = host.v4.size() + host.v6.size();
    if (host.ours || (host.open > 0 && addresses == 0)) return false;
    found += addresses;
  }
  return found >= addresses_enough || (found > 0 && hosts_asked_ == hosts_.size());
}

void MailDiscovery::pass_over() { gather(); }

// All that was asked is answered: enough to dial, or ask for the next hosts.
void MailDiscovery::gather() {
  const auto ours = std::find_if(hosts_.begin(), hosts_.end(),
                                 [](const Host& host) { return host.ours; });
  if (ours != hosts_.end()) {
    drop_from(ours->preference);
    hosts_asked_ = std::min(hosts_asked_, hosts_.size());
  }
  std::size_t found = 0;
  for (const Host& host : hosts_) found += host.v4.size() + host.v6.size();
  if (found < addresses_enough && hosts_asked_ < hosts_.size()) return ask_hosts();
  for (const Host& host : hosts_) add_endpoints(host);
  if (endpoints_.empty()) return nothing_found();
  done_ = true;
}

// M-8: v6 and v4 in turn, so that a dead family costs every other attempt at most.
void MailDiscovery::add_endpoints(const Host& host) {
  std::vector<std::string> verify_names;
  if (host.name != domain_ && !configured_) verify_names.push_back(domain_);
  for (std::size_t i = 0; i < std::max(host.v4.size(), host.v6.size()); ++i) {
    for (const std::vector<std::string>* family : {&host.v6, &host.v4}) {
      if (i >= family->size() || endpoints_.size() >= limits::endpoints_per_lane_max) continue;
      endpoints_.push_back(
          {host.name, (*family)[i], port_, verify_names, secure_ && host.secure});
    }
  }
}

void MailDiscovery::nothing_found() {
  const auto any = [this](bool Host::*what) {
    return std::any_of(hosts_.begin(), hosts_.end(), [what](const Host& h) { return h.*what; });
  };
  if (hosts_.empty() && loops_)
    return fail(Fault::never, "5.4.6", "mail for " + domain_ + " loops back to this node");
  if (any(&Host::failed))
    return fail(Fault::try_later, "4.4.3", "no address of the hosts of " + domain_ + " for now");
  if (any(&Host::refused))
    return fail(Fault::try_later, "4.4.4", "hosts of " + domain_ + " have only refused addresses");
  if (implicit_)  // RFC 5321 5.1
    return fail(Fault::never, "5.1.2", "domain " + domain_ + " has neither MX nor address");
  fail(Fault::try_later, "4.4.4", "hosts of " + domain_ + " have no address");
}

void MailDiscovery::fail(Fault fault, std::string status, std::string what) {
  status_ = std::move(status);
  error_ = Error{fault, std::move(what)};
  story_ = error_->what;
  asks_.clear();
  done_ = true;
}

Result<std::vector<Endpoint>> MailDiscovery::endpoints() {
  if (error_) return *error_;
  return endpoints_;
}

}  // namespace hanse::smtp
