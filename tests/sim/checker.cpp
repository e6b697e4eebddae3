#include "tests/sim/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace mta::sim {

namespace {

using State = Submission::State;

bool ends(const EventSeen& event) {
  return event.type == "delivered" || event.type == "bounced" || event.type == "expired" || event.type == "dropped";
}

// Everything known of one accepted recipient.
struct Life {
  std::vector<const EventSeen*> endings;
  const RowSeen* row = nullptr;
};

class Checker {
 public:
  explicit Checker(const Evidence& evidence) : seen_(evidence) {
    index_events();
    for (const RowSeen& row : seen_.rows) lives_[row.id.text()].row = &row;
    for (const Copy& copy : seen_.copies)
      copies_[{copy.letter->header("Message-ID"), copy.recipient}].push_back(copy.letter.get());
  }

  std::vector<std::string> check() {
    for (const Submission& submission : seen_.submissions) check_submission(submission);
    for (const auto& [id, accepted] : accepted_) check_message(id, *accepted);
    for (const auto& [recipient, life] : lives_) check_origin(recipient, life);
    for (const auto& [key, letters] : copies_) check_copies(key.first, key.second, letters);
    check_bounces();
    for (const RowSeen& row : seen_.rows) check_place(row);
    for (const std::string& offence : seen_.offences) say("a receiver was offended: {}", offence);
    for (std::string& each : broken_caps(seen_)) broken_.push_back(std::move(each));
    return std::move(broken_);
  }

 private:
  template <class... Arguments>
  void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    broken_.push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  void index_events() {
    std::uint64_t last = 0;
    for (const EventSeen& event : seen_.events) {
      if (event.seq <= last) say("event {} comes after event {}", event.seq, last);
      last = event.seq;
      if (event.type == "accepted") {
        if (!accepted_.emplace(event.id, &event).second) say("message {} was accepted twice", event.id);
        by_message_id_[event.message_id].push_back(&event);
      }
      if (ends(event)) lives_[event.recipient_id].endings.push_back(&event);
    }
  }

  // Promise 1, as the client sees it.
  void check_submission(const Submission& submission) {
    const auto known = by_message_id_.find(fmt::format("<{}@sender.test>", submission.number));
    const std::size_t count = known == by_message_id_.end() ? 0 : known->second.size();
    const bool acknowledged = submission.state == State::acknowledged;
    if (acknowledged && count == 0) say("mail {} was acknowledged as {} and is lost", submission.number, submission.id);
    if (count > 1) say("mail {} was accepted {} times though it was sent once", submission.number, count);
    if (submission.state == State::refused && count > 0)
      say("mail {} was refused and accepted as {}", submission.number, known->second[0]->id);
    if (count != 1) return;
    const EventSeen& accepted = *known->second[0];
    if (acknowledged && accepted.id != submission.id)
      say("mail {} was acknowledged as {}, accepted as {}", submission.number, submission.id, accepted.id);
    const std::set<std::string> distinct(submission.accepted.begin(), submission.accepted.end());
    if (accepted.recipients != distinct.size())
      say("mail {} had {} recipients that were accepted, its event says {}", submission.number, distinct.size(),
          accepted.recipients);
  }

  // Promise 3: each recipient in exactly one place.
  void check_message(const std::string& id, const EventSeen& accepted) {
    for (std::uint64_t n = 0; n < accepted.recipients; ++n) {
      const std::string recipient = fmt::format("{}/{}", id, n);
      const auto found = lives_.find(recipient);
      if (found == lives_.end()) {
        say("recipient {} of {} is nowhere: no row, no ending", recipient, accepted.message_id);
        continue;
      }
      const Life& life = found->second;
      const bool waiting = life.row != nullptr && life.row->recipient.fate == queue::Fate::waiting;
      if (life.endings.size() > 1)
        say("recipient {} ended {} times: {} and {}", recipient, life.endings.size(), life.endings[0]->text,
            life.endings[1]->text);
      if (waiting && !life.endings.empty()) say("recipient {} waits though it ended: {}", recipient, life.endings[0]->text);
      if (!waiting && life.endings.empty()) say("recipient {} is decided and no event says so", recipient);
      check_arrival(recipient, accepted, life, waiting);
    }
  }

  void check_origin(const std::string& recipient, const Life& life) {
    const std::string id = recipient.substr(0, recipient.find('/'));
    if (!accepted_.contains(id))
      say("recipient {} belongs to no accepted message{}", recipient, life.row != nullptr ? " and has a row" : "");
  }

  // Who is kept waits in one line, or is in one conversation.
  void check_place(const RowSeen& row) {
    if (row.queues + row.attempts == 1) return;
    say("recipient {} <{}> is in {} lines and {} attempts", row.id.text(), row.recipient.address, row.queues, row.attempts);
  }

  // Delivered means that somebody has it; what ended otherwise, or waits, arrived only if nobody could know.
  void check_arrival(const std::string& recipient, const EventSeen& accepted, const Life& life, bool waiting) {
    const std::string address = life.row != nullptr    ? life.row->recipient.address
                                : life.endings.empty() ? ""
                                                       : life.endings[0]->recipient;
    const auto found = copies_.find({accepted.message_id, address});
    const bool delivered = !life.endings.empty() && life.endings[0]->type == "delivered";
    if (delivered && found == copies_.end())
      say("recipient {} <{}> is said to be delivered and nobody has it", recipient, address);
    if (delivered || found == copies_.end()) return;
    const bool answered =
        std::all_of(found->second.begin(), found->second.end(), [](const ReceivedMessage* letter) { return letter->answered; });
    const ReceivedMessage& last = *found->second.back();
    if ((seen_.clock_jumped ? answered : last.answered) && !crashed_between(last.at, Instant::max()))
      say("recipient {} <{}> has its copy, and {}", recipient, address,
          waiting                ? "waits"
          : life.endings.empty() ? "is decided"
                                 : life.endings[0]->text);
  }

  // Where the clock was set its instants have no order: a crash may have been between any two.
  bool crashed_between(Instant from, Instant to) const {
    if (seen_.clock_jumped) return !seen_.crashes.empty();
    return std::any_of(seen_.crashes.begin(), seen_.crashes.end(), [&](Instant crash) { return from <= crash && crash <= to; });
  }

  void check_copies(const std::string& message_id, const std::string& address,
                    const std::vector<const ReceivedMessage*>& letters) {
    const auto known = by_message_id_.find(message_id);
    if (known == by_message_id_.end()) return say("<{}> got {} that was never accepted", address, message_id);
    const auto unanswered =
        std::count_if(letters.begin(), letters.end(), [](const ReceivedMessage* letter) { return !letter->answered; });
    for (std::size_t i = 0; i + 1 < letters.size(); ++i) {
      if (seen_.clock_jumped && static_cast<std::size_t>(unanswered) + 1 >= letters.size()) break;
      const bool excused = !letters[i]->answered || crashed_between(letters[i]->at, letters[i + 1]->at);
      if (!excused)
        say("<{}> got {} twice, at {} and {}", address, message_id, queue::rfc3339(letters[i]->at),
            queue::rfc3339(letters[i + 1]->at));
    }
    for (const auto& [recipient, life] : lives_of(known->second[0]->id, address))
      for (const EventSeen* ending : life->endings)
        if (letters.back()->at > ending->at && !seen_.clock_jumped)
          say("<{}> got {} at {}, after {}", address, message_id, queue::rfc3339(letters.back()->at), ending->text);
    check_octets(message_id, address, *letters[0]);
  }

  std::vector<std::pair<std::string, const Life*>> lives_of(const std::string& id, const std::string& address) const {
    std::vector<std::pair<std::string, const Life*>> found;
    for (auto at = lives_.lower_bound(id + "/"); at != lives_.end() && at->first.starts_with(id + "/"); ++at)
      if (!at->second.endings.empty() && at->second.endings[0]->recipient == address) found.emplace_back(at->first, &at->second);
    return found;
  }

  void check_octets(const std::string& message_id, const std::string& address, const ReceivedMessage& letter) {
    const std::string number = letter.header(std::string(number_header));
    if (number.empty()) return;  // a bounce
    const std::size_t place = std::stoul(number);
    if (place == 0 || place > seen_.submissions.size()) return say("<{}> got mail {} that nobody sent", address, number);
    const Submission& submission = seen_.submissions[place - 1];
    if (!letter.body.ends_with(compose(submission.mail, place)))
      say("<{}> got {} changed:\n{}", address, message_id, letter.body.substr(0, 2000));
    if (std::find(submission.accepted.begin(), submission.accepted.end(), address) == submission.accepted.end())
      say("<{}> got {} and was not among its recipients", address, message_id);
    if (letter.sender != submission.mail.sender)
      say("{} came from <{}> instead of <{}>", message_id, letter.sender, submission.mail.sender);
  }

  // One DSN a message or more, never more than recipients that failed; nothing for a null sender.
  void check_bounces() {
    struct Failures {
      std::set<std::string> messages;
      std::size_t recipients = 0, reports = 0;
    };
    std::map<std::string, Failures> by_sender;
    for (const auto& [recipient, life] : lives_) {
      const bool failed = !life.endings.empty() && (life.endings[0]->type == "bounced" || life.endings[0]->type == "expired");
      const std::string id = recipient.substr(0, recipient.find('/'));
      if (!failed || life.row != nullptr || life.endings[0]->sender.empty() || silent(id)) continue;
      Failures& failures = by_sender[life.endings[0]->sender];
      failures.messages.insert(id);
      ++failures.recipients;
    }
    for (const EventSeen& event : seen_.events)
      if (event.type == "accepted" && event.client == "bounce") ++by_sender[event.recipient].reports;
    for (const auto& [sender, failures] : by_sender)
      if (failures.reports < failures.messages.size() || failures.reports > failures.recipients)
        say("<{}> got {} reports for {} recipients of {} messages that failed", sender, failures.reports, failures.recipients,
            failures.messages.size());
  }

  // The sender asked not to be told (RFC 3461 §4.1).
  bool silent(const std::string& id) const {
    const auto accepted = accepted_.find(id);
    if (accepted == accepted_.end()) return false;
    return std::any_of(seen_.submissions.begin(), seen_.submissions.end(), [&](const Submission& submission) {
      const std::string& wish = submission.mail.recipient_parameters;
      const bool mute = wish.find("NOTIFY=") != std::string::npos && wish.find("FAILURE") == std::string::npos;
      return mute && accepted->second->message_id == fmt::format("<{}@sender.test>", submission.number);
    });
  }

  const Evidence& seen_;
  std::map<std::string, const EventSeen*> accepted_;  // by id
  std::map<std::string, std::vector<const EventSeen*>> by_message_id_;
  std::map<std::string, Life> lives_;  // by recipient id
  std::map<std::pair<std::string, std::string>, std::vector<const ReceivedMessage*>>
      copies_;  // by (Message-ID, recipient), in order of time
  std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> broken_promises(const Evidence& evidence) { return Checker(evidence).check(); }

}  // namespace mta::sim
