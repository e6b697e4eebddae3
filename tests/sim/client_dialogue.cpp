#include "tests/sim/client_dialogue.h"

#include <fmt/format.h>

namespace mta::sim {

namespace {
using namespace std::chrono_literals;

std::string double_dots(const std::string& text) {
  std::string said = text.starts_with('.') ? "." : "";
  for (std::size_t at = 0; at < text.size(); ++at) {
    said += text[at];
    if (text[at] == '\n' && at + 1 < text.size() && text[at + 1] == '.') said += '.';
  }
  return said;
}
}  // namespace

awaitable<void> ClientDialogue::say(std::string octets) {
  line_->expires_after(5min);
  co_await line_->write(octets);
}

awaitable<std::string> ClientDialogue::reply() {
  std::string text;
  for (;;) {
    for (std::size_t end; (end = heard_.find("\r\n")) != std::string::npos;) {
      const std::string line = heard_.substr(0, end);
      heard_.erase(0, end + 2);
      text += (text.empty() ? "" : "\n") + line;
      if (line.size() < 4 || line[3] != '-') co_return text;
    }
    line_->expires_after(10min);
    const std::size_t count = co_await line_->read_some(buffer_);
    heard_.append(buffer_.data(), count);
  }
}

awaitable<std::string> ClientDialogue::ask(std::string command) {
  co_await say(command + "\r\n");
  std::string answer = co_await reply();
  co_return answer;
}

awaitable<void> ClientDialogue::must(std::string command, std::string_view code) {
  const std::string answer = co_await ask(command);
  if (!answer.starts_with(code)) throw StreamLost(Loss::shut, command + ": " + answer);
}

awaitable<void> ClientDialogue::open(std::string name, bool tls) {
  const std::string banner = co_await reply();
  if (!banner.starts_with("220")) throw StreamLost(Loss::shut, "banner: " + banner);
  co_await must("EHLO " + name, "250");
  if (!tls) co_return;
  co_await must("STARTTLS", "220");
  TlsRequest wish;
  wish.host = "server";
  line_->expires_after(5min);
  co_await line_->start_tls(wish);
  heard_.clear();
  co_await must("EHLO " + name, "250");
}

// MAIL, all RCPTs and DATA in one write (RFC 2920 §3.1), then the replies one by one.
awaitable<void> ClientDialogue::send(Submission& submission) {
  const Mail& mail = submission.mail;
  submission.accepted.clear();
  std::string group = fmt::format("MAIL FROM:<{}>{}\r\n", mail.sender, mail.mail_parameters);
  for (const auto& recipient : mail.recipients) group += fmt::format("RCPT TO:<{}>{}\r\n", recipient, mail.recipient_parameters);
  co_await say(group + "DATA\r\n");
  const std::string sender = co_await reply();
  bool temporary = sender.starts_with('4');
  if (!sender.starts_with('2')) submission.replies.push_back(sender);
  for (const auto& recipient : mail.recipients) {
    const std::string answer = co_await reply();
    if (answer.starts_with('2'))
      submission.accepted.push_back(recipient);
    else
      submission.replies.push_back(answer);
    temporary = temporary || answer.starts_with('4');
  }
  const std::string data = co_await reply();
  if (!data.starts_with("354")) {
    submission.replies.push_back(data);
    submission.state = temporary ? Submission::State::waiting : Submission::State::refused;
    co_await ask("RSET");
    co_return;
  }
  if (submission.accepted.empty()) throw StreamLost(Loss::shut, "354 without a recipient");
  co_await say(double_dots(compose(mail, submission.number)));
  submission.state = Submission::State::unknown;
  const std::string dot = co_await ask(".");
  submission.replies.push_back(dot);
  submission.state = Submission::State::refused;
  if (dot.starts_with('4')) submission.state = Submission::State::waiting;
  if (!dot.starts_with('2')) co_return;
  submission.state = Submission::State::acknowledged;
  if (const auto at = dot.find("queued as "); at != std::string::npos)
    submission.id = dot.substr(at + 10, dot.find_first_of("; \n", at + 10) - at - 10);
}

awaitable<void> ClientDialogue::quit() {
  co_await say("QUIT\r\n");
  co_await reply();
  line_->close();
}

}  // namespace mta::sim
