// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocols/xmpp/settings.h"
#include "tests/unit/protocols/engine_bench.h"
#include "tests/unit/protocols/transcript.h"

namespace hanse::xmpp::test {

// A node a.example with the component gw.a.example, in front of the server of f.example.
std::shared_ptr<const XmppSettings> inbound_settings(Trust trust = Trust::verify,
                                                     const std::string& pinned = {});

// Settings of a transcript: "trust" dialback, "pinned" and a peer, "slow" with a rate, and "busy",
// "tls_first" of the engine's context.
std::unique_ptr<Engine> make_inbound(const hanse::test::Settings& settings);
std::unique_ptr<Engine> make_component(const hanse::test::Settings& settings);

inline constexpr const char* transcripts = "tests/transcripts/xmpp/inbound";

// A stream of b.example to a.example that is authenticated.
hanse::test::EngineBench trusted(std::string_view before_proof = {},
                                 hanse::test::Settings settings = {});
std::string open_head();     // as b.example sends it
void no_names(hanse::test::EngineBench& bench);   // the DNS knows nothing of who is asked about

}  // namespace hanse::xmpp::test
