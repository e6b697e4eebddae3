// mta/submit/listener.h — where mail comes in.
//
// What      Listens on every [[listener]], limits how many connect, and runs a conversation for each that does.
// Units     Connections, counted over all listeners, per client network and per client address.
// Promise   A conversation ends with the configuration it began with. After stop() nobody new is let in, those who are silent hear 421
//           and go, the others finish the message they are in. A command that is not there after command_timeout, a body below
//           data_rate, and, when connections are scarce, a stranger's silence of 10 s are answered with 421 4.4.2.
// Errors    open() and reload() throw std::runtime_error with a text for people; after a failed reload() what listened listens on.
// Source    conf/example.toml ([[listener]], [limits]); README "Run it" (SIGTERM); RFC 5321 §3.8 (421), §4.5.3.2.7.
// Not here  the dialogue (server_session.h), when the grace is over (mta/daemon/server.h).
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "mta/submit/context.h"
#include "mta/submit/seats.h"
#include "mta/submit/server_session.h"

namespace mta {

class Submission {
 public:
  explicit Submission(SubmitParts);
  ~Submission();

  void open();
  void reload();                            // parts.current() is another one now
  std::vector<Endpoint> listening() const;  // in the order of the configuration
  void stop();
  void close_all();  // the grace is over
  void abandon();    // a crash: no caller waits for us any more
  std::size_t conversations() const;
  SubmissionContext& context() { return context_; }

 private:
  struct Door {
    std::string address;  // as configured
    std::unique_ptr<Listener> listener;
    Endpoint local;
  };
  using Doors = std::vector<std::shared_ptr<Door>>;

  std::shared_ptr<Door> open_door(const conf::ListenerOptions&);
  void close_door(std::shared_ptr<Door>);
  awaitable<void> close_listener(std::shared_ptr<Door>);
  awaitable<void> watch(std::shared_ptr<Door>);
  awaitable<bool> admit(std::shared_ptr<Door>);  // false: the door is closed
  awaitable<void> turn_away(std::unique_ptr<Stream>, bool explain);
  void begin(const Door&, Executor home, std::unique_ptr<Stream>);
  struct Guest {
    std::shared_ptr<ServerSession> session;  // shared: goodbyes outlive the conversation by a moment
    std::string network;
    bool gives_up = false;  // it was told to go, to make room
  };
  bool enter(const Client&);
  Guest* who_gives_up(const Seats::SeatAnswer&);
  void depart(std::uint64_t number);
  awaitable<void> host(std::shared_ptr<ServerSession>);
  awaitable<void> watch_clients();
  bool send_late_away();
  void report_refusals(bool all);
  awaitable<void> close_session(std::shared_ptr<ServerSession>);
  awaitable<void> say_goodbye(std::shared_ptr<ServerSession>, std::string farewell, bool even_in_body);
  awaitable<void> end_late(std::shared_ptr<ServerSession>, bool scarce);
  std::vector<std::shared_ptr<ServerSession>> sessions() const;

  SubmissionContext context_;
  Executor home_;  // of the doors
  mutable std::mutex mutex_;
  Doors doors_;
  std::map<std::uint64_t, Guest> guests_;
  Seats seats_;
  std::uint64_t next_ = 0;
  bool stopping_ = false, watching_ = false;
};

}  // namespace mta
