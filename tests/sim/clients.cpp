#include "tests/sim/clients.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/client_dialogue.h"

namespace mta::sim {

namespace {
using namespace std::chrono_literals;

struct Leaving {
  unsigned& count;
  explicit Leaving(unsigned& c) : count(c) {}
  ~Leaving() { --count; }
};
}  // namespace

// A message in a session's hands. What was not answered goes back to the queue, unless its dot was sent.
struct Clients::Ticket {
  explicit Ticket(Clients& owner)
      : owner_(owner), number_(owner.waiting_.front().first), tries_(owner.waiting_.front().second + 1) {
    owner_.waiting_.pop_front();
  }
  ~Ticket() {
    Submission& mail = submission();
    if (mail.state == Submission::State::waiting && tries_ >= owner_.tries) mail.state = Submission::State::refused;
    if (mail.state == Submission::State::waiting) owner_.waiting_.emplace_back(number_, tries_);
    owner_.world_.loop.log("submit", fmt::format("{} {} {}", number_, static_cast<int>(mail.state), mail.id));
  }
  Submission& submission() { return owner_.submissions_[number_ - 1]; }

 private:
  Clients& owner_;
  std::uint64_t number_;
  unsigned tries_;
};

Clients::Clients(SimWorld& world, asio::ip::address from) : world_(world), from_(from) {}

std::uint64_t Clients::submit(Mail mail) {
  const std::uint64_t number = submissions_.size() + 1;
  submissions_.push_back({number, std::move(mail), Submission::State::waiting, {}, {}, "", {}});
  waiting_.emplace_back(number, 0);
  staff();
  return number;
}

void Clients::submit(std::size_t count, Mail each) {
  for (std::size_t i = 0; i < count; ++i) {
    Mail mail = each;
    for (std::string& recipient : mail.recipients)
      if (const auto hole = recipient.find("{}"); hole != std::string::npos)
        recipient.replace(hole, 2, std::to_string(submissions_.size() + 1));
    submit(std::move(mail));
  }
}

std::size_t Clients::acknowledged() const {
  return static_cast<std::size_t>(std::count_if(submissions_.begin(), submissions_.end(),
                                                [](const Submission& s) { return s.state == Submission::State::acknowledged; }));
}

void Clients::staff() {
  while (busy_ < sessions && busy_ < waiting_.size()) {
    ++busy_;
    world_.loop.spawn(world_.loop.outside(), "client", work(this));
  }
}

awaitable<void> Clients::work(Clients* self) {
  const Leaving leaving(self->busy_);
  while (!self->waiting_.empty()) {
    const bool well = co_await hold_session(self);
    if (!well) co_await self->world_.stopwatch.wait_for(self->patience);
  }
}

awaitable<bool> Clients::hold_session(Clients* self) {
  const std::optional<Endpoint> to = self->server ? self->server() : std::nullopt;
  if (!to) co_return false;
  try {
    std::unique_ptr<Stream> line = co_await self->world_.net.connect(self->from_, *to, 30s);
    ClientDialogue dialogue(std::move(line));
    co_await dialogue.open("client.sender.test", self->tls);
    bool well = true;
    for (unsigned sent = 0; well && sent < self->messages_per_session && !self->waiting_.empty(); ++sent) {
      Ticket ticket(*self);
      co_await dialogue.send(ticket.submission());
      ticket.submission().at = self->world_.calendar.now();
      well = ticket.submission().state != Submission::State::waiting;  // a 4xx: later
    }
    co_await dialogue.quit();
    co_return well;
  } catch (const StreamLost&) {
    co_return false;
  }
}

}  // namespace mta::sim
