// SPDX-License-Identifier: Apache-2.0
#include "server/base/version.h"

#ifndef HANSE_COMMIT   // the Makefile says it
#define HANSE_COMMIT "unknown"
#endif

namespace hanse {

const std::string_view commit = HANSE_COMMIT;

}  // namespace hanse
