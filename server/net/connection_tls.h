// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/net/connection.h"
#include "server/net/tls.h"

namespace hanse::net {

struct Connection::Tls {
  Tls(const std::shared_ptr<const TlsContext>& context, bool server, TlsWish wish,
      std::string_view door)
      : channel(context, server, std::move(wish), door) {}

  TlsChannel channel;
  TlsFacts facts;
  std::string plain;       // written, not yet encrypted
  bool up = false, said_goodbye = false;
};

}  // namespace hanse::net
