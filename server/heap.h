// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hanse {

// How the C library's heap is to serve a node: few arenas, and enough freed memory beside each
// thread for what it takes and gives in one turn (decision 017). The latter is read by the library
// when a program starts, so that it may start once more, in the same process. Before any thread.
void set_up_heap(char** arguments);

}  // namespace hanse
