// SPDX-License-Identifier: Apache-2.0
#include "server/base/secret.h"

#include <openssl/crypto.h>

namespace hanse {

// All of its room: a longer text may have stood there before.
void wipe(std::string& text) {
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace hanse
