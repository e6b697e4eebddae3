// Who goes first when not all can: inside its reserve a class goes first; lanes of a scarce total take turns; beyond the reserve classes
// share by weight; within a class by due time (warmup-rules §5). And who sleeps on when a crowd waits for the same ledger.
#include <algorithm>

#include "mta/books/books.h"
#include "mta/tasks.h"

namespace mta {

namespace {
using namespace std::chrono_literals;
constexpr std::size_t looked_at = 64;   // of the lines that have their turn soon
constexpr double most_credit = 50;      // who did not want anything for a while has no endless credit
constexpr unsigned crowd_at_once = 64;  // lines that wake together when a ledger opens …
constexpr Duration crowd_pause = 5s;    // … and how long after them the next ones
constexpr std::size_t most_crowds = 10'000;
}  // namespace

Claim Books::claim_of(const Line& line, const LaneKey& key) {
  Lane& used = lane(key);
  const auto& record = used.record;
  const std::string& mail_class = line.key.mail_class;
  const auto own = record.today.sent_by_class.find(mail_class);
  const auto had = (own == record.today.sent_by_class.end() ? 0 : own->second) + record.reserved_of(mail_class);
  double most = 0;
  for (const auto& [name, share] : used.shares) most = std::max(most, share);
  auto& share = used.shares[mail_class];
  share = std::max(share, most - most_credit);
  Claim claim;
  claim.reserved = class_of(mail_class).reserve * static_cast<double>(record.today.limit.value_or(0)) > static_cast<double>(had);
  claim.had = record.committed();
  claim.share = share;
  claim.due = line.window.empty() ? line.record.low_water : line.window.front().due;
  return claim;
}

// Does the line want of the same lane, or of another one of the same source?
bool Books::competes(const Line& line, const LaneKey& granted, LaneKey& by) const {
  if (!line.key.knows_site() || line.record.closed_until > now()) return false;
  const auto lanes = lanes_of(line);
  const auto found = std::find_if(lanes.begin(), lanes.end(), [&](const LaneKey& key) { return key.source == granted.source; });
  if (found == lanes.end() || (*found != granted && !plans_->overall(granted.source))) return false;
  by = *found;
  return true;
}

// Nothing but the message that met the refusal: a probe of last resort (§8).
bool Books::only_trigger(Line& line, const std::string& trigger) {
  const auto* head = lines_.front(line);
  if (head == nullptr || head->recipient.message.text() != trigger) return false;
  return another_than(line, trigger) == line.window.end() && line.complete;
}

Line* Books::stronger_than(Line& line, const LaneKey& granted) {
  const auto claim = [this](Line& of, const LaneKey& key) {
    Claim made = claim_of(of, key);
    const auto brake = lane(key).record.brake;
    made.only_trigger = brake.state != warmup::Brake::none && only_trigger(of, brake.trigger);
    return made;
  };
  Line* best = nullptr;
  std::optional<Claim> strongest;
  for (const auto* queue : {&fresh_, &old_}) {
    for (std::size_t i = 0; i < std::min(looked_at, queue->size()); ++i) {
      Line* other = lines_.awake((*queue)[i]);
      LaneKey by;
      if (other == nullptr || other == &line || !competes(*other, granted, by)) continue;
      const auto* head = lines_.front(*other);
      if (head == nullptr || head->due > now()) continue;
      if (!strongest) strongest = claim(line, granted);
      const Claim theirs = claim(*other, by);
      if (theirs < *strongest) best = other, strongest = theirs;
    }
  }
  return best;
}

// Of those that wait for a lane's connection.
std::string Books::next_waiting(Lane& lane) {
  ENSURE(!lane.waiting.empty());
  std::size_t best = 0;
  std::optional<Claim> strongest;
  for (std::size_t i = 0; i < std::min(looked_at, lane.waiting.size()); ++i) {
    const Claim claim = claim_of(lines_.look(lane.waiting[i]), lane.key);
    if (strongest && !(claim < *strongest)) continue;
    best = i, strongest = claim;
  }
  std::string name = std::move(lane.waiting[best]);
  lane.waiting.erase(lane.waiting.begin() + static_cast<std::ptrdiff_t>(best));
  return name;
}

// When a ledger opens for one recipient a hundred thousand lines need not wake for it. They wake some at a time, in the order in which
// they came; a line that has a place already keeps it.
Instant Books::place_in_crowd(const Line& line, const warmup::Hold& hold, const LaneKey& key, Instant until) {
  const bool other = key.provider.starts_with("other:");
  if (!hold.overall && other) return until;  // a lane of its own
  const Instant planned = line.planned;
  const std::string ledger = hold.overall ? key.source + (other ? " other" : "") : key.source + "/" + key.provider;
  if (crowds_.size() > most_crowds) crowds_.clear();
  Crowd& crowd = crowds_[{ledger, line.key.mail_class}];
  if (until < crowd.first || until > crowd.last) crowd = {until, until, 0};
  const Instant place = crowd.count < crowd_at_once ? crowd.last : crowd.last + crowd_pause;
  if (planned > now() && planned <= place) return std::max(until, planned);
  crowd.count = place == crowd.last ? crowd.count + 1 : 1;
  crowd.last = place;
  return place;
}

}  // namespace mta
