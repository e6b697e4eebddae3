#include "mta/smtp/client_session.h"

#include <fmt/format.h>

#include "mta/doors/tasks.h"
#include "mta/smtp/dots.h"
#include "queue/ensure.h"

namespace mta::smtp {
namespace {

constexpr std::size_t max_reply_line = 4096;  // RFC 5321 §4.5.3.1.5 says 512; real servers say more
constexpr std::size_t group_size = 50;        // commands in one write: their replies fit the socket's buffers (RFC 2920 §3.1)
constexpr unsigned most_empty_lines = 100;    // passed over before or within one reply
constexpr std::size_t longest_quote = 200;
constexpr auto last_words_limit = std::chrono::seconds(2);  // what has arrived is there at once
constexpr unsigned open_chunks = 2;                         // BDAT commands on their way unanswered, when PIPELINING

// BDAT, also one that follows others: no sequence of commands makes 503 or 5.5.1 right.
bool chunk_not_understood(const Reply& answer) {
  return not_understood(answer) || (answer.permanent() && (answer.code == 503 || answer.enhanced == "5.5.1"));
}

bool is_blank(std::string_view octets) { return octets.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

ClientSession::ClientSession(Stream& stream, Stopwatch& stopwatch, ClientOptions options)
    : stream_(stream), stopwatch_(stopwatch), options_(std::move(options)), lines_(stream, 2 * max_reply_line) {}

// --- one message: RFC 5321 §3.3 ---------------------------------------------------------------------------------------------

awaitable<Transcript> ClientSession::send(const Envelope& mail, Body& body, SendHooks hooks) {
  ENSURE(usable() && !mail.to.empty());
  hooks_ = std::move(hooks);
  Transcript heard;
  heard.rcpt.resize(mail.to.size());
  heard.lost = co_await converse(transaction(mail, body, heard));
  if (heard.lost && last_words_.heard()) take_last_words(heard);
  heard.closing = closing_;
  heard.out_of_step = out_of_step_;
  co_return heard;
}

awaitable<bool> ClientSession::may_begin(Transcript& heard) {
  if (!hooks_.may_begin) co_return true;
  const bool may = co_await hooks_.may_begin();
  heard.withdrawn = !may;
  co_return may;
}

void ClientSession::dot_leaves(Transcript& heard, bool last) {
  heard.dot_sent = last;  // before the octets leave: it decides charge or refund
  if (last && hooks_.dot_leaves) hooks_.dot_leaves();
}

// RFC 5321 §2.1, §4.2: one reply a command, none without one.
bool ClientSession::spoke_unasked() {
  if (!is_blank(lines_.pending())) return true;
  return std::exchange(used_, true) && stream_.has_arrived();
}

// What was said though nothing is due; empty when that is nothing. Throws when the line has ended.
awaitable<std::optional<Reply>> ClientSession::unasked() {
  if (is_blank(lines_.pending()) && stream_.has_arrived()) co_await lines_.fill();
  if (is_blank(lines_.pending())) co_return std::nullopt;
  co_return co_await hear(stage_);
}

// Between commands: what is said there would be taken for the answer to the next one. A refusal ends the session with its words.
awaitable<void> ClientSession::expect_silence(Stage next) {
  stage_ = next;
  const std::optional<Reply> said = co_await unasked();
  if (!said) co_return;
  if (!said->transient() && !said->permanent()) throw Nonsense(fmt::format("it said \"{}\" without being asked", written(*said)));
  last_words_ = *said;
  throw StreamLost(Loss::eof, "the server ended the session");
}

awaitable<void> ClientSession::transaction(const Envelope& mail, Body& body, Transcript& heard) {
  stage_ = reset_due_ ? Stage::rset : Stage::mail;
  if (spoke_unasked()) throw StreamLost(Loss::eof, "the server ended the connection or spoke without being asked");
  const bool data_at_once = offers_.pipelining && !offers_.chunking;
  if (data_at_once) {
    const bool may = co_await may_begin(heard);
    if (!may) co_return;
  }
  co_await introduce(mail, heard);
  if (closing_ || out_of_step_) co_return;
  if (!data_at_once && heard.mail.ok() && heard.accepted() > 0) {
    const bool may = co_await may_begin(heard);
    if (!may) co_return;  // RSET goes before the next MAIL
    co_await expect_silence(Stage::data);
    if (!offers_.chunking) heard.data = co_await ask(Stage::data, "DATA");
  }
  const bool invited = heard.data.code == 354;
  if (invited && !heard.mail.ok()) throw Nonsense("the server refused MAIL and then asked for the message");
  if (heard.accepted() == 0) {
    if (invited)
      heard.data = co_await ask(Stage::dot, ".");  // RFC 2920 §3.1: 354 with nobody to send to: an empty message, refused
    co_return;
  }
  if (offers_.chunking) {
    co_await send_chunks(body, heard);
  } else if (invited) {
    co_await send_data(body, heard);
  }
  reset_due_ = !heard.dot.heard();
  spoiled_ =
      spoiled_ || heard.data.ok() || !is_blank(lines_.pending());  // 250 to DATA: it may take the next commands for the message
}

// RSET when the last transaction was left open, MAIL, every RCPT, and DATA: one write when PIPELINING, else one by one.
awaitable<void> ClientSession::introduce(const Envelope& mail, Transcript& heard) {
  Reply reset;
  std::vector<Question> questions;
  if (reset_due_) questions.push_back({Stage::rset, "RSET\r\n", &reset});
  reset_due_ = true;
  questions.push_back({Stage::mail, mail_from(mail, offers_), &heard.mail});
  for (std::size_t i = 0; i < mail.to.size(); ++i)
    questions.push_back({Stage::rcpt, rcpt_to(mail.to[i], offers_), &heard.rcpt[i]});
  if (offers_.pipelining && !offers_.chunking) questions.push_back({Stage::data, "DATA\r\n", &heard.data});
  co_await ask_all(std::move(questions), heard);
}

awaitable<void> ClientSession::ask_all(std::vector<Question> questions, Transcript& heard) {
  const std::size_t step = offers_.pipelining ? group_size : 1;
  for (std::size_t begin = 0; begin < questions.size(); begin += step) {
    const std::size_t end = std::min(begin + step, questions.size());
    std::string group;
    for (std::size_t i = begin; i < end; ++i) group += questions[i].text;
    if (begin > 0) co_await expect_silence(questions[begin].stage);
    co_await say(questions[begin].stage, std::move(group));
    for (std::size_t i = begin; i < end; ++i) {
      *questions[i].answer = co_await hear(questions[i].stage);
      if (questions[i].stage != Stage::rset) heard.spoken = true;
      out_of_step_ = step > 1 && !fits(questions[i], heard);
      if (closing_ || out_of_step_) co_return;  // RFC 5321 §3.8: nothing more will be answered
    }
    if (heard.mail.heard() && !heard.mail.ok()) co_return;
  }
}

// With PIPELINING: "bad sequence" where the sequence is right says that a command before it was lost.
bool ClientSession::fits(const Question& question, const Transcript& heard) {
  const Reply& answer = *question.answer;
  const bool sequence_is_right = question.stage == Stage::mail || (question.stage == Stage::rcpt && heard.mail.ok()) ||
                                 (question.stage == Stage::data && heard.accepted() > 0);
  return answer.code != 503 || !sequence_is_right;
}

// Nothing is due now, and what has arrived before the octets left is no answer to them: a refusal stands, after anything else replies
// and commands do not fit.
awaitable<bool> ClientSession::answered_early(Transcript& heard) {
  stage_ = Stage::body;
  const std::optional<Reply> early = co_await unasked();
  if (!early) co_return false;
  if (!early->transient() && !early->permanent())
    throw Nonsense(fmt::format("it answered \"{}\" before the message was sent", written(*early)));
  heard.data = *early;
  spoiled_ = true;  // it waits for the rest of the message
  co_return true;
}

awaitable<void> ClientSession::send_data(Body& body, Transcript& heard) {
  body_began_ = stopwatch_.now();
  body_octets_ = 0;
  DotStuffer dots;
  for (bool last = false; !last;) {
    stage_ = Stage::body;
    const Piece piece = co_await body.next();
    last = piece.last;
    std::string out;
    out.reserve(piece.octets.size() + piece.octets.size() / 64 + 8);
    dots.add(piece.octets, out);
    if (last) dots.finish(out);
    if (last || body_octets_ == 0) {
      const bool early = co_await answered_early(heard);
      if (early) co_return;
    }
    dot_leaves(heard, last);
    co_await say_piece(std::move(out));
  }
  heard.dot = co_await hear(Stage::dot);
}

// RFC 3030 §2: a refused chunk ends the message; LAST is only sent when those before it were taken.
awaitable<void> ClientSession::send_chunks(Body& body, Transcript& heard) {
  body_began_ = stopwatch_.now();
  body_octets_ = 0;
  unsigned unanswered = 0;
  for (bool last = false; !last && !heard.data.heard();) {
    stage_ = Stage::body;
    const Piece piece = co_await body.next();
    last = piece.last;
    std::string out = fmt::format("BDAT {}{}\r\n", piece.octets.size(), last ? " LAST" : "");
    out += piece.octets;
    if (last) co_await hear_chunks(unanswered, 0, heard);
    if (out_of_step_ || heard.data.heard()) break;
    if (unanswered == 0) {
      const bool early = co_await answered_early(heard);
      if (early) co_return;
    }
    dot_leaves(heard, last);
    heard.chunk_begun = true;
    co_await say_piece(std::move(out));
    ++unanswered;
    if (!last) co_await hear_chunks(unanswered, offers_.pipelining ? open_chunks - 1 : 0, heard);
    if (last) heard.dot = co_await hear(Stage::dot);
    if (last) out_of_step_ = chunk_not_understood(heard.dot);
    if (last || out_of_step_) co_return;
  }
  while (unanswered > 0 && !closing_ && !out_of_step_) {  // refused: what was on its way is answered too
    co_await hear(Stage::body);
    --unanswered;
  }
}

// Until no more than `may_wait` chunks are unanswered. Out of step: it may take the octets of a chunk for commands.
awaitable<void> ClientSession::hear_chunks(unsigned& unanswered, unsigned may_wait, Transcript& heard) {
  while (unanswered > may_wait && !closing_ && !out_of_step_) {
    const Reply answer = co_await hear(Stage::body);
    --unanswered;
    heard.chunk_taken = heard.chunk_taken || answer.ok();
    out_of_step_ = !heard.data.heard() && chunk_not_understood(answer);
    if (!answer.ok() && !heard.data.heard()) heard.data = answer;
  }
}

awaitable<void> ClientSession::say_piece(std::string octets) {
  const auto size = octets.size();
  co_await say(Stage::body, std::move(octets));
  body_octets_ += size;
  const auto took = std::chrono::duration_cast<Duration>(stopwatch_.now() - body_began_);
  if (took <= options_.timeouts.block) co_return;
  const auto least = options_.timeouts.least_rate * static_cast<std::uint64_t>(took.count()) / 1000;
  if (body_octets_ < least)
    throw StreamLost(Loss::slow, fmt::format("{} octets of the body in {} s, less than {} a second", body_octets_,
                                             took.count() / 1000, options_.timeouts.least_rate));
}

// --- the end ----------------------------------------------------------------------------------------------------------------

awaitable<void> ClientSession::quit() {
  if (!lost_ && !closing_) co_await converse(farewell());
  ready_ = false;
  co_await stream_.shut();
}

awaitable<void> ClientSession::farewell() { co_await ask(Stage::quit, "QUIT"); }

// --- lines ------------------------------------------------------------------------------------------------------------------

awaitable<Reply> ClientSession::ask(Stage stage, std::string line) {
  co_await say(stage, std::move(line) + "\r\n");
  co_return co_await hear(stage);
}

awaitable<void> ClientSession::say(Stage stage, std::string octets) {
  stage_ = stage;
  stream_.expires_after(limit(options_.timeouts, stage));
  writing_ = true;
  co_await stream_.write(octets);
  writing_ = false;
}

awaitable<Reply> ClientSession::hear(Stage stage) {
  stage_ = stage;
  co_return co_await hear_within(limit(options_.timeouts, stage));
}

awaitable<Reply> ClientSession::hear_within(Duration longest) {
  stream_.expires_after(longest);  // for the whole reply, however many lines it trickles in
  answer_ = ReplyParser();
  hearing_ = true;
  unsigned empty_lines = 0;
  for (auto state = ReplyParser::State::more; state == ReplyParser::State::more;) {
    const Line line = co_await lines_.read_line(max_reply_line);
    const bool whole = line.end != LineEnd::too_long;
    const bool stray = whole && line.text.find_first_not_of(" \t\r") == std::string_view::npos;
    if (stray && ++empty_lines <= most_empty_lines) continue;
    state = whole ? answer_.add(line.text) : ReplyParser::State::bad;
    if (state == ReplyParser::State::bad)
      throw Nonsense(fmt::format("the answer is no SMTP reply: \"{}\"", printable(line.text.substr(0, 100))));
  }
  hearing_ = false;
  Reply reply = answer_.take();
  if (reply.code == 421) closing_ = true;  // RFC 5321 §3.8, §4.2.3
  co_return reply;
}

awaitable<std::optional<Lost>> ClientSession::converse(awaitable<void> dialogue) {
  std::optional<Lost> lost = co_await until_lost(std::move(dialogue), stage_);
  if (lost) {
    lost_ = true;
    if (hearing_ && lost->cause == Lost::Cause::line) lost->detail += said_so_far();
    const bool reset = lost->cause == Lost::Cause::line && lost->loss == Loss::reset;
    if (writing_ && reset) co_await until_lost(hear_refusal(), stage_);
    stream_.close();
  }
  co_return lost;
}

// The end of its answer is missing, so it decides nothing, but it may tell an operator why.
std::string ClientSession::said_so_far() const {
  std::string words = answer_.so_far();
  const std::string_view rest = lines_.pending();
  if (!is_blank(rest)) words += (words.empty() ? "" : " ") + printable(rest.substr(0, longest_quote));
  if (words.empty()) return "";
  return fmt::format(", in the middle of its answer \"{}\"", std::string_view(words).substr(0, longest_quote));
}

// A server that refuses says so before it resets the connection: what has arrived is read, replies to what went before included.
awaitable<void> ClientSession::hear_refusal() {
  Reply reply;
  while (!reply.transient() && !reply.permanent()) reply = co_await hear_within(last_words_limit);
  last_words_ = std::move(reply);
}

void ClientSession::take_last_words(Transcript& heard) const {
  if (heard.lost->stage == Stage::mail || heard.lost->stage == Stage::rset) {
    heard.mail = last_words_;
  } else if (heard.lost->stage == Stage::rcpt) {
    for (Reply& reply : heard.rcpt)
      if (!reply.heard()) reply = last_words_;
  } else {
    heard.data = last_words_;
  }
  heard.spoken = true;
  heard.lost.reset();
}

}  // namespace mta::smtp
