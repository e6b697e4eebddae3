#include "mta/bounce/bouncer.h"

#include <spdlog/spdlog.h>

#include "mta/bounce/dsn.h"
#include "mta/observe/events.h"
#include "mta/smtp/header_section.h"

namespace mta {

namespace {

constexpr std::size_t most_header = 64U << 10U;
constexpr std::uint64_t most_whole = 1U << 20U;  // a larger original comes back as its header section, RET=FULL or not

ReportKind kind_of(queue::Fate fate) {
  if (fate == queue::Fate::waiting) return ReportKind::delayed;
  return fate == queue::Fate::relayed ? ReportKind::relayed : ReportKind::failed;
}

// The header section of `mail`, its final empty line not included; cut at a line's end when it is larger than we send back.
std::string header_section(std::string mail) {
  const auto end = mail.find("\r\n\r\n");
  if (end != std::string::npos) mail.resize(end + 2);
  if (mail.size() > most_header) mail.resize(mail.rfind("\r\n", most_header) + 2);
  return mail;
}

// Empty when it cannot be read: the report goes out all the same.
awaitable<std::string> readable_chunk(SchedulerThread& scheduler, queue::MessageId id, std::uint32_t number) {
  std::string chunk;
  try {
    chunk = co_await scheduler.chunk(id, number);
  } catch (const std::runtime_error& error) {
    spdlog::error("{}", error.what());
  }
  co_return chunk;
}

awaitable<std::string> original(SchedulerThread& scheduler, std::shared_ptr<const queue::Message> message, bool whole) {
  std::string mail = message->prefix;
  for (std::uint32_t n = 0; n < message->chunks; ++n) {
    const std::string chunk = co_await readable_chunk(scheduler, message->id, n);
    if (chunk.empty()) co_return fmt::format("Message-ID: {}\r\n", message->message_id);  // what is known of it without its body
    mail += chunk;
    if (!whole && (mail.size() > most_header || mail.find("\r\n\r\n") != std::string::npos)) break;
  }
  co_return whole ? mail : header_section(std::move(mail));
}

std::string sign(const dkim::Signer* signer, const std::string& domain, const std::string& mail, queue::Message& message,
                 Instant now) {
  if (signer == nullptr) return {};
  const auto keys = signer->keys_for(domain);
  if (keys.empty()) return {};
  auto signature = signer->begin(keys, std::chrono::floor<std::chrono::seconds>(now));
  smtp::HeaderSection section(smtp::HeaderReading::as_signed);
  section.add(mail);
  section.finish();
  for (const auto& field : section.fields()) signature->header(field.to_sign());
  signature->body(section.rest());
  message.signed_with = keys;
  message.signed_at = now;
  return signature->finish();
}

Incoming as_mail(const BouncerParts& parts, const queue::Message& of, std::string mail, queue::MessageId id) {
  const auto config = parts.config();
  Incoming incoming;
  queue::Message& message = incoming.message;
  message.id = id;
  message.size = mail.size();
  message.smtputf8 = of.smtputf8;
  message.eight_bit = std::any_of(mail.begin(), mail.end(), [](char octet) { return static_cast<unsigned char>(octet) >= 0x80; });
  message.mail_class = "transactional";
  message.client = "bounce";
  message.from_domain = domain_of(config->postmaster);
  message.message_id = "<" + id.text() + "@" + config->hostname + ">";
  const auto signer = parts.signer();
  try {
    message.prefix = sign(signer.get(), message.from_domain, mail, message, parts.world.calendar.wall());
  } catch (const std::exception& error) {
    spdlog::warn("bounce {}: sent unsigned: {}", id.text(), error.what());
  }
  queue::Recipient sender;
  sender.address = of.sender;
  sender.notify = queue::notify::never;  // RFC 3461 §6.1: no notice about a notice
  incoming.recipients.push_back(std::move(sender));
  incoming.tail = std::move(mail);
  return incoming;
}

// Several chunks: all but the last are kept first.
awaitable<AcceptResult> hand_over(SchedulerThread& scheduler, Incoming incoming) {
  std::string mail = std::move(incoming.tail);
  std::uint32_t number = 0;
  std::size_t at = 0;
  for (; mail.size() - at > chunk_bytes; at += chunk_bytes) {
    const AcceptResult kept = co_await scheduler.keep(incoming.message.id, number++, mail.substr(at, chunk_bytes));
    if (kept == AcceptResult::kept) continue;
    scheduler.forget(incoming.message.id, number - 1);
    co_return kept;
  }
  incoming.tail = mail.substr(at);
  incoming.message.chunks = number + 1;
  const auto id = incoming.message.id;
  const Acceptance accepted = co_await scheduler.accept(std::move(incoming));
  if (accepted.kept != AcceptResult::kept) scheduler.forget(id, number);
  co_return accepted.kept;
}

awaitable<bool> report(BouncerParts parts, Returning group, ReportKind kind) {
  const auto config = parts.config();
  const queue::Message& message = *group.message;
  const bool whole = kind == ReportKind::failed && message.ret == queue::Return::full && message.size <= most_whole;
  const auto id = parts.scheduler.new_id();
  const auto now = parts.world.calendar.wall();
  Report wanted{kind,     config->hostname, config->postmaster, id.text(), now, message.accepted + config->retry.lifetime,
                &message, &group.addressees};
  ReportText text = write_report(wanted, whole);
  const std::string part = co_await original(parts.scheduler, group.message, whole);
  Incoming incoming = as_mail(parts, message, text.begin + part + text.end, id);
  for (const auto& addressee : group.addressees) {
    incoming.settles.push_back({{message.id, addressee.number}, addressee.recipient.fate != queue::Fate::waiting});
  }
  const AcceptResult kept = co_await hand_over(parts.scheduler, std::move(incoming));
  if (kept == AcceptResult::kept) {
    spdlog::info("{}: report {} to <{}> about {} recipient(s)", message.id.text(), id.text(), message.sender,
                 group.addressees.size());
  }
  co_return kept == AcceptResult::kept;
}

}  // namespace

awaitable<void> write_bounces(BouncerParts parts) {
  for (;;) {
    std::optional<Returning> next = co_await parts.scheduler.next_returning();
    if (!next) co_return;
    std::map<ReportKind, Returning> kinds;
    for (auto& addressee : next->addressees) {
      Returning& same = kinds[kind_of(addressee.recipient.fate)];
      same.message = next->message;
      same.addressees.push_back(std::move(addressee));
    }
    for (auto& [kind, group] : kinds) {
      const bool written = co_await report(parts, group, kind);
      if (!written) parts.scheduler.keep_returning(std::move(group));
    }
  }
}

}  // namespace mta
