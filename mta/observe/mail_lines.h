// mta/observe/mail_lines.h — what becomes of mail, in lines that operators and their tools read.
//
// What      A line for each attempt and each end, made from its event; lines of arrival and removal.
// Units     Delays in seconds, of scheduling time; what the connection and the dialogue took, in real time.
// Promise   Lines are taken with the batch that makes them true, so nothing is logged that a crash could take back. One line a
//           recipient and attempt. No line holds a control character.
// Errors    None: what is missing is left out, or shown as none.
// Source    Postfix's log format (smtp(8), qmgr(8)), as pflogsumm reads it.
// Not here  writing them (mail_log.h), what an event holds (mta/scheduler).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mta/observe/event.h"

namespace mta {

struct MailLine {
  enum class Program { smtpd, cleanup, qmgr, smtp };  // of Postfix, whose part this is
  Program program = Program::smtp;
  std::string text;  // "ID: to=<…>, relay=…, delay=…, delays=…, dsn=…, status=sent (250 …)"
  std::string more;  // ", lane=ip-1/google, verdict=delivered": for the journal alone
  bool for_journal = true, for_maillog = true;
};
std::string_view name(MailLine::Program);

// The lines of one event; none for types that say nothing of a message's way. Those that are for a maillog alone only when there is one.
void append_mail_lines(std::vector<MailLine>&, const Event&, bool maillog);
MailLine removed_line(std::string_view id);

}  // namespace mta
