#include "mta/scheduler/returns.h"

#include "mta/doors/tasks.h"

namespace mta {

namespace {
constexpr std::size_t recipients_per_report = 100;
constexpr Duration again = std::chrono::seconds(5);
}  // namespace

void Returns::ask(PendingReply<std::optional<Returning>> caller) {
  state_.ensure_writer();
  if (state_.stopping) return reply<std::optional<Returning>>(std::move(caller), std::nullopt);
  callers_.push_back(std::move(caller));
  state_.wake(state_.queues.open(MailTable::returning_queue()));
}

void Returns::stop() {
  for (auto& caller : std::exchange(callers_, {})) reply<std::optional<Returning>>(std::move(caller), std::nullopt);
}

void Returns::keep(const Returning& group) {
  state_.ensure_writer();
  Queue& queue = state_.queues.open(MailTable::returning_queue());
  for (const auto& addressee : group.addressees) {
    const queue::RecipientId id{group.message->id, addressee.number};
    state_.reporting.erase(id);
    state_.queues.put_back(queue, {Instant{}, id});
  }
  from_ = state_.now() + again;
  state_.queues.sleep(queue, from_);
}

void Returns::run(Queue& queue) {
  if (state_.now() < from_) return state_.queues.sleep(queue, from_);
  while (!callers_.empty()) {
    const queue::QueueRow* head = state_.queues.front(queue);
    if (head == nullptr) return;
    const auto id = head->recipient.message;
    Returning group{state_.mail.message(id), {}};
    while (group.addressees.size() < recipients_per_report) {
      head = state_.queues.front(queue);
      if (head == nullptr || head->recipient.message != id) break;
      const auto row = *head;
      state_.queues.pop(queue);
      auto found = state_.mail.recipient(row.recipient);
      if (!found || !group.message) {  // a delay notice for mail that went meanwhile
        state_.queues.erase(state_.transaction.batch(), queue, row);
        continue;
      }
      state_.reporting.insert(row.recipient);
      group.addressees.push_back({row.recipient.number, std::move(*found)});
    }
    if (group.addressees.empty()) continue;
    state_.transaction.after_sync([caller = std::move(callers_.front()), group = std::move(group)]() mutable {
      reply<std::optional<Returning>>(std::move(caller), std::move(group));
    });
    callers_.pop_front();
  }
}

// The DSN of these recipients is in the current batch: their wait for it ends.
void Returns::settle(const std::vector<Incoming::Settled>& settles) {
  for (const auto& settled : settles) {
    const auto& id = settled.recipient;
    state_.reporting.erase(id);
    state_.queues.erase(state_.transaction.batch(), state_.queues.open(MailTable::returning_queue()), {Instant{}, id});
    const auto found = state_.mail.recipient(id);
    const auto of = state_.mail.message(id.message);
    if (!found || !of) continue;  // a delay notice for mail that went meanwhile
    if (found->fate == queue::Fate::waiting) continue;
    if (settled.ends) {
      state_.mail.finish(*of, id.number);
    } else {  // decided while its delay notice was written
      state_.queues.insert(state_.transaction.batch(), state_.queues.open(MailTable::returning_queue()), {Instant{}, id});
    }
  }
  state_.wake(state_.queues.open(MailTable::returning_queue()));
}

}  // namespace mta
