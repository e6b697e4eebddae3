#include "mta/ctl/sender_page.h"

#include <fmt/format.h>

#include "mta/ctl/fields.h"
#include "mta/ctl/lane_page.h"
#include "mta/ctl/lane_table.h"

namespace mta::ctl {
namespace {

Ink ink_of_state(const std::string& state) {
  if (state == "paused") return Ink::alarm;
  if (state == "cooling" || state == "held") return Ink::warning;
  return state == "warming" ? Ink::notice : Ink::plain;
}

// "bulk sender since 21 Nov 2026; rate limited: cooling for 5 min: 421 …"
std::string note_of_sender(const json::object& sender) {
  std::string note;
  if (const auto bulk = moment_of(sender, "bulk_since")) note = "bulk sender since " + full_time(*bulk).substr(0, 11);
  const std::string why = why_of(sender);
  return note + (note.empty() || why.empty() ? "" : "; ") + why;
}

std::string draw_sender_rows(const json::array& senders, const Look& look) {
  TextTable table({{"DOMAIN", false, 8},
                   {"PROVIDER", false, 8},
                   {"STATE", false, 6},
                   {"STAGE", true, 0, 2},
                   {"SENT", true},
                   {"CAP", true},
                   {"DELIVERED", true, 0, 1}},
                  "WHY");
  for (const auto& each : senders) {
    const json::object& sender = as_part(each);
    const std::string state = text_of(sender, "state");
    table.add({{text_of(sender, "domain"), Ink::bold},
               {text_of(sender, "provider")},
               {state + (text_of(sender, "pin").empty() ? "" : "*"), ink_of_state(state)},
               {counted(sender, "stage", look)},
               {counted(sender, "sent", look)},
               {counted(sender, "cap", look)},
               {counted(sender, "delivered", look)}},
              {note_of_sender(sender)});
  }
  return table.draw(look);
}

}  // namespace

std::string draw_senders(const json::object& answer, const Look& look) {
  const json::array& senders = list_of(answer, "senders");
  if (senders.empty()) return "No sender domain sent anything today.\n";
  const WallTime now = moment_of(answer, "now").value_or(WallTime{});
  std::string page = draw_sender_rows(senders, look);
  if (senders.size() == 1) page += draw_lane(as_part(senders[0]), now, look);
  return page;
}

std::string draw_sender_history(const json::object& answer, const Look& look) {
  const WallTime now = moment_of(answer, "now").value_or(WallTime{});
  std::string page;
  for (const auto& each : list_of(answer, "senders")) {
    const json::object& sender = as_part(each);
    page += (page.empty() ? "" : "\n") + draw_sender_rows({sender}, look) + draw_lane(sender, now, look) +
            draw_changes(list_of(sender, "changes"), look);
  }
  return page;
}

}  // namespace mta::ctl
