#include "mta/books/returns.h"

#include "mta/tasks.h"

namespace mta {

namespace {
constexpr std::size_t recipients_per_report = 100;
constexpr Duration again = std::chrono::seconds(5);
}  // namespace

void Returns::ask(Asker<std::optional<Returning>> asker) {
  if (state_.stopping) return answer<std::optional<Returning>>(std::move(asker), std::nullopt);
  askers_.push_back(std::move(asker));
  state_.wake(state_.lines.open(Mail::returning_line()));
}

void Returns::stop() {
  for (auto& asker : std::exchange(askers_, {})) answer<std::optional<Returning>>(std::move(asker), std::nullopt);
}

void Returns::keep(const Returning& group) {
  Line& line = state_.lines.open(Mail::returning_line());
  for (const auto& addressee : group.addressees) {
    const queue::RecipientId id{group.message->id, addressee.number};
    state_.reporting.erase(id);
    state_.lines.put_back(line, {Instant{}, id});
  }
  from_ = state_.now() + again;
  state_.lines.sleep(line, from_);
}

void Returns::run(Line& line) {
  if (state_.now() < from_) return state_.lines.sleep(line, from_);
  while (!askers_.empty()) {
    const queue::LineRow* head = state_.lines.front(line);
    if (head == nullptr) return;
    const auto id = head->recipient.message;
    Returning group{state_.mail.message(id), {}};
    while (group.addressees.size() < recipients_per_report) {
      head = state_.lines.front(line);
      if (head == nullptr || head->recipient.message != id) break;
      const auto row = *head;
      state_.lines.pop(line);
      auto found = state_.mail.recipient(row.recipient);
      if (!found || !group.message) {  // a delay notice for mail that went meanwhile
        state_.lines.erase(state_.transaction.batch(), line, row);
        continue;
      }
      state_.reporting.insert(row.recipient);
      group.addressees.push_back({row.recipient.number, std::move(*found)});
    }
    if (group.addressees.empty()) continue;
    state_.transaction.after_sync([asker = std::move(askers_.front()), group = std::move(group)]() mutable {
      answer<std::optional<Returning>>(std::move(asker), std::move(group));
    });
    askers_.pop_front();
  }
}

// The DSN of these recipients is in the batch at hand: their wait for it ends.
void Returns::settle(const std::vector<Incoming::Settled>& settles) {
  for (const auto& settled : settles) {
    const auto& id = settled.recipient;
    state_.reporting.erase(id);
    state_.lines.erase(state_.transaction.batch(), state_.lines.open(Mail::returning_line()), {Instant{}, id});
    const auto found = state_.mail.recipient(id);
    const auto of = state_.mail.message(id.message);
    if (!found || !of) continue;  // a delay notice for mail that went meanwhile
    if (found->fate == queue::Fate::waiting) continue;
    if (settled.ends) {
      state_.mail.finish(*of, id.number, *found);
    } else {  // decided while its delay notice was written
      state_.lines.insert(state_.transaction.batch(), state_.lines.open(Mail::returning_line()), {Instant{}, id});
    }
  }
  state_.wake(state_.lines.open(Mail::returning_line()));
}

}  // namespace mta
