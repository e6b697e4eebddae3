// mta/smtp/reply.h — what a server said.
//
// What      An SMTP reply as a value, and its parser, fed line by line.
// Units     Lines without CRLF.
// Promise   Never keeps more than max_reply_bytes; text is made printable (no control characters), so it may go to logs and DSNs.
// Errors    add() answers `bad` for what is no reply.
// Source    RFC 5321 §4.2, RFC 2034, RFC 3463.
// Not here  what it means (mta/deliver/verdict.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mta::smtp {

inline constexpr std::size_t max_reply_bytes = 64U << 10U;

enum class Stage { connect, banner, ehlo, starttls, auth, mail, rcpt, data, body, dot, rset, quit };
std::string_view name(Stage);

struct Reply {
  int code = 0;                    // 0: none was heard
  std::string enhanced;            // "5.1.1" of the first line, "" when there was none
  std::vector<std::string> lines;  // without code and enhanced code
  std::string text() const;        // lines joined with one space, repeated enhanced codes removed
  bool heard() const { return code != 0; }
  bool ok() const { return code >= 200 && code < 300; }
  bool transient() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500 && code < 600; }
  friend bool operator==(const Reply&, const Reply&) = default;
};

// The server did not understand what was said, or not its parameters: 500, 501, 502, 504, 555, and 5.5.2, 5.5.4 with any code.
bool not_understood(const Reply&);

class ReplyParser {
 public:
  enum class State { more, done, bad };
  State add(std::string_view line);
  Reply take();                // REQUIRES: done
  std::string so_far() const;  // of a reply that has not ended: code, enhanced code and text

 private:
  Reply reply_;
  std::size_t bytes_ = 0;
};

// "250 2.0.0 ok" parts for replies we make ourselves or read from a file: text may begin with the enhanced code.
Reply make_reply(int code, std::string_view text);

// The status of mail with that outcome (2 delivered, 4 put off, 5 failed) after such a reply: "5.1.1". Where a server mixes classes, as
// in 550 4.1.1, its reply code counts. A reply of another class than the outcome says nothing of it: "5.0.0" (RFC 3463 §2).
std::string status_of(int outcome, int code, std::string_view enhanced);

// A reply as it is written: "550 5.1.1 no such user". Code 0 and empty parts are left out.
std::string written(const Reply&);

// Control characters become blanks, what is not UTF-8 becomes '?'.
std::string printable(std::string_view);

}  // namespace mta::smtp
