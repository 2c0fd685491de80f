// SPDX-License-Identifier: Apache-2.0
#include "federation/policy.h"

namespace hanse {

namespace {

constexpr std::string_view tls_levels = "off|may|encrypt|verify";

constexpr Option policy_options[] = {
    {.key = "unknown_peers",
     .type = OptionType::choice,
     .fallback = "\"reject\"",
     .help = "What a peer without a [peer] table may send: reject = nothing, probation = to our "
             "own hosts and never in the name of a domain we know, open = to our own hosts. A "
             "protocol's own table may say otherwise.",
     .choices = "reject|probation|open"},
};

constexpr Option peer_options[] = {
    {.key = "state",
     .type = OptionType::choice,
     .fallback = "\"active\"",
     .help = "How far the peer is trusted: active, probation (only mail of its own domain, a "
             "tenth of its rate), limited (a tenth of its rate), suspended (told to come back "
             "later, our mail to it waits), blocked (refused; queued mail to it waits, "
             "too).",
     .choices = "active|probation|limited|suspended|blocked"},
    {.key = "role",
     .type = OptionType::choice,
     .fallback = "\"peer\"",
     .help = "What the peer is to us: peer and upstream may send to our hosts only; downstream "
             "and service may relay through us to anywhere.",
     .choices = "peer|upstream|downstream|service"},
    {.key = "scopes",
     .type = OptionType::text_list,
     .fallback = "[]",
     .help = "The protocols the peer may use with us, by the names of their tables. Empty: none."},
    {.key = "addresses",
     .type = OptionType::text_list,
     .fallback = "[]",
     .help = "Addresses and networks the peer sends from; a connection from there is taken for "
             "this peer. Example: [\"192.0.2.7\", \"2001:db8::/64\"]."},
    {.key = "fingerprints",
     .type = OptionType::text_list,
     .fallback = "[]",
     .help = "SHA-256 fingerprints, in hex, of the certificates the peer shows or of their public "
             "keys; any of them proves who it is, and any other one is refused, whatever else "
             "speaks for it."},
    {.key = "max_msgs_per_min",
     .type = OptionType::integer,
     .fallback = "0",
     .help = "Messages the peer may send in a minute before it is told to come back later. "
             "0: no limit.",
     .least = 0,
     .most = 10'000'000},
    {.key = "require_tls_in",
     .type = OptionType::boolean,
     .fallback = "false",
     .help = "Refuse what the peer sends without TLS."},
    {.key = "slow",
     .type = OptionType::boolean,
     .fallback = "false",
     .help = "The peer is often away, or asks to be tried less often: what could not be delivered "
             "waits longer before it is tried again, as the protocol's own table says "
             "(see retry_slow)."},
    {.key = "tls",
     .type = OptionType::choice,
     .help = "How far our connections to the peer must be protected, unless a route says so: off, "
             "may (when offered), encrypt (always), verify (always, with a valid certificate). "
             "Absent: may.",
     .choices = tls_levels},
};

constexpr Option route_options[] = {
    {.key = "match",
     .type = OptionType::text,
     .help = "The destinations this rule is for: a domain, \"*.sub.example\" for everything "
             "below one, or \"*\".",
     .required = true},
    {.key = "protocol",
     .type = OptionType::text,
     .help = "The protocol this rule is for, by the name of its table. Absent: every protocol."},
    {.key = "via",
     .type = OptionType::text,
     .fallback = "\"discover\"",
     .help = "Where it goes next: \"discover\" to ask the DNS for the destination's hosts; a "
             "domain (\"relay.example\") for that one's hosts instead; \"[host]\" or "
             "\"[address]\" for that host alone, at the protocol's own port; \"host:port\"; "
             "\"tls://host:port\" where TLS stands at the beginning; \"unix:PATH\". A "
             "loopback address needs its port."},
    {.key = "tls",
     .type = OptionType::choice,
     .help = "How far this hop must be protected: off, may (when offered), encrypt (always), "
             "verify (always, with a valid certificate). Absent: as the peer's table says, or "
             "may; verify with `identity` or `pin`.",
     .choices = tls_levels},
    {.key = "tls_min",
     .type = OptionType::choice,
     .help = "Lowest TLS version for this hop, instead of that in [tls]. Below 1.2 only with tls = "
             "\"may\": then an old version is better than plain text.",
     .choices = "1.0|1.1|1.2|1.3"},
    {.key = "identity",
     .type = OptionType::text,
     .help = "The name the next hop's certificate must be for, instead of the destination or the "
             "host. Example: \"hub.example\"."},
    {.key = "pin",
     .type = OptionType::text,
     .help = "SHA-256 of the next hop's public key (SubjectPublicKeyInfo) in hex, \"sha256:\" may "
             "stand before it: it must show that key, and nothing else is asked of its "
             "certificate."},
};

constexpr OptionTable tables[] = {
    {"policy", TableShape::single, "Who may do what when nothing else says so.", policy_options},
    {"peer", TableShape::keyed,
     "A named peer and what it may do. Without a scope it may do nothing.", peer_options},
    {"route", TableShape::array,
     "The next hop by destination. The first rule that matches wins; without one the "
     "destination is discovered by DNS. A domain in `hosts` needs a rule of its own.",
     route_options},
};

}  // namespace

std::span<const OptionTable> federation_option_tables() { return tables; }

}  // namespace hanse
