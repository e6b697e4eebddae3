// The doors: each is a job on the scheduler's thread, and answers at home when it can.
#include "mta/books/books.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;

awaitable<Kept> Books::keep(queue::MessageId id, std::uint32_t number, std::string chunk) {
  auto ask = [this, id, number, chunk = std::move(chunk)](Asker<Kept> asker) {
    acceptor_.keep(id, number, chunk, std::move(asker));
  };
  return asking<Kept>(state_.inbox, std::move(ask));
}

void Books::forget(queue::MessageId id, std::uint32_t chunks) {
  if (chunks > 0) state_.inbox->put([this, id, chunks] { acceptor_.forget(id, chunks); });
}

awaitable<Acceptance> Books::accept(Incoming mail) {
  auto ask = [this, mail = std::move(mail)](Asker<Acceptance> asker) mutable {
    acceptor_.accept({std::move(mail), std::move(asker)});
  };
  return asking<Acceptance>(state_.inbox, std::move(ask));
}

awaitable<std::string> Books::full_for(Draft draft) {
  auto ask = [this, draft = std::move(draft)](Asker<std::string> asker) { answer(std::move(asker), acceptor_.full_for(draft)); };
  return asking<std::string>(state_.inbox, std::move(ask));
}

awaitable<std::optional<Assignment>> Books::settle(Settlement settlement) {
  auto ask = [this, settlement = std::move(settlement)](Asker<std::optional<Assignment>> asker) {
    settlements_.settle(settlement, std::move(asker));
  };
  return asking<std::optional<Assignment>>(state_.inbox, std::move(ask));
}

awaitable<bool> Books::renew(std::uint64_t id) {
  auto ask = [this, id](Asker<bool> asker) { answer(std::move(asker), settlements_.may_go_on(id)); };
  return asking<bool>(state_.inbox, std::move(ask));
}

awaitable<std::string> Books::chunk(queue::MessageId id, std::uint32_t number) {
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

void Books::routed(std::string domain, RouteAnswer answer) {
  state_.inbox->put([this, domain = std::move(domain), answer = std::move(answer)] { routing_.answered(domain, answer); });
}

awaitable<std::optional<Returning>> Books::next_returning() {
  auto ask = [this](Asker<std::optional<Returning>> asker) { returns_.ask(std::move(asker)); };
  return asking<std::optional<Returning>>(state_.inbox, std::move(ask));
}

void Books::keep_returning(Returning group) {
  state_.inbox->put([this, group = std::move(group)] { returns_.keep(group); });
}

void Books::report(Event what) {
  state_.inbox->put([this, what = std::move(what)] {
    state_.transaction.event(what);
    if (state_.hooks.keep && std::holds_alternative<UnsignedEvent>(what)) state_.hooks.keep(state_.transaction.batch());
  });
}

void Books::events_read(EventCursor cursor) {
  // When there is no other batch, one for it alone.
  state_.inbox->put([this, cursor = std::move(cursor)] { state_.transaction.read_until(cursor); });
}

void Books::pause_overflows(std::string client) {
  state_.inbox->put([this, client = std::move(client)] { lane_actions_.pause_overflows(client); });
}

awaitable<LaneHandReport> Books::lane_hand(std::string source, std::string provider, warmup::HandWish wish) {
  auto ask = [this, source = std::move(source), provider = std::move(provider), wish](Asker<LaneHandReport> asker) {
    auto report = lane_actions_.carry_out(source, provider, wish);
    state_.transaction.after_sync(
        [asker = std::move(asker), report = std::move(report)]() mutable { answer(std::move(asker), std::move(report)); });
  };
  return asking<LaneHandReport>(state_.inbox, std::move(ask));
}

awaitable<HandReport> Books::hand(QueueFilter filter, std::string cursor, Hand hand, std::string by, std::string reason) {
  constexpr std::size_t messages_at_once = 1000;
  const auto one = queue::MessageId::parse(filter.id);
  auto page = std::make_shared<QueuePage>(co_await reports_.list(std::move(filter), std::move(cursor), messages_at_once));
  auto ask = [this, page, what = Decision{hand, std::move(by), std::move(reason)}, one](Asker<HandReport> asker) {
    auto report = mail_actions_.carry_out(*page, what, one);
    state_.transaction.after_sync(
        [asker = std::move(asker), report = std::move(report)]() mutable { answer(std::move(asker), std::move(report)); });
  };
  co_return co_await asking<HandReport>(state_.inbox, std::move(ask));
}

}  // namespace mta
