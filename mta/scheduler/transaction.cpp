#include "mta/scheduler/transaction.h"

#include <spdlog/spdlog.h>

#include "queue/keys.h"

namespace mta {

using queue::Family;

namespace {
constexpr std::string_view last_seq_key = "events/last";
}

Transaction::Transaction(World world, const Policy& policy, std::shared_ptr<queue::Store> store, const WriterThread& writer)
    : world_(world), policy_(policy), writer_(writer), commit_(std::make_shared<Commit>(world, std::move(store))) {}

void Transaction::event(const Event& what) {
  events_.add(batch(), world_.calendar.now(), what);
  note(what);
}

void Transaction::note(const Event& what) {
  const bool maillog = !policy_.config->log.maillog.empty();
  if (!on_lines || (!maillog && !spdlog::should_log(spdlog::level::info))) return;
  append_mail_lines(lines_to_log_, what, maillog);
}

void Transaction::log(MailLine line) {
  if (on_lines && !policy_.config->log.maillog.empty()) lines_to_log_.push_back(std::move(line));
}

bool Transaction::write(bool cursor_alone) {
  members_.before(batch());
  if (events_.last() != stored_seq_) batch_.put(Family::meta, last_seq_key, queue::event_key(events_.last()));
  const bool news = !batch_.empty();
  if (news || cursor_alone) store_event_cursor();
  if (!commit_->write(batch_)) {
    if (!full_.exchange(true)) {
      spdlog::error("spool {}: no space left; nothing is accepted or taken until there is, outcomes are kept",
                    policy_.config->spool);
    }
    members_.no_room();
    return false;
  }
  full_ = false;
  stored_seq_ = events_.last();
  batch_.clear();
  members_.after();
  for (auto& job : std::exchange(after_write_, {})) std::move(job)();
  if (news && on_events) after_sync([this, seq = events_.last()] { on_events(seq); });
  if (!lines_to_log_.empty()) after_sync([this, lines = std::exchange(lines_to_log_, {})] { on_lines(lines); });
  if (!effects_.empty()) {
    commit_->when_durable([effects = std::exchange(effects_, {})]() mutable {
      for (auto& effect : effects) std::move(effect)();
    });
  }
  return true;
}

void Transaction::continue_events(std::uint64_t last_seq) {
  events_ = EventLog(last_seq);
  stored_seq_ = last_seq;
}

void Transaction::mark() {
  members_.before(batch());
  store_event_cursor();
  batch_.mark();
  lines_at_mark_ = lines_to_log_.size();
}

void Transaction::undo_to_mark() {
  batch_.undo_to_mark();
  lines_to_log_.resize(lines_at_mark_);
}

// How far the file of events is, with every batch: what a kill repeats is what was written since the last one.
void Transaction::store_event_cursor() {
  if (!events_read_) return;
  batch_.put(Family::meta, EventFile::cursor_key, std::exchange(events_read_, std::nullopt)->encode());
}

void Transaction::abandon() {
  commit_->close();
  after_write_.clear();
  effects_.clear();
}

}  // namespace mta
