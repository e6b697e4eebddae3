// The doors: each is a job on the scheduler's thread, and answers at home when it can.
#include "mta/scheduler/scheduler_thread.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;

awaitable<AcceptResult> SchedulerThread::keep(queue::MessageId id, std::uint32_t number, std::string chunk) {
  auto ask = [this, id, number, chunk = std::move(chunk)](PendingReply<AcceptResult> caller) {
    acceptor_.keep(id, number, chunk, std::move(caller));
  };
  return call<AcceptResult>(state_.inbox, std::move(ask));
}

void SchedulerThread::forget(queue::MessageId id, std::uint32_t chunks) {
  if (chunks > 0) state_.inbox->put([this, id, chunks] { acceptor_.forget(id, chunks); });
}

awaitable<Acceptance> SchedulerThread::accept(Incoming mail) {
  auto ask = [this, mail = std::move(mail)](PendingReply<Acceptance> caller) mutable {
    acceptor_.accept({std::move(mail), std::move(caller)});
  };
  return call<Acceptance>(state_.inbox, std::move(ask));
}

awaitable<std::string> SchedulerThread::wait_too_long(Draft draft) {
  auto ask = [this, draft = std::move(draft)](PendingReply<std::string> caller) {
    acceptor_.wait_too_long(draft, std::move(caller));
  };
  return call<std::string>(state_.inbox, std::move(ask));
}

awaitable<std::optional<Assignment>> SchedulerThread::settle(Settlement settlement) {
  auto ask = [this, settlement = std::move(settlement)](PendingReply<std::optional<Assignment>> caller) {
    settlements_.settle(settlement, std::move(caller));
  };
  return call<std::optional<Assignment>>(state_.inbox, std::move(ask));
}

awaitable<bool> SchedulerThread::renew(std::uint64_t id) {
  auto ask = [this, id](PendingReply<bool> caller) { reply(std::move(caller), settlements_.may_go_on(id)); };
  return call<bool>(state_.inbox, std::move(ask));
}

awaitable<bool> SchedulerThread::another_copy(std::uint64_t id, std::size_t recipients, Instant left) {
  auto ask = [this, id, recipients, left](PendingReply<bool> caller) {
    const bool may = settlements_.may_copy(id, recipients, left);
    state_.transaction.after_sync([caller = std::move(caller), may]() mutable { reply(std::move(caller), may); });
  };
  return call<bool>(state_.inbox, std::move(ask));
}

awaitable<std::string> SchedulerThread::chunk(queue::MessageId id, std::uint32_t number) {
  if (number == 0) {
    auto hot = state_.mail.hot().body(id);
    if (hot) co_return std::move(*hot);
  }
  std::optional<std::string> row;
  std::string wrong = "is not in the spool";
  bool gone = false;
  const std::function<void()> read = [this, id, number, &row, &wrong, &gone] {
    try {
      row = state_.store->get(Family::body, queue::body_key(id, number));
    } catch (const queue::StoreError& error) {
      wrong = fmt::format("cannot be read: {}", error.what());
      gone = error.damaged;
    }
  };
  co_await state_.world.work.run(read);
  if (row) co_return std::move(*row);
  const std::string why = fmt::format("body row {} {}", number, wrong);
  // Before the settlement that follows.
  state_.inbox->put([this, id, number, why, gone] { state_.mail.note_damaged_body(id, number, why, gone); });
  throw std::runtime_error("message " + id.text() + ": " + why);
}

void SchedulerThread::routed(std::string domain, RouteAnswer reply) {
  state_.inbox->put([this, domain = std::move(domain), reply = std::move(reply)] { routing_.answered(domain, reply); });
}

awaitable<std::optional<Returning>> SchedulerThread::next_returning() {
  auto ask = [this](PendingReply<std::optional<Returning>> caller) { returns_.ask(std::move(caller)); };
  return call<std::optional<Returning>>(state_.inbox, std::move(ask));
}

void SchedulerThread::keep_returning(Returning group) {
  state_.inbox->put([this, group = std::move(group)] { returns_.keep(group); });
}

void SchedulerThread::report(Event what) {
  state_.inbox->put([this, what = std::move(what)] {
    state_.transaction.event(what);
    const bool marks = std::holds_alternative<UnsignedEvent>(what) || std::holds_alternative<LintEvent>(what);
    if (state_.hooks.keep && marks) state_.hooks.keep(state_.transaction.batch());
  });
}

void SchedulerThread::events_read(EventCursor cursor) {
  // When there is no other batch, one for it alone.
  state_.inbox->put([this, cursor = std::move(cursor)] { state_.transaction.read_until(cursor); });
}

void SchedulerThread::pause_overflows(std::string client) {
  state_.inbox->put([this, client = std::move(client)] { lane_actions_.pause_overflows(client); });
}

awaitable<LaneCommandReport> SchedulerThread::lane_command(std::string source, std::string provider,
                                                           warmup::LaneCommandRequest request) {
  auto ask = [this, source = std::move(source), provider = std::move(provider), request](PendingReply<LaneCommandReport> caller) {
    auto report = lane_actions_.carry_out(source, provider, request);
    state_.transaction.after_sync(
        [caller = std::move(caller), report = std::move(report)]() mutable { reply(std::move(caller), std::move(report)); });
  };
  return call<LaneCommandReport>(state_.inbox, std::move(ask));
}

awaitable<QueueActionReport> SchedulerThread::act_on_queue(QueueFilter filter, std::string cursor, QueueAction action,
                                                           std::string by, std::string reason) {
  constexpr std::size_t messages_at_once = 1000;
  const auto one = queue::MessageId::parse(filter.id);
  auto page = std::make_shared<QueuePage>(co_await reports_.list(std::move(filter), std::move(cursor), messages_at_once));
  auto ask = [this, page, what = Decision{action, std::move(by), std::move(reason)},
              one](PendingReply<QueueActionReport> caller) {
    auto report = mail_actions_.carry_out(*page, what, one);
    state_.transaction.after_sync(
        [caller = std::move(caller), report = std::move(report)]() mutable { reply(std::move(caller), std::move(report)); });
  };
  co_return co_await call<QueueActionReport>(state_.inbox, std::move(ask));
}

}  // namespace mta
