#include "tests/sim/receivers.h"

#include <algorithm>

#include "tests/sim/receiver_session.h"

namespace mta::sim {

namespace {
bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}
}  // namespace

std::string ReceivedMessage::header(const std::string& name) const {
  for (std::size_t at = 0; at < body.size();) {
    std::size_t end = body.find("\r\n", at);
    if (end == std::string::npos || end == at) return "";
    while (end + 2 < body.size() && (body[end + 2] == ' ' || body[end + 2] == '\t'))
      end = std::min(body.find("\r\n", end + 2), body.size());
    const std::string_view field = std::string_view(body).substr(at, end - at);
    const auto colon = field.find(':');
    if (colon != std::string_view::npos && same_name(field.substr(0, colon), name)) {
      const auto from = field.find_first_not_of(" \t", colon + 1);
      std::string value(from == std::string_view::npos ? "" : field.substr(from));
      for (std::size_t fold; (fold = value.find("\r\n")) != std::string::npos;) value.erase(fold, 2);
      return value;
    }
    at = end + 2;
  }
  return "";
}

Receiver::Receiver(SimWorld& world, std::string host, Endpoint endpoint)
    : world_(world), host_(std::move(host)), endpoint_(endpoint) {
  open();
}

void Receiver::open() {
  if (listener_) return;
  listener_ = world_.net.listen(world_.loop.outside(), endpoint_);
  world_.loop.spawn(world_.loop.outside(), host_ + " listener", listen(this, listener_));
}

void Receiver::close() {
  if (listener_) listener_->close();
  listener_.reset();
}

awaitable<void> Receiver::listen(Receiver* self, std::shared_ptr<Listener> listener) {
  for (;;) {
    std::unique_ptr<Stream> line = co_await listener->accept(self->world_.loop.outside());
    ++self->connections_;
    self->connected_at_.push_back(self->world_.calendar.now());
    self->world_.loop.spawn(self->world_.loop.outside(), self->host_,
                            ReceiverSession::hold(self, std::move(line), self->connections_));
  }
}

std::size_t Receiver::accepted(const std::string& recipient) const {
  return static_cast<std::size_t>(
      std::count_if(copies_.begin(), copies_.end(), [&](const Copy& copy) { return copy.recipient == recipient; }));
}

std::uint64_t Receiver::connections_today() const {
  const auto today = std::chrono::floor<std::chrono::days>(world_.calendar.now());
  return static_cast<std::uint64_t>(
      std::count_if(connected_at_.begin(), connected_at_.end(), [&](Instant at) { return at >= today; }));
}

}  // namespace mta::sim
