// SPDX-License-Identifier: Apache-2.0
// From a checked configuration to what the rooms work with, at the start and at every reload.

#include <algorithm>

#include "federation/peer_changes.h"
#include "server/base/digest.h"
#include "server/base/text.h"
#include "server/net/interfaces.h"
#include "server/net/tls_covers.h"
#include "server/node.h"

namespace hanse {

namespace {

bool waits_for_restart(const Option& option) { return option.applies == Applies::restart; }

// The settings of one table that differ and only count at the next start.
void add_changes(const Settings& now, const Settings& next, const OptionTable& table,
                 const std::string& where, std::vector<std::string>& out) {
  for (const Option& option : table.options) {
    if (!waits_for_restart(option)) continue;
    const auto before = now.entries.find(option.key), after = next.entries.find(option.key);
    const bool was = before != now.entries.end(), is = after != next.entries.end();
    if (was != is || (was && before->second.value != after->second.value))
      out.push_back(where + "." + std::string(option.key));
  }
}

const Settings* named(const std::vector<Settings>& tables, std::string_view name) {
  const auto found = std::ranges::find(tables, name, &Settings::name);
  return found == tables.end() ? nullptr : &*found;
}

// Tables that come and go, such as networks, are told of as a whole.
void add_keyed_changes(const std::vector<Settings>& now, const std::vector<Settings>& next,
                       const OptionTable& table, std::vector<std::string>& out) {
  if (std::ranges::none_of(table.options, waits_for_restart)) return;
  const auto where = [&table](const Settings& one) {
    return std::string(table.name) + "." + escape_text(one.name);
  };
  for (const Settings& one : now) {
    const Settings* const after = named(next, one.name);
    if (after != nullptr) add_changes(one, *after, table, where(one), out);
    else out.push_back(where(one));
  }
  for (const Settings& one : next)
    if (named(now, one.name) == nullptr) out.push_back(where(one));
}

// As "table.key", or "table.name.key" where there are several of them.
std::vector<std::string> needs_restart(const Configuration& now, const Configuration& next,
                                       const config::Schema& schema) {
  std::vector<std::string> out;
  for (const OptionTable& table : schema.tables()) {
    if (table.shape == TableShape::single)
      add_changes(now.table(table.name), next.table(table.name), table, std::string(table.name),
                  out);
    else if (table.shape == TableShape::keyed)
      add_keyed_changes(now.tables(table.name), next.tables(table.name), table, out);
  }
  return out;
}

}  // namespace

std::shared_ptr<const ProtocolRoom> Node::Loaded::room(std::string_view protocol) const {
  const auto known = connections->rooms.find(std::string(protocol));
  return known == connections->rooms.end() ? nullptr : known->second;
}

ShardRooms::Setup Node::shard_setup(const Loaded& loaded) {
  const config::DnsOptions& dns = loaded.settings.dns;
  return {loaded.policy, loaded.traits, loaded.reports, loaded.connections,
          {dns.servers, dns.trust_ad, dns.timeout, dns.tries}};
}

// Without them the node knows itself only by the addresses it listens on.
std::vector<std::string> Node::own_addresses() const {
  Result<std::vector<std::string>> found = net::interface_addresses();
  if (found) return std::move(*found);
  log_.write(Level::warning, "node.addresses_unknown",
             "the addresses of this machine cannot be read: an exchanger that is this node, or an "
             "IPv6 that leads nowhere, is not known as such: " + found.error().what);
  return {};
}

Result<std::shared_ptr<const Node::Loaded>> Node::take_apart(
    std::shared_ptr<const Configuration> configuration) const {
  auto out = std::make_shared<Loaded>();
  out->configuration = configuration;
  config::NodeRead read = config::read_node_settings(*configuration);
  if (!read.problems.empty())
    return Error{Fault::never, config::problem_text(read.problems.front())};
  out->settings = std::move(read.settings);

  std::vector<std::string> names;
  auto connections = std::make_shared<net::ConnectionSetup>();
  const std::vector<std::string> addresses = own_addresses();
  for (const Protocol* protocol : protocols()) {
    names.emplace_back(protocol->name);
    Result<std::shared_ptr<const ProtocolRoom>> room =
        protocol->open(*configuration, {out->settings.domain, &clock_,
                                        hmac_sha256(secret_.text(), protocol->name),
                                        loaded_ ? loaded_->room(protocol->name) : nullptr,
                                        addresses});
    if (!room) return room.error();
    const ProtocolRoom* opened = room->get();
    connections->rooms.emplace(protocol->name, *room);
    out->traits.push_back(opened->lane_traits());
    out->reports.emplace(protocol->name, [room = *room](const Reportable& failed,
                                                        std::string_view head, UtcTime now) {
      return room->report(failed, head, now);
    });
  }
  Result<std::shared_ptr<const Policy>> policy = make_policy(*configuration, names);
  if (!policy) return policy.error();
  auto complete = std::make_shared<Policy>(**policy);
  for (const auto& traits : out->traits) {
    const auto known = complete->protocols.find(traits->protocol);
    if (known != complete->protocols.end()) known->second.lane_name = traits->lane_name;
  }
  out->policy = std::move(complete);

  const config::TlsOptions& keys = out->settings.tls;
  net::TlsSettings shown{keys.certificate_pem, keys.key_pem, keys.ca, keys.version_min, {}};
  for (const config::CertificateOptions& one : keys.further)
    shown.further.push_back({one.certificate_pem, one.key_pem});
  Result<std::shared_ptr<const net::TlsContext>> tls = net::TlsContext::load(shown);
  if (!tls) return tls.error();
  connections->tls = std::move(tls).value();
  for (const auto& [protocol, room] : connections->rooms) {
    const std::string name = room->greeting_name();
    if (!name.empty() && connections->tls->can_serve() && !net::covers(shown, name))
      out->unnamed.push_back(name);
  }

  const config::LimitOptions& limits = out->settings.limits;
  connections->limits = {limits.connections_max, limits.connections_per_prefix_max,
                         limits.connections_per_peer_max,
                         limits.connections_per_prefix_per_minute_max, {},
                         limits.connect_timeout, limits.handshake_timeout};
  for (const auto& [name, protocol] : out->policy->protocols) {
    connections->limits.trusted.insert(connections->limits.trusted.end(),
                                       protocol.relay_from.begin(), protocol.relay_from.end());
  }
  out->connections = std::move(connections);
  return std::shared_ptr<const Loaded>(std::move(out));
}

void Node::apply_log(const config::LogOptions& options) {
  log_.set_level(options.level);
  log_.hash_addresses(options.hash_addresses);
}

Error Node::reject(std::string why) {
  note_reload(false);
  log_.write(Level::error, "config.rejected", why);
  std::lock_guard lock(mutex_);
  config_rejected_ = console::RejectedConfig{clock_.utc(), why};
  return Error{Fault::never, std::move(why)};
}

void Node::note_reload(bool worked) {
  metrics_.gauge("hanse_config_last_reload_success", "1 when the last (re)load was taken")
      .set(worked ? 1 : 0);
}

Result<void> Node::reload() {
  const config::Loaded read = config::load(config_file_, schema_);
  if (!read.configuration) return reject(config::problem_text(read.problems.front()));
  Result<std::shared_ptr<const Loaded>> parts = take_apart(read.configuration);
  if (!parts) return reject(parts.error().what);

  std::vector<std::string> waits =
      needs_restart(*started_with_->configuration, *read.configuration, schema_);
  for (const std::string& key : waits)
    log_.write(Level::warning, "config.needs_restart", key + " changes with the next start");

  const ShardRooms::Setup setup = shard_setup(**parts);
  const std::shared_ptr<const Loaded> before = loaded();
  {
    std::lock_guard lock(mutex_);
    loaded_ = *parts;
    ++config_epoch_;
    config_loaded_ = clock_.utc();
    config_rejected_.reset();
    waits_for_restart_ = std::move(waits);
  }
  note_reload(true);
  apply_log((*parts)->settings.log);
  tell_rules(setup.policy);   // first: what the lanes then give back has to find them
  on_every_shard([setup](ShardRooms& rooms) { rooms.apply(setup); });
  log_.write(Level::info, "config.reloaded", "the new configuration is in force",
             {{"epoch", static_cast<std::int64_t>(config_epoch())}});
  tell_peer_changes(*before->policy, *(*parts)->policy, log_);
  return {};
}

}  // namespace hanse
