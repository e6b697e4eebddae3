#include "mta/scheduler/acceptor.h"

#include "queue/ensure.h"
#include "queue/keys.h"

namespace mta {

void Acceptor::keep(queue::MessageId id, std::uint32_t number, const std::string& chunk, PendingReply<AcceptResult> caller) {
  parts_.space.check_room(chunk.size());
  if (!accepting()) return reply(std::move(caller), why_not());
  state_.transaction.batch().put(queue::Family::body, queue::body_key(id, number), chunk);
  state_.transaction.after_write([caller = std::move(caller)]() mutable { reply(std::move(caller), AcceptResult::kept); });
}

void Acceptor::forget(queue::MessageId id, std::uint32_t chunks) {
  for (std::uint32_t n = 0; n < chunks; ++n) state_.transaction.batch().single_erase(queue::Family::body, queue::body_key(id, n));
  parts_.space.note_erased(std::uint64_t{chunks} * chunk_bytes);
}

// What it is to be told of its queues is made first, when that is not fresh; others do not wait for that.
void Acceptor::accept(PendingAccept pending) {
  const bool asks = accepting() && pending.mail.settles.empty();
  const auto stale = asks ? stale_forecasts(pending.mail) : Forecasts::Stale{};
  if (stale.empty()) return waiting_.push_back(std::move(pending));
  const auto aside = aside_.insert(aside_.end(), std::move(pending));
  parts_.forecasts.renew(stale, [this, aside] {
    waiting_.push_back(std::move(*aside));
    aside_.erase(aside);
  });
}

// A forecast that may refuse the mail is of what is ahead of it; one that is only told counts the mail itself, and one recipient alone is
// told nothing.
Forecasts::Stale Acceptor::stale_forecasts(const Incoming& mail) {
  std::map<queue::QueueKey, std::uint64_t> queues;
  for (const auto& each : mail.recipients) ++queues[parts_.routing.queue_for(mail.message, each)];
  const bool refuses = may_refuse(mail.message.mail_class);
  Forecasts::Stale stale;
  for (const auto& [key, count] : queues) parts_.forecasts.note_stale(key, refuses ? 0 : count, stale);
  if (!refuses) std::erase_if(stale, [](const auto& queue) { return queue.second < 2; });
  return stale;
}

bool Acceptor::may_refuse(const std::string& mail_class) const {
  return state_.class_of(mail_class).when_full == warmup::WhenFull::tempfail;
}

// One batch for all that arrived since the last wake-up, with what was decided before; when there is no room for it, that goes alone.
// False: not even for that.
bool Acceptor::commit() {
  state_.ensure_writer();
  if (waiting_.empty()) return state_.transaction.write();
  parts_.space.check_room(0);
  std::vector<PendingAccept> reports;  // DSNs: they end older recipients, so their batch may not be refused
  const auto before = state_.mail.totals();
  state_.transaction.mark();
  auto accepted = write_new(reports);
  const bool written = state_.transaction.write();
  if (!written) undo(accepted, before);
  for (auto& each : accepted) {
    if (!written) {
      reply(std::move(each.caller), Acceptance{AcceptResult::no_space, {}});
    } else {
      state_.transaction.commit().when_durable([caller = std::move(each.caller), text = std::move(each.opens)]() mutable {
        reply(std::move(caller), Acceptance{AcceptResult::kept, std::move(text)});
      });
    }
  }
  for (auto& report : reports) {
    auto written_report = write(report);
    parts_.returns.settle(report.mail.settles);
    state_.transaction.after_sync(
        [caller = std::move(written_report.caller)]() mutable { reply(std::move(caller), Acceptance{}); });
  }
  return written || state_.transaction.write();
}

// Those that are not refused; DSNs are put aside.
std::vector<Acceptor::Written> Acceptor::write_new(std::vector<PendingAccept>& reports) {
  std::vector<Written> accepted;
  for (auto& pending : std::exchange(waiting_, {})) {
    if (!accepting()) {
      reply(std::move(pending.caller), Acceptance{why_not(), {}});
    } else if (!pending.mail.settles.empty()) {
      reports.push_back(std::move(pending));
    } else if (std::string full = full_text(pending.mail); !full.empty()) {
      reply(std::move(pending.caller), Acceptance{AcceptResult::queue_full, std::move(full)});
    } else {
      accepted.push_back(write(pending));
    }
  }
  return accepted;
}

void Acceptor::undo(const std::vector<Written>& accepted, const queue::Totals& before) {
  state_.transaction.undo_to_mark();
  std::vector<queue::MessageId> gone;
  for (const auto& each : accepted) {
    gone.push_back(each.id);
    for (const auto& [name, row] : each.rows) state_.queues.undo_insert(state_.queues.open(name), row);
  }
  state_.mail.restore(before, gone);
}

Acceptor::Written Acceptor::write(PendingAccept& pending) {
  Incoming& mail = pending.mail;
  const auto now = state_.now();
  queue::Message& message = mail.message;
  Written written{message.id, std::move(pending.caller), {}, {}};
  message.accepted = now;
  message.recipients = static_cast<std::uint32_t>(mail.recipients.size());
  ENSURE(message.recipients > 0);
  for (std::uint32_t n = 0; n < message.recipients; ++n) {
    queue::Recipient& recipient = mail.recipients[n];
    const auto key = parts_.overflow.where_it_waits(parts_.routing.queue_for(message, recipient));
    recipient.queue = key.encode();
    recipient.due = now;
    Queue& queue = state_.queues.open(recipient.queue);
    const queue::QueueRow row{now, {message.id, n}};
    state_.queues.insert(state_.transaction.batch(), queue, row);
    written.rows.emplace_back(recipient.queue, row);
    if (written.opens.empty()) written.opens = parts_.forecasts.opens_text(key);
    queue.fresh = true;
    state_.wake(queue);
  }
  AcceptedEvent accepted{subject_of(message), message.client, message.user, message.size, message.recipients};
  if (message.recipients == 1) accepted.subject.recipient = mail.recipients[0].address;
  state_.mail.add(message, std::move(mail.recipients), std::move(mail.tail));
  state_.transaction.event(accepted);
  return written;
}

// `tempfail`: the message is refused only when every recipient's queue is full.
std::string Acceptor::full_text(const Incoming& mail) {
  if (!may_refuse(mail.message.mail_class)) return "";
  std::string text;
  for (const auto& each : mail.recipients) {
    text = parts_.forecasts.full_text(parts_.routing.queue_for(mail.message, each));
    if (text.empty()) return "";
  }
  return text;
}

void Acceptor::wait_too_long(const Draft& draft, PendingReply<std::string> caller) {
  state_.ensure_writer();
  queue::Message message;
  message.user = draft.user;
  message.mail_class = draft.mail_class;
  queue::Recipient recipient;
  recipient.address = draft.recipient;
  const bool known = !state_.finished && may_refuse(draft.mail_class) && !parts_.routing.pool_hangs_on_from(message, recipient);
  if (!known) return reply(std::move(caller), std::string());
  const auto key = parts_.routing.queue_for(message, recipient);
  Forecasts::Stale stale;
  parts_.forecasts.note_stale(key, 0, stale);
  if (stale.empty()) return reply(std::move(caller), parts_.forecasts.full_text(key));
  auto answer = [this, key, caller = std::move(caller)]() mutable { reply(std::move(caller), parts_.forecasts.full_text(key)); };
  parts_.forecasts.renew(stale, std::move(answer));
}

}  // namespace mta
