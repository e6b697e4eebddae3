// What a simulated provider thinks of senders, recipients and bodies (receiver_session.h).
#include <fmt/format.h>

#include <algorithm>

#include "tests/sim/receiver_session.h"

namespace mta::sim {

namespace {
using namespace std::chrono_literals;

bool has_parameter(const std::string& parameters, std::string_view name) {
  return (" " + parameters).find(" " + std::string(name)) != std::string::npos;
}
bool eight_bit(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 127; });
}
}  // namespace

void ReceiverSession::reset() {
  in_mail_ = in_chunks_ = false;
  sender_.clear();
  mail_parameters_.clear();
  recipients_.clear();
  body_.clear();
}

std::string ReceiverSession::judge_sender(const std::string& parameters) {
  const Manners& manners = house_.manners;
  const bool plain = parameters.empty();
  if (!plain && !extended_) offend("parameters after HELO: " + parameters);
  if (has_parameter(parameters, "SIZE=") && offered_.size == 0) offend("SIZE that was not offered");
  if (has_parameter(parameters, "BODY=8BITMIME") && !offered_.eight_bit) offend("8BITMIME that was not offered");
  if (has_parameter(parameters, "SMTPUTF8") && !offered_.smtputf8) offend("SMTPUTF8 that was not offered");
  if ((has_parameter(parameters, "RET=") || has_parameter(parameters, "ENVID=")) && !offered_.dsn)
    offend("DSN that was not offered");
  if (manners.tls_required && !tls_) return "530 5.7.0 Must issue a STARTTLS command first";
  if (manners.messages_per_session > 0 && messages_ >= manners.messages_per_session) return manners.too_many_messages;
  if (const auto at = parameters.find("SIZE="); at != std::string::npos && manners.size > 0)
    if (std::strtoull(parameters.c_str() + at + 5, nullptr, 10) > manners.size) return "552 5.3.4 Message size exceeds the limit";
  if (const auto told = manners.answers_to.find(line_->remote().address); told != manners.answers_to.end()) return told->second;
  if (over_hourly()) return manners.over_hourly;
  return "250 2.1.0 Ok";
}

bool ReceiverSession::over_hourly() {
  auto& times = house_.accepted_at_;
  const Instant now = house_.world_.calendar.now();
  while (!times.empty() && times.front() <= now - 1h) times.pop_front();
  return house_.manners.hourly > 0 && times.size() >= house_.manners.hourly;
}

std::string ReceiverSession::greylist(const std::string& recipient) {
  if (house_.manners.greylist <= 0ms) return "";
  const Instant now = house_.world_.calendar.now();
  const std::string key = line_->remote().address.to_string() + " " + sender_ + " " + recipient;
  const Instant first = house_.greylist_.try_emplace(key, now).first->second;
  return now - first < house_.manners.greylist || now == first ? house_.manners.greylist_reply : "";
}

std::string ReceiverSession::judge_recipient(const std::string& recipient) {
  const Manners& manners = house_.manners;
  if (eight_bit(recipient) && !has_parameter(mail_parameters_, "SMTPUTF8"))
    offend("8-bit address without SMTPUTF8: " + recipient);
  for (const auto& known : recipients_)
    if (known.recipient == recipient) offend("recipient named twice: " + recipient);
  if (const auto told = manners.recipient_replies.find(recipient); told != manners.recipient_replies.end()) return told->second;
  if (manners.unknown_refused == Refusal::at_rcpt && manners.unknown.contains(recipient)) {
    house_.strangers_.push_back({house_.world_.calendar.now(), line_->remote().address, recipient});
    return manners.unknown_reply;
  }
  if (manners.recipients_per_message > 0 && recipients_.size() >= manners.recipients_per_message)
    return "452 4.5.3 Too many recipients";
  if (manners.limits_every > 0 && ++house_.asked_ % manners.limits_every == 0) return manners.limit_reply;
  const std::string grey = greylist(recipient);
  return grey.empty() ? "250 2.1.5 Ok" : grey;
}

void ReceiverSession::note_dot() {
  Dot dot{house_.world_.calendar.now(), line_->remote().address, {}};
  for (const auto& addressed : recipients_) dot.recipients.push_back(addressed.recipient);
  house_.dots_.push_back(std::move(dot));
}

void ReceiverSession::check_body_rules() {
  if (eight_bit(body_) && !has_parameter(mail_parameters_, "BODY=8BITMIME")) offend("8-bit body without BODY=8BITMIME");
  for (std::size_t at = 0; at < body_.size();) {
    const std::size_t end = std::min(body_.find("\r\n", at), body_.size());
    const std::string_view line = std::string_view(body_).substr(at, end - at);
    if (line.size() > 998) offend(fmt::format("body line of {} octets", line.size()));  // RFC 5321 §4.5.3.1.6
    if (line.find_first_of("\r\n") != std::string_view::npos) offend("bare CR or LF in the body");
    at = end + 2;
  }
}

std::string ReceiverSession::judge_body() {
  const Manners& manners = house_.manners;
  if (manners.size > 0 && body_.size() > manners.size) return "552 5.3.4 Message size exceeds the limit";
  if (manners.unknown_refused == Refusal::at_dot)
    for (const auto& addressed : recipients_)
      if (manners.unknown.contains(addressed.recipient)) return manners.unknown_reply;
  return fmt::format("250 2.0.0 Ok: queued as {:X}", house_.copies_.size() + 1);
}

void ReceiverSession::keep_letter() {
  const Instant now = house_.world_.calendar.now();
  last_letter_ = std::make_shared<ReceivedMessage>(
      ReceivedMessage{now, sender_, mail_parameters_, helo_, line_->remote().address, tls_, body_, number_, false});
  ++messages_;
  for (auto& addressed : recipients_) {
    house_.world_.loop.log("letter", fmt::format("{} <{}> to <{}>", house_.host_, sender_, addressed.recipient));
    house_.copies_.push_back({addressed.recipient, addressed.parameters, last_letter_});
    house_.accepted_at_.push_back(now);
  }
}

}  // namespace mta::sim
