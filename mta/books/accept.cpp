// The first verb: mail becomes real. One batch for all that arrived since the last wake-up, one sync behind it.
#include <spdlog/spdlog.h>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/route/mx.h"
#include "mta/tasks.h"
#include "queue/keys.h"

namespace mta {

namespace {
bool matches(const std::string& wanted, const std::string& found) {
  if (wanted.empty()) return true;
  if (wanted.starts_with("*.")) return found.size() > wanted.size() - 1 && found.ends_with(std::string_view(wanted).substr(1));
  return wanted == found;
}

// All conditions of a route but the From domain.
bool fits(const conf::Route& route, const queue::Message& message, const queue::Recipient& recipient) {
  return matches(route.to_domain, domain_of(recipient.address)) &&
         (route.mail_class.empty() || route.mail_class == message.mail_class) &&
         (route.user.empty() || route.user == message.user);
}
}  // namespace

queue::MessageId Books::new_id() {
  const auto milliseconds = static_cast<std::uint64_t>(world_.calendar.now().time_since_epoch().count());
  std::uint64_t last = last_id_.load(), next = 0;
  do {
    next = std::max(last + 1, milliseconds << 16U);
  } while (!last_id_.compare_exchange_weak(last, next));
  return {next};
}

awaitable<Kept> Books::keep(queue::MessageId id, std::uint32_t number, std::string chunk) {
  auto ask = [this, id, number, chunk = std::move(chunk)](Asker<Kept> asker) mutable {
    check_room(chunk.size());
    if (!accepting()) return answer(std::move(asker), finished_ ? Kept::shutting_down : Kept::no_space);
    batch_.put(queue::Family::body, queue::body_key(id, number), chunk);
    after_write_.push_back([asker = std::move(asker)]() mutable { answer(std::move(asker), Kept::kept); });
  };
  return asking<Kept>(inbox_, std::move(ask));
}

void Books::forget(queue::MessageId id, std::uint32_t chunks) {
  if (chunks == 0) return;
  inbox_->put([this, id, chunks] {
    for (std::uint32_t n = 0; n < chunks; ++n) batch_.single_erase(queue::Family::body, queue::body_key(id, n));
    note_erased(std::uint64_t{chunks} * chunk_bytes);
  });
}

awaitable<Acceptance> Books::accept(Incoming mail) {
  auto ask = [this, mail = std::move(mail)](Asker<Acceptance> asker) mutable {
    accepts_.push_back({std::move(mail), std::move(asker), {}});
  };
  return asking<Acceptance>(inbox_, std::move(ask));
}

// With what was decided before, in one batch; when there is no room for it, that goes alone. False: not even for that.
bool Books::commit_accepts() {
  if (accepts_.empty()) return write_batch();
  check_room(0);
  auto accepts = std::exchange(accepts_, {});
  std::vector<std::pair<std::string, queue::LineRow>> inserted;
  std::vector<Asker<Acceptance>> askers;
  std::vector<std::string> opens;
  const auto messages = messages_, recipients = recipients_, waits = space_.waits;
  flush_rows();
  store_event_cursor();
  batch_.mark();
  const auto lines_before = lines_to_log_.size();
  std::vector<PendingAccept> reports;  // DSNs: they end older recipients, so their batch may not be refused
  for (auto& pending : accepts) {
    if (!accepting()) {
      answer(std::move(pending.asker), Acceptance{finished_ ? Kept::shutting_down : Kept::no_space, {}});
    } else if (!pending.mail.settles.empty()) {
      reports.push_back(std::move(pending));
    } else {
      if (std::string full = full_text(pending.mail); !full.empty()) {
        answer(std::move(pending.asker), Acceptance{Kept::line_full, std::move(full)});
        continue;
      }
      write_accept(batch_, pending, inserted);
      askers.push_back(std::move(pending.asker));
      opens.push_back(std::move(pending.opens));
    }
  }
  const bool written = write_batch();
  if (!written) {
    batch_.undo_to_mark();
    lines_to_log_.resize(lines_before);
    for (const auto& [name, row] : inserted) lines_.undo_insert(lines_.open(name), row);
    messages_ = messages;
    recipients_ = recipients;
    space_.waits = waits;
    for (auto& pending : accepts) hot_.forget(pending.mail.message.id);
  }
  for (std::size_t i = 0; i < askers.size(); ++i) {
    if (!written) {
      answer(std::move(askers[i]), Acceptance{Kept::no_space, {}});
    } else {
      commit_->when_durable([asker = std::move(askers[i]), text = std::move(opens[i])]() mutable {
        answer(std::move(asker), Acceptance{Kept::kept, std::move(text)});
      });
    }
  }
  for (auto& report : reports) {
    std::vector<std::pair<std::string, queue::LineRow>> rows;
    write_accept(batch_, report, rows);
    write_settles(report.mail.settles);
    effects_.push_back([asker = std::move(report.asker)]() mutable { answer(std::move(asker), Acceptance{}); });
  }
  return written || write_batch();
}

void Books::write_accept(queue::Batch& batch, PendingAccept& pending,
                         std::vector<std::pair<std::string, queue::LineRow>>& inserted) {
  Incoming& mail = pending.mail;
  const auto now = world_.calendar.now();
  queue::Message& message = mail.message;
  message.accepted = now;
  message.recipients = static_cast<std::uint32_t>(mail.recipients.size());
  ENSURE(message.recipients > 0);
  if (!mail.tail.empty()) {
    ENSURE(message.chunks > 0);
    batch.put(queue::Family::body, queue::body_key(message.id, message.chunks - 1), mail.tail);
  }
  for (std::uint32_t n = 0; n < message.recipients; ++n) {
    queue::Recipient& recipient = mail.recipients[n];
    const queue::RecipientId id{message.id, n};
    const auto key = where_it_waits(line_for(message, recipient));
    recipient.line = key.encode();
    recipient.due = now;
    Line& line = lines_.open(recipient.line);
    const queue::LineRow row{now, id};
    lines_.insert(batch, line, row);
    inserted.emplace_back(recipient.line, row);
    if (pending.opens.empty()) pending.opens = opens_text(key);
    line.fresh = true;
    enqueue(line);
    batch.put(queue::Family::recipient, queue::recipient_key(id), encode(recipient));
  }
  batch.put(queue::Family::message, queue::message_key(message.id), encode(message));
  if (message.recipients > 1)
    batch.put(queue::Family::message, queue::message_key(message.id) + "n", std::to_string(message.recipients));
  ++messages_;
  recipients_ += message.recipients;
  space_.waits += message.size;
  totals_dirty_ = true;
  AcceptedEvent accepted{subject_of(message), message.client, message.user, message.size, message.recipients};
  if (message.recipients == 1) accepted.subject.recipient = mail.recipients[0].address;
  events_.add(batch, now, accepted);
  note(accepted);
  // A report to a sender is written with a later batch: until then its rows are read from here.
  std::optional<std::string> body;
  if (message.chunks == 1 && !mail.tail.empty()) body = std::move(mail.tail);
  hot_.put(std::make_shared<const queue::Message>(message), std::move(mail.recipients), std::move(body));
}

std::string Books::pool_for(const queue::Message& message, const queue::Recipient& recipient) const {
  for (const auto& route : policy_.config->routes) {
    if (fits(route, message, recipient) && matches(route.from_domain, message.from_domain)) return route.pool;
  }
  return "default";
}

// A route would ask for the From domain, which is not known before the content.
bool Books::pool_hangs_on_from(const queue::Message& message, const queue::Recipient& recipient) const {
  for (const auto& route : policy_.config->routes) {
    if (fits(route, message, recipient)) return !route.from_domain.empty();
  }
  return false;
}

queue::LineKey Books::line_for(const queue::Message& message, const queue::Recipient& recipient) {
  queue::LineKey key;
  key.pool = message.pool.empty() ? pool_for(message, recipient) : message.pool;
  key.mail_class = message.mail_class;
  const conf::Pool* pool = policy_.config->pool(key.pool);
  const bool smarthosts_only =
      pool != nullptr && std::all_of(pool->sources.begin(), pool->sources.end(), [&](const std::string& name) {
        const auto* source = policy_.config->source(name);
        return source != nullptr && source->is_smarthost();
      });
  if (smarthosts_only) {  // no recipient DNS (warmup-rules §1)
    key.provider = key.site = "*";
    return home_of(std::move(key), recipient);
  }
  const auto domain = domain_of(recipient.address);
  const auto ascii = ascii_domain(domain);
  const std::string name = ascii.value_or(domain);
  const RouteAnswer* route = routes_.fresh(name, world_.calendar.now());
  if (route != nullptr && route->outcome == RouteAnswer::Outcome::found) {
    key.provider = route->provider;
    key.site = route->site;
    return home_of(std::move(key), recipient);
  }
  key.kind = queue::LineKind::unrouted;
  key.provider = name;
  return key;
}

}  // namespace mta
