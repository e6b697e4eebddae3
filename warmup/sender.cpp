#include "warmup/sender.h"

namespace warmup {

namespace {
constexpr char mark = '@';
}

std::string sender_rows(std::string_view domain) { return mark + std::string(domain); }

std::string behind_senders() { return {static_cast<char>(mark + 1)}; }

LaneKey sender_key(std::string_view domain, std::string provider) { return {sender_rows(domain), std::move(provider)}; }

bool is_sender_identity(std::string_view identity_of_rows) { return identity_of_rows.starts_with(mark); }

bool is_sender(const LaneKey& key) { return is_sender_identity(key.source); }

std::string_view sender_domain_of(const LaneKey& key) { return std::string_view(key.source).substr(1); }

std::string sender_text(const LaneKey& key) { return std::string(sender_domain_of(key)) + " to " + key.provider; }

bool becomes_bulk(Recipients sent_before, Recipients sent_now) { return sent_before < bulk_sender && sent_now >= bulk_sender; }

}  // namespace warmup
