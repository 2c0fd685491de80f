// SPDX-License-Identifier: Apache-2.0
#include "protocols/irc/queries.h"

#include <initializer_list>

#include "protocols/irc/limits.h"
#include "server/base/time.h"

namespace hanse::irc {
namespace {

constexpr std::string_view software = "hanse";

class Answer {
 public:
  Answer(Side& side, const Queried& query, UserId asker)
      : side_(side), query_(query), asker_(asker), server_(asked_server()) {}

  void give(Timestamp now);

 private:
  ServerId asked_server() const;
  std::string name() const { return side_.model().server(server_).name; }
  void tell(std::string_view number, std::initializer_list<std::string_view> middle,
            std::string_view text) const {
    side_.write(Replied{side_.party_of_server(server_), side_.party_of(asker_), number,
                        {middle.begin(), middle.size()}, text});
  }
  void whois() const;
  std::string channels_of(const User& user) const;
  void counts() const;
  void links() const;

  Side& side_;
  const Queried& query_;
  const UserId asker_;
  const ServerId server_;          // of ours, that answers
};

// By its name or id, or by somebody who is behind it; what fits neither was meant for us.
ServerId Answer::asked_server() const {
  const Network& model = side_.model();
  ServerId server = model.find_server(query_.target);
  if (server == no_id) {
    UserId user = model.find_uid(query_.target);
    if (user == no_id) user = model.find_nick(query_.target);
    if (user != no_id) server = model.user(user).server;
  }
  return server != no_id && side_.is_ours(server) ? server : side_.us();
}

void Answer::give(Timestamp now) {
  const std::string_view command = query_.command;
  const std::string_view subject = query_.subject.empty() ? "*" : query_.subject;
  const std::string server = name();
  if (command == "WHOIS") {
    whois();
  } else if (command == "WHOWAS") {
    tell("406", {subject}, "There was no such nickname");
    tell("369", {subject}, "End of WHOWAS");
  } else if (command == "VERSION") {
    tell("351", {software, server}, "a relay between networks");
  } else if (command == "TIME") {
    tell("391", {server}, format_utc(from_unix_ms(now * 1000)));
  } else if (command == "ADMIN") {
    tell("423", {server}, "No administrative info available");
  } else if (command == "MOTD") {
    tell("422", {}, "MOTD File is missing");
  } else if (command == "INFO") {
    tell("371", {}, "A relay: the people behind this server are on another network");
    tell("374", {}, "End of /INFO list");
  } else if (command == "STATS") {
    tell("219", {subject}, "End of /STATS report");
  } else if (command == "TRACE") {
    tell("262", {server}, "End of TRACE");
  } else if (command == "USERS") {
    tell("446", {}, "USERS has been disabled");
  } else if (command == "LUSERS") {
    counts();
  } else if (command == "MAP") {
    tell("006", {}, server);
    tell("007", {}, "End of /MAP");
  } else if (command == "LINKS") {
    links();
  }
}

void Answer::whois() const {
  const Network& model = side_.model();
  const std::string_view wanted = query_.subject.empty() ? query_.target : query_.subject;
  UserId id = model.find_nick(wanted);
  if (id == no_id) id = model.find_uid(wanted);
  if (id == no_id || !side_.is_our_user(id)) {
    tell("401", {wanted}, "No such nick/channel");
    return tell("318", {wanted}, "End of /WHOIS list");
  }
  const User& user = model.user(id);
  const auto text = [&user](UserText which) { return std::string(user.texts.get(which)); };
  const std::string nick = text(UserText::nick);
  const std::string home = model.server(user.server).name;
  tell("311", {nick, text(UserText::ident), text(UserText::shown_host), "*"},
       text(UserText::realname));
  if (const std::string channels = channels_of(user); !channels.empty())
    tell("319", {nick}, channels);
  tell("312", {nick, home}, "relayed by " + side_.settings().own_name);
  if (const std::string away = text(UserText::away); !away.empty()) tell("301", {nick}, away);
  if (const std::string account = text(UserText::account); !account.empty())
    tell("330", {nick, account}, "is logged in as");
  tell("317", {nick, "0", std::to_string(user.since())}, "seconds idle, signon time");
  tell("318", {nick}, "End of /WHOIS list");
}

// Those that anybody may know of, or that the asker is in.
std::string Answer::channels_of(const User& user) const {
  const Network& model = side_.model();
  std::string out;
  std::size_t listed = 0;
  for (const Membership& one : user.channels) {
    const Channel& channel = model.channel(one.channel);
    const bool hidden = channel.has(Mode::secret) || channel.has(Mode::is_private);
    if (hidden && model.membership(asker_, one.channel) == nullptr) continue;
    if (++listed > limits::listed_channels_max) break;
    if (!out.empty()) out += ' ';
    out += side_.dialect().modes().status_prefixes(one.status);
    out += channel.name;
  }
  return out;
}

void Answer::counts() const {
  const Network& model = side_.model();
  std::size_t servers = 0, ours = 0;
  for (const Server& one : model.servers()) servers += one.present;
  for (UserId id = 0; id < model.user_slots(); ++id)
    ours += model.user(id).server == server_;
  tell("251", {}, "There are " + std::to_string(model.users()) + " users and 0 services on " +
                      std::to_string(servers) + " servers");
  tell("255", {}, "I have " + std::to_string(ours) + " clients and 1 servers");
}

void Answer::links() const {
  const std::string_view mask = query_.subject.empty() ? "*" : query_.subject;
  const std::string us = side_.settings().own_name, server = name();
  tell("364", {server, us}, "0 " + side_.settings().description);
  tell("365", {mask}, "End of /LINKS list");
}

}  // namespace

void answer_query(Side& side, const Queried& query, UserId asker, Timestamp now) {
  Answer(side, query, asker).give(now);
}

}  // namespace hanse::irc
