// SPDX-License-Identifier: Apache-2.0
#include "store/bodies.h"

#include "server/base/limits.h"
#include "store/schema.h"

namespace hanse::store {

namespace {

bool is_passing(Fault fault) { return fault == Fault::try_later || fault == Fault::overloaded; }

}  // namespace

Bodies::Bodies(Database& database, BlobFolder& blobs)
    : blobs_(blobs),
      insert_(database, "INSERT INTO body(id, file, bytes) VALUES(?, ?, ?)"),
      load_(database, "SELECT file, bytes FROM body WHERE id = ?"),
      needed_(database,
              "SELECT 1 FROM leg WHERE id BETWEEN ? AND ? AND (state <= 4 OR pending > 0) LIMIT 1"),
      file_(database, "SELECT file FROM body WHERE id = ?"),
      remove_(database, "DELETE FROM body WHERE id = ?") {}

Result<std::int64_t> Bodies::stage(const Body& body) {
  std::int64_t file = body.blob;
  if (file == 0) {
    if (body.bytes == nullptr) return Error{Fault::broken, "message without a body"};
    if (body.bytes->size() <= limits::body_inline_bytes_max) return 0;
    Result<std::int64_t> written = blobs_.add(*body.bytes);
    if (!written) return written;
    file = *written;
  } else if (!blobs_.unfinished(file)) {
    return Error{Fault::broken, "the message's body is not there"};
  }
  staged_.push_back(file);
  return file;
}

Result<void> Bodies::sync_staged() { return blobs_.finish(staged_); }

void Bodies::insert(std::int64_t message, const Body& body, std::int64_t file) {
  if (file != 0) {
    insert_.run(message, file, Null{});
  } else {
    insert_.run(message, Null{}, RawBytes{*body.bytes});
  }
}

Body Bodies::load(std::int64_t message, std::uint64_t size) {
  Body body;
  body.size = size;
  load_.query(message);
  if (!load_.row()) return body;
  if (load_.null(0)) {
    body.bytes = std::make_shared<const std::string>(load_.bytes(1));
  } else {
    body.blob = load_.integer(0);
  }
  load_.done();
  if (body.blob == 0) return body;
  // What fits comes whole: not every protocol sends piece by piece. Of the others the last octet
  // tells whether they are all there.
  const bool whole = size <= limits::body_memory_bytes_max;
  const std::uint64_t from = whole || size == 0 ? 0 : size - 1;
  Result<std::string> read = blobs_.fetch(body.blob, from, static_cast<std::size_t>(size - from));
  if (!read && is_passing(read.error().fault)) return body;
  if (!read || read->size() != size - from)
    body.blob = 0;   // nothing of it is of use
  else if (whole)
    body.bytes = std::make_shared<const std::string>(*std::move(read));
  return body;
}

void Bodies::release_considered() {
  for (std::int64_t message : considered_) {
    needed_.query(first_leg_of(message), last_leg_of(message));
    const bool needed = needed_.row();
    needed_.done();
    if (needed) continue;
    file_.query(message);
    if (file_.row() && !file_.null(0)) released_.push_back(file_.integer(0));
    file_.done();
    remove_.run(message);
  }
  considered_.clear();
}

void Bodies::committed() {
  for (std::int64_t file : released_) blobs_.remove(file);
  released_.clear();
  staged_.clear();
}

void Bodies::rolled_back() {
  for (std::int64_t file : staged_) {
    blobs_.discard(file);
    blobs_.remove(file);
  }
  staged_.clear();
  released_.clear();
  considered_.clear();
}

}  // namespace hanse::store
