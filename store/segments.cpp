// SPDX-License-Identifier: Apache-2.0
#include "store/segments.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "server/base/limits.h"

namespace hanse::store {

namespace {

constexpr unsigned offset_bits = 27;
constexpr std::uint64_t offset_mask = (1u << offset_bits) - 1;
constexpr std::size_t length_bytes = 8;
constexpr std::size_t spares_max = 2;
constexpr std::string_view prefix = "segment-";

static_assert(limits::segment_bytes_max + limits::body_memory_bytes_max < offset_mask);

std::string encode_length(std::uint64_t length) {
  std::string out(length_bytes, '\0');
  for (char& byte : out) {
    byte = static_cast<char>(length & 255);
    length >>= 8;
  }
  return out;
}

std::uint64_t decode_length(std::string_view bytes) {
  std::uint64_t length = 0;
  for (std::size_t at = bytes.size(); at-- > 0;)
    length = (length << 8) | static_cast<unsigned char>(bytes[at]);
  return length;
}

std::uint64_t number_of(std::string_view name) {   // 0: not a segment
  std::uint64_t number = 0;
  if (!name.starts_with(prefix)) return 0;
  const char* end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + prefix.size(), end, number);
  return read.ec == std::errc() && read.ptr == end ? number : 0;
}

}  // namespace

Result<std::uint64_t> Segments::recover(const std::vector<std::int64_t>& handles,
                                        UtcTime newest_row) {
  for (std::int64_t handle : handles) {
    const Place place = place_of(handle);
    segments_[place.segment].bodies.insert(place.offset);
  }
  Result<std::vector<Disk::Entry>> entries = disk_.list(directory_);
  if (!entries) return entries.error();
  std::uint64_t removed = 0;
  for (const Disk::Entry& entry : *entries) {
    const std::uint64_t number = number_of(entry.name);
    if (number == 0) continue;
    number_ = std::max(number_, number);
    const auto found = segments_.find(number);
    if (found != segments_.end()) {
      found->second.bytes = disk_.file_bytes(path(number));
      found->second.removed_some = true;   // what was removed before is not known any more
      found->second.whole = false;
    } else if (entry.changed <= newest_row && disk_.remove(path(number))) {
      ++removed;
    }
  }
  return removed;
}

Result<std::int64_t> Segments::add(std::string_view bytes) {
  if (!file_ || segments_[number_].bytes >= limits::segment_bytes_max) {
    if (Result<void> opened = open_next(); !opened) return opened.error();
  }
  Segment& segment = segments_[number_];
  const Place place{number_, segment.bytes};
  Result<void> written = file_->append(encode_length(bytes.size()));
  if (written) written = file_->append(bytes);
  if (!written) {
    // Where the file ends now is not known: the next body goes into another one.
    drop_spares(0);
    abandon();
    return written.error();
  }
  segment.bytes += length_bytes + bytes.size();
  segment.bodies.insert(place.offset);
  unsynced_ = true;
  return handle_of(place);
}

void Segments::abandon() {
  if (!segments_[number_].bodies.empty()) {
    full_.push_back(std::move(file_));
    return;
  }
  file_.reset();
  segments_.erase(number_);
  (void)disk_.remove(path(number_));
}

Result<void> Segments::open_next() {
  if (file_) full_.push_back(std::move(file_));
  Result<std::unique_ptr<DiskFile>> made = next_file();
  if (!made) return made.error();
  file_ = *std::move(made);
  ++number_;
  segments_[number_] = {};
  unnamed_ = true;
  return {};
}

// The name is a new one in any case: who still holds an old handle must not read other mail.
Result<std::unique_ptr<DiskFile>> Segments::next_file() {
  const std::string next = path(number_ + 1);
  if (spares_.empty()) return disk_.create(next);
  const std::uint64_t spare = spares_.back();
  spares_.pop_back();
  spare_used_ = true;
  return disk_.reuse(path(spare), next);
}

Result<void> Segments::sync() {
  if (!unsynced_) return {};
  for (const auto& file : full_) {
    if (Result<void> synced = file->sync(); !synced) return synced;
  }
  full_.clear();
  if (file_) {
    if (Result<void> synced = file_->sync(); !synced) return synced;
  }
  if (unnamed_) {
    if (Result<void> named = disk_.sync_directory(directory_); !named) return named;
    unnamed_ = false;
  }
  unsynced_ = false;
  return {};
}

Result<std::string> Segments::fetch(std::int64_t handle, std::uint64_t offset, std::size_t most) {
  const Place place = place_of(handle);
  const Result<std::uint64_t> length = length_at(place);
  if (!length) return length.error();
  if (offset >= *length) return std::string();
  most = static_cast<std::size_t>(std::min<std::uint64_t>(most, *length - offset));
  return disk_.read(path(place.segment), place.offset + length_bytes + offset, most);
}

Result<std::uint64_t> Segments::length_at(const Place& place) {
  Result<std::string> bytes = disk_.read(path(place.segment), place.offset, length_bytes);
  if (!bytes) return bytes.error();
  if (bytes->size() != length_bytes) return Error{Fault::broken, "a segment ends too early"};
  return decode_length(*bytes);
}

void Segments::remove(std::int64_t handle) {
  const Place place = place_of(handle);
  const auto found = segments_.find(place.segment);
  if (found == segments_.end()) return;
  found->second.bodies.erase(place.offset);
  found->second.removed_some = true;
  const bool current = file_ && place.segment == number_;
  if (!found->second.bodies.empty() || current) return;
  emptied(place.segment, found->second);
  segments_.erase(found);
}

void Segments::emptied(std::uint64_t number, const Segment& segment) {
  const bool worth_it = segment.whole && segment.bytes >= limits::segment_bytes_max;
  spares_.push_back(number);
  drop_spares(worth_it ? spares_max : spares_.size() - 1);
}

// One that stays behind is an orphan of the next start.
void Segments::drop_spares(std::size_t keep) {
  for (; spares_.size() > keep; spares_.pop_back()) (void)disk_.remove(path(spares_.back()));
}

void Segments::give_back() {
  if (!std::exchange(spare_used_, false)) drop_spares(0);
  for (auto& [number, segment] : segments_) {
    const bool current = file_ && number == number_;
    if (current || !segment.removed_some || segment.bodies.empty()) continue;
    make_holes(number, segment);
    segment.removed_some = segment.whole = false;
  }
  std::erase_if(segments_, [this](const auto& one) {
    const bool current = file_ && one.first == number_;
    if (current || !one.second.bodies.empty()) return false;
    emptied(one.first, one.second);
    return true;
  });
}

void Segments::make_holes(std::uint64_t number, Segment& segment) {
  std::uint64_t from = 0;
  for (std::uint64_t offset : segment.bodies) {
    if (offset > from) (void)disk_.punch(path(number), from, offset - from);
    const Result<std::uint64_t> length = length_at({number, offset});
    if (!length) return;   // rather too much space than a hole in a body
    from = offset + length_bytes + *length;
  }
  if (segment.bytes > from) (void)disk_.punch(path(number), from, segment.bytes - from);
}

bool Segments::is_segment(std::string_view file_name) { return number_of(file_name) != 0; }

Segments::Place Segments::place_of(std::int64_t handle) {
  const auto value = static_cast<std::uint64_t>(-handle);
  return {value >> offset_bits, value & offset_mask};
}

std::int64_t Segments::handle_of(const Place& place) {
  return -static_cast<std::int64_t>((place.segment << offset_bits) | place.offset);
}

std::string Segments::path(std::uint64_t number) const {
  return directory_ + "/" + std::string(prefix) + std::to_string(number);
}

}  // namespace hanse::store
