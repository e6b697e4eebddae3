#include "warmup/ledger.h"

#include <algorithm>

namespace warmup {

namespace {

constexpr std::size_t most_senders = 20;

Open& open_of(Lane& lane, std::string_view mail_class) {
  const auto found = lane.open.find(mail_class);
  return found != lane.open.end() ? found->second : lane.open[std::string(mail_class)];
}

void tidy(Lane& lane, std::string_view mail_class) {
  const auto found = lane.open.find(mail_class);
  if (found != lane.open.end() && found->second == Open{}) lane.open.erase(found);
}

void add(ByName& counts, std::string_view name, Recipients n) {
  const auto found = counts.find(name);
  if (found != counts.end()) {
    found->second += n;
  } else {
    counts.emplace(name, n);
  }
}

// At most `most_senders` are counted; with more, the one with the fewest makes way and leaves its count, so that who is frequent stays.
void add_sender(ByName& senders, std::string_view sender) {
  if (senders.size() < most_senders || senders.contains(sender)) return add(senders, sender, 1);
  const auto fewest =
      std::min_element(senders.begin(), senders.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const Recipients inherited = fewest->second;
  senders.erase(fewest);
  senders.emplace(sender, inherited + 1);
}

}  // namespace

Day& day_of(Lane& lane, Instant at) {
  if (at >= lane.today.started) return lane.today;
  const auto began = std::find_if(lane.history.rbegin(), lane.history.rend(), [&](const Day& day) { return day.started <= at; });
  return began == lane.history.rend() || at >= began->ends ? lane.today : lane.history.change(std::next(began).base());
}

void reserve(Lane& lane, std::string_view mail_class, Recipients n) { open_of(lane, mail_class).reserved += n; }

void refund(Lane& lane, std::string_view mail_class, Recipients n) {
  auto& open = open_of(lane, mail_class);
  open.reserved -= std::min(open.reserved, n);
  tidy(lane, mail_class);
}

void charge(Lane& lane, std::string_view mail_class, Recipients n, Instant dot_sent) {
  refund(lane, mail_class, n);
  Day& day = day_of(lane, dot_sent);
  day.sent += n;
  add(day.sent_by_class, mail_class, n);
  lane.hour.add(dot_sent, n);
  if (lane.phase == Phase::cold) lane.phase = Phase::warming;
}

void keep_place(Lane& lane, std::string_view mail_class) {
  auto& open = open_of(lane, mail_class);
  open.reserved -= std::min<Recipients>(open.reserved, 1);
  ++open.pending;
}

void use_place(Lane& lane, std::string_view mail_class) {
  auto& open = open_of(lane, mail_class);
  open.pending -= std::min<Recipients>(open.pending, 1);
  ++open.reserved;
}

void drop_place(Lane& lane, std::string_view mail_class) {
  auto& open = open_of(lane, mail_class);
  open.pending -= std::min<Recipients>(open.pending, 1);
  tidy(lane, mail_class);
}

void forget_open(Lane& lane) {
  for (auto& [name, open] : lane.open) open.reserved = 0;
  std::erase_if(lane.open, [](const auto& row) { return row.second == Open{}; });
}

void count(Lane& lane, const Heard& heard, Instant answered) {
  Day& day = day_of(lane, answered);
  const Meaning& means = meaning(heard.verdict);
  add(day.outcomes, means.name, 1);
  if (!means.answer) return;
  if (heard.attempt) ++day.attempts;
  if (heard.verdict == Verdict::delivered) ++day.delivered;
  if (heard.answered) day.health.recount(heard.counted_before, heard.verdict);
  if (!heard.text.empty() && (means.ill != FailureKind::none || is_block(heard.verdict))) {
    day.samples.insert_or_assign(std::string(means.name), Evidence{answered, std::string(heard.text)});
  }
  if (means.ill == FailureKind::bounces) add_sender(day.bounced_senders, heard.sender);
}

Permitted permitted(const Answered& answer) {
  if (answer.dot_sent || (answer.verdict && meaning(*answer.verdict).charged_unsent)) return Permitted::charged;
  const bool ends = answer.verdict && action(*answer.verdict, answer.permanent) == Action::bounce;
  const bool keeps = answer.verdict == Verdict::greylisted || answer.has_place;
  return keeps && !ends ? Permitted::kept : Permitted::refunded;
}

void complained(Lane& lane, Recipients n, Instant at) { day_of(lane, at).health.complaints += n; }

}  // namespace warmup
