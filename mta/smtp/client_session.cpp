#include "mta/smtp/client_session.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "mta/smtp/dots.h"
#include "mta/tasks.h"

namespace mta::smtp {
namespace {

constexpr std::size_t max_reply_line = 4096;  // RFC 5321 §4.5.3.1.5 says 512; real servers say more
constexpr std::size_t group_size = 50;        // commands in one write: their replies fit the socket's buffers (RFC 2920 §3.1)
constexpr unsigned most_empty_lines = 100;    // passed over before or within one reply
constexpr std::size_t longest_quote = 200;
constexpr auto last_words_limit = std::chrono::seconds(2);  // what has arrived is there at once
constexpr unsigned open_chunks = 2;                         // BDAT commands on their way unanswered, when PIPELINING

std::string base64(const std::string& text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), in, static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

// BDAT, also one that follows others: no sequence of commands makes 503 or 5.5.1 right.
bool chunk_not_understood(const Reply& answer) {
  return not_understood(answer) || (answer.permanent() && (answer.code == 503 || answer.enhanced == "5.5.1"));
}

bool is_blank(std::string_view octets) { return octets.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

ClientSession::ClientSession(Stream& stream, Stopwatch& stopwatch, ClientOptions options)
    : stream_(stream), stopwatch_(stopwatch), options_(std::move(options)), lines_(stream, 2 * max_reply_line) {}

// --- opening: RFC 5321 §3.1, §3.2; RFC 3207; RFC 4954 -----------------------------------------------------------------------

awaitable<Opening> ClientSession::open() {
  Opening opening;
  opening.lost = co_await converse(greet(opening));
  opening.stage = opening.lost ? opening.lost->stage : opening.stage;
  if (opening.lost && last_words_.heard() && !opening.handshake) {
    opening.refusal = last_words_;
    opening.lost.reset();
  }
  ready_ = opening.ready && !opening.lost;
  co_return opening;
}

awaitable<void> ClientSession::greet(Opening& opening) {
  const Reply banner = co_await hear(Stage::banner);  // S: 220 mx.example.org ESMTP
  if (refuses(opening, Stage::banner, banner)) co_return;
  const bool known = co_await hello(opening);
  if (!known) co_return;
  const bool secured = co_await secure(opening);
  if (!secured) co_return;
  opening.ready = co_await authenticate(opening);
}

awaitable<bool> ClientSession::hello(Opening& opening) {
  offers_ = Offers();
  Reply answer = co_await ask(Stage::ehlo, "EHLO " + options_.ehlo);
  if (answer.ok()) {
    offers_ = without(parse_offers(answer), options_.left_out);
    co_return true;
  }
  if (answer.permanent()) answer = co_await ask(Stage::ehlo, "HELO " + options_.ehlo);  // RFC 5321 §4.1.1.1, §3.2
  co_return !refuses(opening, Stage::ehlo, answer);
}

awaitable<bool> ClientSession::secure(Opening& opening) {
  if (options_.tls == conf::TlsLevel::off) co_return true;
  const bool required = options_.tls != conf::TlsLevel::may;
  opening.stage = Stage::starttls;
  if (!offers_.starttls) {
    if (required) opening.ours = make_reply(450, "4.7.4 TLS is required, but " + options_.host + " does not offer STARTTLS");
    co_return !required;
  }
  const Reply answer = co_await ask(Stage::starttls, "STARTTLS");
  if (answer.code != 220) {
    if (required || closing_) refuses(opening, Stage::starttls, answer);
    co_return !required && !closing_;  // RFC 3207 §4: the client decides whether to go on in clear
  }
  lines_.discard();  // RFC 3207 §4.2: whatever was said in clear behind the 220 was not said
  stream_.expires_after(limit(options_.timeouts, Stage::starttls));
  TlsWish wish;
  wish.host = options_.host;
  wish.verify = options_.tls == conf::TlsLevel::verify;
  wish.session_key = options_.session_key;
  opening.handshake = true;
  opening.tls = co_await stream_.start_tls(std::move(wish));
  encrypted_ = true;
  const bool known = co_await hello(opening);  // RFC 3207 §4.2: and what it offered is forgotten
  co_return known;
}

awaitable<bool> ClientSession::authenticate(Opening& opening) {
  if (options_.username.empty()) co_return true;
  opening.stage = Stage::auth;
  if (!opening.tls || !opening.tls->verified) {
    opening.ours =
        make_reply(450, "4.7.5 the certificate of " + options_.host + " is not verified: the password is not shown to it");
    co_return false;
  }
  if (!offers_.auth_plain && !offers_.auth_login) {
    opening.ours = make_reply(450, "4.7.0 " + options_.host + " offers neither AUTH PLAIN nor AUTH LOGIN");
    co_return false;
  }
  const Reply answer = co_await log_in();
  co_return !refuses(opening, Stage::auth, answer);
}

awaitable<Reply> ClientSession::log_in() {
  if (offers_.auth_plain) {  // RFC 4616 §2
    const std::string secret = std::string(1, '\0') + options_.username + std::string(1, '\0') + options_.password;
    Reply answer = co_await ask(Stage::auth, "AUTH PLAIN " + base64(secret));
    if (answer.code == 334) answer = co_await ask(Stage::auth, base64(secret));  // RFC 4954 §4: it overlooks the initial response
    if (!not_understood(answer) || !offers_.auth_login) co_return answer;
  }
  Reply answer = co_await ask(Stage::auth, "AUTH LOGIN");
  if (answer.code == 334) answer = co_await ask(Stage::auth, base64(options_.username));
  if (answer.code == 334) answer = co_await ask(Stage::auth, base64(options_.password));
  co_return answer;
}

bool ClientSession::refuses(Opening& opening, Stage stage, const Reply& reply) const {
  opening.stage = stage;
  if (reply.ok()) return false;
  opening.refusal = reply;
  return true;
}

void ClientSession::leave_out(const LeftOut& more) {
  options_.left_out |= more;
  offers_ = without(offers_, options_.left_out);
}

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
  spoiled_ = heard.data.ok() || !is_blank(lines_.pending());  // 250 to DATA: it may take the next commands for the message
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
    dot_leaves(heard, last);
    co_await say_piece(std::move(out));
  }
  heard.dot = co_await hear(Stage::dot);
}

// RFC 3030 §2: a refused chunk ends the message; LAST is only sent when those before it were taken, but for the one on its way.
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
    dot_leaves(heard, last);
    heard.chunk_begun = true;
    co_await say_piece(std::move(out));
    ++unanswered;
    const unsigned may_wait = last || !offers_.pipelining ? 0 : open_chunks - 1;
    while (unanswered > may_wait && !closing_) {
      const bool final_answer = last && unanswered == 1;
      const Reply answer = co_await hear(final_answer ? Stage::dot : Stage::body);
      --unanswered;
      heard.chunk_taken = heard.chunk_taken || answer.ok();
      out_of_step_ = !heard.data.heard() && chunk_not_understood(answer);
      if (final_answer) heard.dot = answer;
      if (!final_answer && !answer.ok() && !heard.data.heard()) heard.data = answer;
      if (out_of_step_) co_return;  // it may take the octets of the chunk for commands
    }
  }
  while (unanswered > 0 && !closing_) {  // refused: what was on its way is answered too
    co_await hear(Stage::body);
    --unanswered;
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
    const bool whole = line.end != Line::End::too_long;
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
