// SPDX-License-Identifier: Apache-2.0
#include "protocols/xmpp/redactor.h"

#include <algorithm>
#include <array>
#include <utility>

#include "server/base/limits.h"

namespace hanse::xmpp {

namespace {

constexpr std::size_t tag_kept_octets = 1024;

template <std::size_t Count>
bool is_one_of(std::string_view name, const std::array<std::string_view, Count>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// XEP-0220 keys, RFC 6120 6.4 (initial response, challenge, additional data), XEP-0114 digest.
constexpr std::array<std::string_view, 7> secrets{"result",   "verify",  "auth",     "response",
                                                  "challenge", "success", "handshake"};
constexpr std::array<std::string_view, 3> stanzas{"message", "presence", "iq"};
// Children of a stream: where one of these begins, we know where we are.
constexpr std::array<std::string_view, 10> landmarks{
    "message", "presence", "iq", "features", "proceed", "starttls", "r", "a", "enable", "enabled"};

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

// XEP-0198 5: who knows these can take a stream over.
constexpr std::array<std::string_view, 3> resumptions{"enabled", "resume", "resumed"};
constexpr std::array<std::string_view, 2> resumption_keys{"id", "previd"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// A tag without the values of those attributes; where it is cut off in the middle of one, up to it.
std::string without_keys(std::string_view tag) {
  std::string out;
  while (!tag.empty()) {
    const std::size_t open = tag.find_first_of("'\"");
    const std::size_t close = open == tag.npos ? open : tag.find(tag[open], open + 1);
    out.append(tag.substr(0, open == tag.npos ? open : open + 1));
    if (open == tag.npos) break;
    std::string_view name = tag.substr(0, open);
    while (!name.empty() && (is_space(name.back()) || name.back() == '=')) name.remove_suffix(1);
    name = local_name(name.substr(name.find_last_of(" \t\r\n'\"/") + 1));
    const std::string_view value =
        tag.substr(open + 1, close == tag.npos ? close : close - open - 1);
    if (is_one_of(name, resumption_keys))
      out.append("[" + std::to_string(value.size()) + " octets]");
    else out.append(value);
    if (close == tag.npos) break;
    out.push_back(tag[close]);
    tag.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace

StreamRedactor::StreamRedactor(const RedactorWish& wish) {
  // Our engines write whole elements at once, so that our own side is never begun inside of one.
  ours_.begin(true, wish.midway ? 1 : 0, wish.bodies);
  theirs_.begin(!wish.midway, 0, wish.bodies);
}

void StreamRedactor::read(bool from_peer, std::string_view bytes,
                          std::vector<std::string>& lines) {
  (from_peer ? theirs_ : ours_).read(bytes, lines);
}

void StreamRedactor::Side::begin(bool placed, std::size_t depth, bool bodies) {
  placed_ = placed;
  depth_ = depth;
  bodies_ = bodies;
}

void StreamRedactor::Side::read(std::string_view bytes, std::vector<std::string>& lines) {
  for (const char c : bytes) {
    switch (at_) {
      case At::text:
        if (c != '<') {
          in_text(c);
          break;
        }
        at_ = At::tag;
        tag_ = "<";
        tag_octets_ = 1;
        break;
      case At::tag:
      case At::quoted:
        ++tag_octets_;
        if (tag_.size() < tag_kept_octets) tag_ += c;
        if (at_ == At::quoted) {
          if (c == quote_) at_ = At::tag;
        } else if (c == '"' || c == '\'') {
          at_ = At::quoted;
          quote_ = c;
        } else if (c == '[' && tag_ == "<![CDATA[") {
          at_ = At::cdata;
          brackets_ = 0;
        } else if (c == '>') {
          at_ = At::text;
          end_tag(lines);
        }
        last_ = c;
        break;
      case At::cdata:
        if (c == '>' && brackets_ >= 2) at_ = At::text;
        else in_text(c);
        brackets_ = c == ']' ? brackets_ + 1 : 0;
        break;
    }
  }
}

void StreamRedactor::Side::in_text(char c) {
  if (hides_text()) {
    if (placed_ && (secret_ || depth_ > 1 || !is_space(c))) ++hidden_octets_;
  } else if (depth_ > 1 || !is_space(c)) {   // keepalives between stanzas are no line
    tell_hidden();
    show({&c, 1});
  }
}

void StreamRedactor::Side::show(std::string_view text) {
  const std::size_t room = limits::trace_line_bytes_max + 1 - std::min(
      line_.size(), limits::trace_line_bytes_max + 1);   // one over: whoever cuts it says so
  line_.append(text.substr(0, room));
}

void StreamRedactor::Side::tell_hidden() {
  if (hidden_octets_ == 0) return;
  show("[" + std::to_string(std::exchange(hidden_octets_, 0)) + " octets]");
}

void StreamRedactor::Side::end_line(std::vector<std::string>& lines) {
  tell_hidden();
  if (!line_.empty()) lines.push_back(std::exchange(line_, {}));
}

void StreamRedactor::Side::end_tag(std::vector<std::string>& lines) {
  const bool empty = tag_octets_ > 2 && tag_octets_ == tag_.size()
                         ? tag_[tag_.size() - 2] == '/' : last_ == '/';
  if (tag_.size() < 2 || tag_[1] == '?' || tag_[1] == '!') return;
  if (tag_[1] == '/') {
    if (placed_) close_tag();
  } else {
    const std::size_t end = tag_.find_first_of(" \t\r\n/>", 1);
    const std::string name = tag_.substr(1, (end == tag_.npos ? tag_.size() : end) - 1);
    open_tag(name, local_name(name), empty);
  }
  if (placed_ && depth_ <= 1 && !secret_) {
    end_line(lines);
    stanza_ = false;
  }
}

void StreamRedactor::Side::open_tag(std::string_view name, std::string_view local, bool empty) {
  if (local == "stream" && !secret_ && (depth_ <= 1 || !placed_)) {   // new after TLS and SASL
    placed_ = true;
    depth_ = 1;
    return show(tag_);
  }
  if (!placed_ && is_one_of(local, landmarks)) {
    placed_ = true;
    depth_ = 1;
  }
  if (!placed_) return;
  const bool top = depth_ <= 1;
  if (top) stanza_ = is_one_of(local, stanzas);
  if (secret_) {
    hidden_octets_ += tag_octets_;
  } else if (top || !stanza_ || bodies_) {
    tell_hidden();
    show(is_one_of(local, resumptions) ? without_keys(tag_) : tag_);
    if (tag_octets_ > tag_.size()) show("...>");
  } else {
    tell_hidden();
    show("<" + std::string(name) + (empty ? "/>" : ">"));
  }
  if (empty) return;
  if (!secret_ && is_one_of(local, secrets) && !(stanza_ && !bodies_)) {
    secret_ = true;
    secret_depth_ = depth_;
  }
  ++depth_;
}

void StreamRedactor::Side::close_tag() {
  if (depth_ > 0) --depth_;
  if (secret_ && depth_ > secret_depth_) {
    hidden_octets_ += tag_octets_;
    return;
  }
  secret_ = false;
  tell_hidden();
  show(tag_);
}

}  // namespace hanse::xmpp
