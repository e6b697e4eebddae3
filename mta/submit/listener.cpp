#include "mta/submit/listener.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace mta {
namespace {

constexpr auto accept_pause = std::chrono::milliseconds(100);  // when accept itself fails: no more descriptors, for instance
constexpr auto turn_away_limit = std::chrono::seconds(5);
constexpr Duration longest_round = std::chrono::seconds(1);

}  // namespace

Submission::Submission(SubmitParts parts) : context_(std::move(parts)), home_(context_.parts.world.threads.io()) {}
Submission::~Submission() = default;

std::shared_ptr<Submission::Door> Submission::open_door(const conf::ListenerOptions& wanted) {
  const auto endpoint = Endpoint::parse(wanted.address);
  if (!endpoint) throw std::runtime_error(fmt::format("{}: listener {} is no address", wanted.where.text(), wanted.address));
  auto door = std::make_shared<Door>();
  door->address = wanted.address;
  door->listener = context_.parts.world.net.listen(home_, *endpoint);
  door->local = door->listener->local();
  return door;
}

void Submission::open() { reload(); }

void Submission::reload() {
  const auto snapshot = context_.parts.current();
  Doors wanted, opened, closed;
  const std::lock_guard lock(mutex_);
  try {
    for (const auto& listener : snapshot.config->listeners) {
      const auto same = [&](const auto& door) { return door->address == listener.address; };
      const auto found = std::ranges::find_if(doors_, same);
      wanted.push_back(found != doors_.end() ? *found : opened.emplace_back(open_door(listener)));
    }
  } catch (...) {
    for (auto& door : opened) close_door(door);
    throw;
  }
  std::ranges::copy_if(doors_, std::back_inserter(closed),
                       [&](const auto& door) { return std::ranges::count(wanted, door) == 0; });
  doors_ = std::move(wanted);
  for (auto& door : closed) close_door(door);
  for (auto& door : opened) context_.parts.tasks.spawn(home_, "listener " + door->address, watch(door));
  context_.memory.set_limit(snapshot.config->limits.memory);
}

std::vector<Endpoint> Submission::listening() const {
  const std::lock_guard lock(mutex_);
  std::vector<Endpoint> result;
  for (const auto& door : doors_) result.push_back(door->local);
  return result;
}

void Submission::close_door(std::shared_ptr<Door> door) {
  context_.parts.tasks.spawn(home_, "close listener", close_listener(std::move(door)));
}

awaitable<void> Submission::close_listener(std::shared_ptr<Door> door) {
  door->listener->close();
  co_return;
}

awaitable<void> Submission::watch(std::shared_ptr<Door> door) {
  while (true) {
    const bool open = co_await admit(door);
    if (!open) co_return;
  }
}

awaitable<bool> Submission::admit(std::shared_ptr<Door> door) {
  const auto home = context_.parts.world.threads.io();
  std::unique_ptr<Stream> stream;
  bool shut = false;
  try {
    stream = co_await door->listener->accept(home);
  } catch (const StreamLost& lost) {
    shut = lost.loss == Loss::shut;
    if (!shut && context_.log_lines.pass("accept " + door->address, context_.now()))
      spdlog::warn("listener {}: {}", door->address, lost.what());
  }
  if (shut) co_return false;
  if (stream)
    begin(*door, home, std::move(stream));
  else
    co_await context_.parts.world.stopwatch.wait_for(accept_pause);
  co_return true;
}

void Submission::begin(const Door& door, Executor home, std::unique_ptr<Stream> stream) {
  auto snapshot = context_.parts.current();
  const auto& listeners = snapshot.config->listeners;
  const auto listener = std::ranges::find(listeners, door.address, &conf::ListenerOptions::address);
  if (listener == listeners.end()) return;  // the door is closing
  const auto remote = stream->remote();
  Client client;
  client.address = client_address(remote);
  client.loopback = asio::ip::make_address(client.address).is_loopback();
  const bool implicit = listener->tls == conf::ListenerTls::implicit;
  if (implicit && !snapshot.identity) {
    if (context_.log_lines.pass("certificate " + door.address, context_.now()))
      spdlog::error("listener {}: no certificate, connection refused", door.address);
    return;
  }
  client.listener = &*listener;
  client.config = std::move(snapshot.config);
  client.signer = std::move(snapshot.signer);
  client.identity = std::move(snapshot.identity);
  if (!enter(client)) {
    context_.parts.tasks.spawn(home, "turn away", turn_away(std::move(stream), !implicit));
    return;
  }
  auto session = std::make_shared<ServerSession>(context_, std::move(client), home, std::move(stream));
  const auto name = "client " + session->client();
  context_.parts.tasks.spawn(home, name, host(std::move(session)));
}

bool Submission::enter(const Client& client) {
  const auto& limits = client.config->limits;
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  const auto answer = seats_.ask(client.address, !client.may_relay(), {limits.connections, limits.connections_per_client});
  if (!answer.admitted) return false;
  if (!answer.gives_up_network.empty()) {
    Guest* guest = who_gives_up(answer);
    if (guest == nullptr) return false;
    guest->gives_up = true;
    seats_.gives_up();
    const auto home = guest->session->home();
    const std::string farewell = "421 4.3.2 too many connections, try again later";
    context_.parts.tasks.spawn(home, "goodbye", say_goodbye(guest->session, farewell, true));
  }
  seats_.take(client.address);
  return true;
}

// Of the clients that hold more than their share: a stranger before others, then the one that we have waited for longest.
Submission::Guest* Submission::who_gives_up(const Seats::SeatAnswer& answer) {
  Guest* found = nullptr;
  ServerSession::Time since{};
  for (auto& [number, guest] : guests_) {
    if (guest.gives_up || guest.network != answer.gives_up_network) continue;
    if (!answer.gives_up_client.empty() && guest.session->client() != answer.gives_up_client) continue;
    const auto spare = guest.session->spare_since();
    if (!spare) continue;
    const bool stranger = guest.session->stranger();
    const bool better = found == nullptr || (stranger && !found->session->stranger()) ||
                        (stranger == found->session->stranger() && *spare < since);
    if (!better) continue;
    found = &guest;
    since = *spare;
  }
  return found;
}

void Submission::depart(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto guest = guests_.find(number);
  seats_.leave(guest->second.session->client(), guest->second.gives_up);
  guests_.erase(guest);
}

awaitable<void> Submission::turn_away(std::unique_ptr<Stream> stream, bool explain) {
  if (explain) {
    stream->expires_after(turn_away_limit);
    co_await stream->write("421 4.3.2 too many connections, try again later\r\n");  // RFC 5321 §3.1
    co_await stream->shut();
  }
  stream->close();
}

awaitable<void> Submission::host(std::shared_ptr<ServerSession> session) {
  std::uint64_t number = 0;
  bool first_watch = false, late = false;
  {
    const std::lock_guard lock(mutex_);
    number = next_++;
    guests_[number] = {session, client_network(session->client()), false};
    late = stopping_;
    first_watch = !watching_;
    watching_ = true;
  }
  if (first_watch) context_.parts.tasks.spawn(home_, "late clients", watch_clients());
  if (late) co_await session->leave("421 4.3.2 shutting down", false);  // came in while we were stopping
  co_await session->run();
  depart(number);
}

// Ends when there is no client to watch and no refusal to report; host() starts it again.
awaitable<void> Submission::watch_clients() {
  while (true) {
    auto round = longest_round;
    for (const auto& session : sessions()) round = std::min(round, session->command_timeout() / 8);
    co_await context_.parts.world.stopwatch.wait_for(std::max(round, Duration(10)));
    const bool stopping = send_late_away();
    report_refusals(stopping);
    const std::lock_guard lock(mutex_);
    if (!guests_.empty() || context_.refusals.pending()) continue;
    watching_ = false;
    co_return;
  }
}

// Answers whether we are stopping.
bool Submission::send_late_away() {
  const auto now = context_.now();
  const auto snapshot = context_.parts.current();
  const auto& limits = snapshot.config->limits;
  std::vector<std::shared_ptr<ServerSession>> late;
  bool scarce = false, stopping = false;
  {
    const std::lock_guard lock(mutex_);
    scarce = seats_.scarce({limits.connections, limits.connections_per_client});
    stopping = stopping_;
    for (const auto& [number, guest] : guests_) {
      if (guest.session->late(now, scarce)) late.push_back(guest.session);
    }
  }
  for (auto& session : late) {
    const auto home = session->home();
    context_.parts.tasks.spawn(home, "goodbye", end_late(session, scarce));
  }
  return stopping;
}

void Submission::report_refusals(bool all) {
  for (const auto& refused : all ? context_.refusals.rest() : context_.refusals.due(context_.now()))
    context_.parts.refused(refused);
}

awaitable<void> Submission::end_late(std::shared_ptr<ServerSession> session, bool scarce) {
  co_await session->leave_late(scarce);
}

awaitable<void> Submission::say_goodbye(std::shared_ptr<ServerSession> session, std::string farewell, bool even_in_body) {
  co_await session->leave(std::move(farewell), even_in_body);
}

awaitable<void> Submission::close_session(std::shared_ptr<ServerSession> session) {
  session->close();
  co_return;
}

std::vector<std::shared_ptr<ServerSession>> Submission::sessions() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<ServerSession>> result;
  for (const auto& [number, guest] : guests_) result.push_back(guest.session);
  return result;
}

void Submission::stop() {
  Doors doors;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    doors.swap(doors_);
  }
  for (auto& door : doors) close_door(door);
  for (auto& session : sessions()) {
    const auto home = session->home();
    context_.parts.tasks.spawn(home, "goodbye", say_goodbye(session, "421 4.3.2 shutting down", false));
  }
  report_refusals(true);
}

void Submission::abandon() { context_.memory.close(); }

void Submission::close_all() {
  context_.memory.close();
  report_refusals(true);
  for (auto& session : sessions()) {
    const auto home = session->home();
    context_.parts.tasks.spawn(home, "close", close_session(session));
  }
}

std::size_t Submission::conversations() const {
  const std::lock_guard lock(mutex_);
  return seats_.taken();
}

}  // namespace mta
