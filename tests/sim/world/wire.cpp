#include "tests/sim/world/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "mta/doors/tasks.h"

namespace mta::sim {

namespace {
constexpr std::string_view arrow(int side) { return side == 0 ? ">" : "<"; }
}  // namespace

std::string Wire::name(int side) const { return ends.at(static_cast<std::size_t>(1 - side)).text(); }

void Wire::expire(int side, Duration limit) {
  Side& me = sides.at(static_cast<std::size_t>(side));
  loop.cancel(me.timer);
  me.has_deadline = true;
  me.deadline = loop.now() + limit;
  if (!me.open) return;
  me.timer = loop.at(me.deadline, [wire = shared_from_this(), side] {
    Side& late = wire->sides.at(static_cast<std::size_t>(side));
    late.timer = 0;
    const bool waits = wire->flows.at(static_cast<std::size_t>(1 - side)).reader != 0 ||
                       wire->flows.at(static_cast<std::size_t>(side)).writer != 0;
    if (waits) wire->close(side, Loss::timeout);
  });
}

// Our own end goes: pending operations fail with `why`, the other side reads the end of file after what was sent before.
void Wire::close(int side, Loss why) {
  Side& me = sides.at(static_cast<std::size_t>(side));
  if (!me.open) return;
  me.open = false;
  loop.cancel(me.timer);
  lose(side, why);
  loop.log("close", fmt::format("#{} {} {}", number, side == 0 ? "client" : "server", mta::name(*me.lost)));
  Flow& out = flows.at(static_cast<std::size_t>(side));
  if (silent || out.cut) return;
  const Time when = arrival(side, 0);
  loop.at(when, [wire = shared_from_this(), side] {
    Flow& flow = wire->flows.at(static_cast<std::size_t>(side));
    if (wire->silent || flow.end) return;
    flow.end = Loss::eof;
    wire->loop.wake(flow.reader);
  });
}

void Wire::lose(int side, Loss why) {
  Side& me = sides.at(static_cast<std::size_t>(side));
  if (!me.lost) me.lost = why;
  loop.wake(flows.at(static_cast<std::size_t>(1 - side)).reader);
  loop.wake(flows.at(static_cast<std::size_t>(side)).writer);
}

void Wire::check(int side) {
  Side& me = sides.at(static_cast<std::size_t>(side));
  ENSURE(me.has_deadline);  // mta/doors/world.h: a stream starts without one; set it before the first operation
  if (me.open && !me.lost && loop.now() >= me.deadline) close(side, Loss::timeout);
  if (me.lost) fail(side, *me.lost);
}

bool Wire::was_reset(int side) const {
  const Side& me = sides.at(static_cast<std::size_t>(side));
  return me.open && me.lost == Loss::reset;
}

// As a kernel does: a write on a connection that was reset fails, and what had arrived before can still be read.
void Wire::check_write(int side) {
  if (was_reset(side)) throw StreamLost(Loss::reset, fmt::format("{}: {}", name(side), mta::name(Loss::reset)));
  check(side);
}

void Wire::fail(int side, Loss why, const std::string& detail) {
  close(side, why);
  throw StreamLost(why, fmt::format("{}: {}{}{}", name(side), mta::name(why), detail.empty() ? "" : ": ", detail));
}

std::size_t Wire::room(int side) const {
  const Flow& out = flows.at(static_cast<std::size_t>(side));
  const std::size_t used = out.flying + out.unread.size();
  return used >= link.window ? 0 : link.window - used;
}

bool Wire::has_arrived(int side) const {
  const Flow& in = flows.at(static_cast<std::size_t>(1 - side));
  return !in.unread.empty() || in.end.has_value() || was_reset(side);
}

std::size_t Wire::take(int side, std::span<char> into) {
  Flow& in = flows.at(static_cast<std::size_t>(1 - side));
  std::size_t count = std::min(into.size(), in.unread.size());
  if (count == 0) return 0;
  if (link.short_reads) count = static_cast<std::size_t>(dice.between(1, count));
  std::memcpy(into.data(), in.unread.data(), count);
  in.unread.erase(0, count);
  loop.wake(in.writer);
  return count;
}

Time Wire::arrival(int side, std::size_t octets) {
  Flow& out = flows.at(static_cast<std::size_t>(side));
  Time leaves = loop.now();
  if (link.bytes_per_second > 0) {
    out.sender_free = std::max(out.sender_free, leaves) + Time(octets * 1'000'000 / link.bytes_per_second);
    leaves = out.sender_free;
  }
  Time when = leaves + link.latency;
  if (link.jitter.count() > 0)
    when += Time(static_cast<Time::rep>(dice.below(static_cast<std::uint64_t>(Time(link.jitter).count()))));
  out.last_arrival = std::max(out.last_arrival, when);
  return out.last_arrival;
}

void Wire::send(int side, std::string_view octets) {
  Flow& out = flows.at(static_cast<std::size_t>(side));
  const bool watched = link.cut && static_cast<int>(link.cut->way) == side;
  if (out.cut || silent) return;  // said into the void
  if (watched) {
    const std::uint64_t left = link.cut->after - std::min(link.cut->after, out.sent);
    if (octets.size() >= left) octets = octets.substr(0, static_cast<std::size_t>(left)), out.cut = true;
  }
  out.sent += octets.size();
  const std::size_t piece = link.bytes_per_second > 0 ? static_cast<std::size_t>(link.bytes_per_second / 8 + 1) : octets.size();
  while (!octets.empty()) {
    std::string part(octets.substr(0, piece));
    octets.remove_prefix(part.size());
    out.flying += part.size();
    const Time when = arrival(side, part.size());
    loop.at(when, [wire = shared_from_this(), side, part = std::move(part)]() { wire->arrive(side, part); });
  }
  if (out.cut) loop.at(arrival(side, 0), [wire = shared_from_this(), side] { wire->sever(side, wire->link.cut->how); });
}

void Wire::arrive(int side, std::string octets) {
  Flow& flow = flows.at(static_cast<std::size_t>(side));
  flow.flying -= octets.size();
  if (silent) return;
  const bool heard = sides.at(static_cast<std::size_t>(1 - side)).open;
  loop.log(heard ? "octets" : "lost", fmt::format("#{}{} {}", number, arrow(side), octets));
  if (!heard) return lose(side, Loss::reset);
  if (flow.end) return;
  flow.unread += octets;
  loop.wake(flow.reader);
}

void Wire::sever(int side, Cut::How how) {
  loop.log("cut", fmt::format("#{}{}", number, arrow(side)));
  if (how == Cut::How::silent) {
    silent = true;
    return;
  }
  const Loss loss = how == Cut::How::eof ? Loss::eof : Loss::reset;
  for (Flow& flow : flows) {
    flow.cut = true;
    if (!flow.end) flow.end = loss;
    loop.wake(flow.reader);
    loop.wake(flow.writer);
  }
}

awaitable<std::size_t> read_some(std::shared_ptr<Wire> wire, int side, std::span<char> into) {
  ENSURE(!into.empty());
  Flow& in = wire->flows.at(static_cast<std::size_t>(1 - side));
  for (;;) {
    if (wire->was_reset(side) && !in.unread.empty()) co_return wire->take(side, into);
    wire->check(side);
    const std::size_t count = wire->take(side, into);
    if (count > 0) co_return count;
    if (in.end) wire->fail(side, *in.end);
    co_await wire->loop.park(in.reader);
  }
}

awaitable<void> write(std::shared_ptr<Wire> wire, int side, std::string_view octets) {
  Flow& out = wire->flows.at(static_cast<std::size_t>(side));
  wire->check_write(side);
  while (!octets.empty()) {
    if (out.cut && out.end) {
      wire->lose(side, Loss::reset);
      wire->check_write(side);
    }
    const std::size_t count = std::min(octets.size(), wire->silent ? octets.size() : wire->room(side));
    wire->send(side, octets.substr(0, count));
    octets.remove_prefix(count);
    if (octets.empty()) break;
    co_await wire->loop.park(out.writer);
    wire->check_write(side);
  }
}

}  // namespace mta::sim
