// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/blobs.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/store.h"

namespace hanse::store {

// What a start finds and puts in order: legs that were under way wait again, with their attempts
// kept; what was under way at too many crashes is set aside (D7); files without a row go.
// Afterwards the store counts as in use until a clean exit is marked.
Result<Recovered> recover(Database& database, Ledger& ledger, BlobFolder& blobs);

void mark_clean_exit(Database& database);

}  // namespace hanse::store
