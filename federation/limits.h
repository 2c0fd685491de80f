// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "server/base/time.h"

// Bounds of lanes and links; those that were here before it are in server/base/limits.h.
namespace hanse::limits {

// Of one protocol that has one stream for a lane: from the first octet until it may carry works.
constexpr std::size_t dials_open_max = 64;
// One that is on its way longer is not counted among these any more: without an answer, with one.
constexpr Duration dial_unanswered_wait = std::chrono::milliseconds(250);
constexpr Duration dial_place_kept_max = std::chrono::seconds(1);

// What is in memory only and should have gone: then it is put on disk (xmpp 9.5).
constexpr Duration swift_in_memory_max = std::chrono::seconds(30);

// What a shard has handed on and keeps until it is done with.
constexpr std::size_t handed_on_items_max = 4096;
constexpr std::size_t handed_on_bytes_max = 1024 * 1024;

// Live and latest works of one lane that wait, on one shard, for swift ones before them to be kept.
constexpr std::size_t behind_detours_max = 1024;

// A lane whose peer comes by itself: how often what waits for it is looked at for its lifetime.
constexpr Duration awaited_looked_at_every = std::chrono::seconds(60);

// Between two tries of a lane: how often its records are looked at anew, and what it has tried.
constexpr Duration records_looked_at_every = std::chrono::seconds(60);   // not sooner
constexpr int looks_per_wait_max = 6;
constexpr std::size_t places_remembered_max = 64;

}  // namespace hanse::limits
