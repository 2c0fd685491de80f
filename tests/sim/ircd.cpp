// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/ircd.h"

#include <algorithm>

#include "protocols/irc/limits.h"

namespace hanse::sim {

namespace {

using namespace std::chrono_literals;
using Kind = IrcWord::Kind;

constexpr Duration look_every = 30s;
constexpr Duration silence_max = 100s;   // then the other end is dead

}  // namespace

// One link. What is left of it when it has ended goes as a work of its own.
class Ircd::Peer final : public EndEvents {
 public:
  Peer(Ircd& ircd, End end) : ircd_(ircd), end_(std::move(end)) {
    heard_at_ = ircd_.timeline_.now();
    end_.attach(*this);
    end_.read(true);
    look_later();
  }
  ~Peer() override { ircd_.timeline_.cancel(look_); }

  void write(const std::string& text) { if (end_) end_.write(text); }
  bool up() const { return up_; }
  bool over() const { return over_; }
  const std::string& other() const { return other_; }

  void leave() {
    if (std::exchange(over_, true)) return;
    up_ = false;
    ircd_.lose(*this);
    end_.leave();
    ircd_.timeline_.at(ircd_.timeline_.now(), [&ircd = ircd_, this] {
      std::erase_if(ircd.peers_, [this](const auto& one) { return one.get() == this; });
    });
  }

 private:
  void end_received(std::string_view bytes) override {
    heard_at_ = ircd_.timeline_.now();
    splitter_.add(bytes);
    std::string_view text;
    while (!over_ && splitter_.next(text) == irc::LineSplitter::Found::line) {
      irc::Line line;
      const std::string raw(text);
      if (!irc::parse_line(raw, irc::limits::parameters_max, line)) continue;
      if (line.command == "ERROR") return leave();
      if (up_) ircd_.take(*this, line, raw);
      else shake(line);
    }
  }
  void end_written() override {}
  void end_tls_up(TlsFacts) override {}
  void end_closed(bool, std::string) override { leave(); }

  void shake(const irc::Line& line) {
    std::string answer;
    if (line.command == "SERVER") {
      name_ = line.at(0);
      description_ = line.all().back();
    }
    const bool ready = ircd_.tongue_.shake(line, ircd_.seconds_(), answer, other_);
    // Who comes again has lost the link that is still here.
    for (const auto& one : ircd_.peers_)
      if (one.get() != this && !other_.empty() && one->other_ == other_) one->leave();
    write(answer);
    if (!ready) return;
    up_ = true;
    const Tongue& tongue = ircd_.tongue_;
    Server& server = ircd_.servers_[other_] = {
        tongue.introduce_server(name_, other_, description_), this};
    ircd_.tell_others(this, server.line);
    ircd_.burst(*this);
  }

  void look_later() {
    look_ = ircd_.timeline_.after(look_every, [this] {
      if (over_) return;
      look_later();
      if (ircd_.timeline_.now() - heard_at_ > silence_max) return leave();
      if (up_) write(ircd_.tongue_.ping(other_));
    });
  }

  Ircd& ircd_;
  End end_;
  irc::LineSplitter splitter_;
  Instant heard_at_{};
  Timeline::Key look_ = 0;
  std::string name_, other_, description_;   // its name, and its id if it has one
  bool up_ = false, over_ = false;
};

Ircd::Ircd(Timeline& timeline, Network& network, int number,
           std::function<std::int64_t()> seconds, Heard heard)
    : timeline_(timeline), number_(number), tongue_(tongue(number)),
      seconds_(std::move(seconds)), heard_(std::move(heard)) {
  channel_since_ = seconds_();
  network.add_host(address(number), {tongue_.server_name()});
  network.listen(address(number), irc_port, [this](End end) { accept(std::move(end)); });
}

Ircd::~Ircd() = default;

void Ircd::accept(End end) { peers_.push_back(std::make_unique<Peer>(*this, std::move(end))); }

// ---- its own users ----

void Ircd::come(const std::string& nick) {
  if (!locals_.insert(nick).second) return;
  const std::string id = tongue_.make_id(users_made_++, nick);
  local_ids_[nick] = id;
  User user{nick, nick, tongue_.introduce(id, nick, nick, seconds_()), nullptr, true};
  tell_others(nullptr, user.line + tongue_.join(id, irc_channel, channel_since_));
  users_[id] = std::move(user);
}

void Ircd::go(const std::string& nick) {
  if (locals_.erase(nick) == 0) return;
  const std::string id = local_ids_[nick];
  users_.erase(id);
  tell_others(nullptr, ":" + id + " QUIT :bye\r\n");
}

bool Ircd::say(const std::string& nick, const std::string& text) {
  if (!locals_.contains(nick)) return false;
  tell_members(nullptr, ":" + local_ids_[nick] + " PRIVMSG " + irc_channel + " :" + text + "\r\n");
  return true;
}

std::vector<std::string> Ircd::guests() const {
  std::vector<std::string> out;
  for (const auto& [id, user] : users_)
    if (user.via != nullptr && user.in_channel && user.realname.find(' ') == std::string::npos)
      out.push_back(user.realname);   // others are nobody's
  std::sort(out.begin(), out.end());
  return out;
}

void Ircd::drop_links() {
  std::vector<Peer*> all;
  for (const auto& one : peers_) all.push_back(one.get());
  for (Peer* one : all) one->leave();
}

// ---- its links ----

// All it knows, but for what the other has told itself.
void Ircd::burst(Peer& to) {
  std::string near, far, joins;
  for (const auto& [id, server] : servers_) {
    if (server.via == &to) continue;
    (id == server.via->other() ? near : far) += server.line;
  }
  std::string out = near + far;
  for (const auto& [id, user] : users_) {
    if (user.via == &to) continue;
    out += user.line;
    if (user.in_channel) joins += tongue_.join(id, irc_channel, channel_since_);
  }
  to.write(out + joins + tongue_.burst_end());
}

void Ircd::take(Peer& from, const irc::Line& line, const std::string& raw) {
  IrcWord word = tongue_.read(line);
  const std::string again = raw + "\r\n";
  switch (word.kind) {
    case Kind::server:
      if (servers_.contains(word.id)) return from.leave();   // twice: no server may do that
      servers_[word.id] = {again, &from};
      return tell_others(&from, again);
    case Kind::user: return take_user(from, word, again);
    case Kind::join: return take_join(from, word, again);
    case Kind::said:
      if (is_behind(from, word.source)) {   // a server says it
        heard_(number_, word.text);
        return tell_members(&from, again);
      }
      [[fallthrough]];
    case Kind::part:
    case Kind::quit: {
      const auto user = users_.find(word.source);
      if (user == users_.end() || user->second.via != &from) return;
      if (word.kind == Kind::said) {
        heard_(number_, word.text);
        return tell_members(&from, again);
      }
      if (word.kind == Kind::quit) users_.erase(user);
      else user->second.in_channel = false;
      return tell_others(&from, again);
    }
    case Kind::split:
      if (!is_behind(from, word.id)) return;
      if (word.id == from.other()) return from.leave();
      remove_server(from, word.id);
      return tell_others(&from, again);
    case Kind::ping: return from.write(tongue_.pong(word.text));
    case Kind::other: return;
  }
}

// A nick that is taken: who comes later gives way.
void Ircd::take_user(Peer& from, const IrcWord& word, const std::string& raw) {
  if (users_.contains(word.id) && number_ != 2) return from.leave();
  const bool taken = std::any_of(users_.begin(), users_.end(), [&word](const auto& entry) {
    return entry.second.nick == word.nick;
  });
  User user{word.nick, word.realname, raw, &from, false};
  if (taken) {
    from.write(tongue_.collision(word, seconds_()));
    if (number_ != 0) return;
    user.nick = word.id;
    const std::size_t at = user.line.find(" " + word.nick + " ");
    user.line.replace(at + 1, word.nick.size(), word.id);
  }
  tell_others(&from, user.line);
  users_[word.id] = std::move(user);
}

void Ircd::take_join(Peer& from, const IrcWord& word, const std::string& raw) {
  for (const std::string& member : word.members) {
    const auto user = users_.find(member);
    if (user != users_.end() && user->second.via == &from) user->second.in_channel = true;
  }
  tell_others(&from, raw);
}

bool Ircd::is_behind(const Peer& peer, const std::string& id) const {
  const auto server = servers_.find(id);
  return server != servers_.end() && server->second.via == &peer;
}

// With the users that say they are of it: by their id, or by who introduced them.
void Ircd::remove_server(Peer& from, const std::string& id) {
  servers_.erase(id);
  std::erase_if(users_, [&](const auto& entry) {
    const std::string& line = entry.second.line;
    return entry.second.via == &from && line.starts_with(":" + id + " ");
  });
}

void Ircd::lose(Peer& peer) {
  std::vector<std::string> direct;
  if (servers_.contains(peer.other()) && servers_[peer.other()].via == &peer)
    direct.push_back(peer.other());
  std::erase_if(servers_, [&peer](const auto& entry) { return entry.second.via == &peer; });
  std::erase_if(users_, [&peer](const auto& entry) { return entry.second.via == &peer; });
  for (const std::string& id : direct) tell_others(&peer, tongue_.split(id));
}

void Ircd::tell_others(const Peer* but, const std::string& raw) {
  for (const auto& one : peers_)
    if (one.get() != but && one->up()) one->write(raw);
}

void Ircd::tell_members(const Peer* but, const std::string& raw) {
  for (const auto& one : peers_) {
    const bool has = std::any_of(users_.begin(), users_.end(), [&one](const auto& entry) {
      return entry.second.via == one.get() && entry.second.in_channel;
    });
    if (one.get() != but && one->up() && has) one->write(raw);
  }
}

}  // namespace hanse::sim
