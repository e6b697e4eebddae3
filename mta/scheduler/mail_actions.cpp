#include "mta/scheduler/mail_actions.h"

#include <algorithm>

namespace mta {

using queue::Fate;
using queue::QueueKind;

// A retry brings the next try forward, and never forgets how long mail has waited: what is due already stays due since then
// (WARMUP.md §9: waiting = now − due).
void MailActions::apply(const Decision& what, const queue::Message& message, const Addressee& addressee, Instant due) {
  const auto now = state_.now(), due_by_now = std::min(due, now);
  auto recipient = addressee.recipient;
  if (what.action == QueueAction::retry && recipient.queue == MailTable::set_aside_queue()) {  // perhaps the disk reads it now
    state_.mail.damaged().forget(state_.transaction.batch(), message.id);
    const auto home = queue::QueueKey{queue::QueueKind::unrouted,
                                      message.pool.empty() ? routing_.pool_for(message, recipient) : message.pool,
                                      ascii_domain_of(recipient),
                                      message.mail_class,
                                      {},
                                      {}};
    return state_.mail.move({message, addressee.number, std::move(recipient), due}, home.encode(), due_by_now);
  }
  if (what.action == QueueAction::retry) {
    Queue& queue = state_.queues.open(recipient.queue);
    queue.record.closed_until = std::min(queue.record.closed_until, now);  // the probe of a closed site may go at once
    state_.queues.changed(queue);
    const std::string name = queue.bytes;
    return state_.mail.move({message, addressee.number, std::move(recipient), due}, name, due_by_now);
  }
  auto subject = subject_of(message, addressee.number, recipient);
  if (what.action == QueueAction::drop) {
    state_.transaction.event(DroppedEvent{std::move(subject), what.by, what.reason, now - message.accepted});
    return state_.mail.drop({message, addressee.number, std::move(recipient), due}, {queue::End::dropped, what.by, what.reason});
  }
  recipient.last = {
      "permanent", 554, "5.7.0", what.reason.empty() ? "returned by the operator" : "returned by the operator: " + what.reason,
      "",          "",  now};
  const auto& last = recipient.last;
  AttemptReport report;
  report.subject = std::move(subject);
  report.reply = {last.verdict, last.code, last.enhanced, last.text};
  report.delay = now - message.accepted;
  state_.transaction.event(BouncedEvent{std::move(report), what.by});
  state_.mail.decide({message, addressee.number, std::move(recipient), due}, Fate::failed,
                     {queue::End::bounced, what.by, what.reason});
}

QueueActionReport MailActions::carry_out(const QueuePage& page, const Decision& what,
                                         const std::optional<queue::MessageId>& one) {
  QueueActionReport report;
  if (what.action == QueueAction::drop && one && page.messages.empty())
    report.recipients = state_.mail.drop_unreadable(*one, what.by, what.reason);
  for (const auto& of : page.messages) {
    for (const auto& row : of.recipients) apply_or_note(of.message, row.id, what, report);
  }
  report.cursor = page.cursor;
  return report;
}

void MailActions::apply_or_note(const queue::Message& message, const queue::RecipientId& id, const Decision& what,
                                QueueActionReport& report) {
  if (state_.conversations.decide(id, what.action, what.by, what.reason)) {
    ++report.in_conversation;
    return;
  }
  const auto current = state_.mail.recipient(id);  // the page is older than this moment
  if (!current || current->fate != Fate::waiting) return;
  const Queue& queue = state_.queues.look(current->queue);  // one that is blocked does not wait for its From domain
  const bool retried = what.action == QueueAction::retry && queue.key.kind != QueueKind::blocked;
  if (const auto* held = retried ? held_.withheld_by(queue, message.from_domain) : nullptr; held != nullptr) {
    auto& still = report.withheld[held->first];
    still = {still.recipients + 1, held->second.verdict, std::string(what_lacks(held->second.verdict)), held->second.until};
  } else {
    ++report.recipients;
  }
  apply(what, message, {id.number, *current}, current->due);
}

}  // namespace mta
