#include <fmt/format.h>

#include <optional>

#include "dkim/arena.h"
#include "dkim/fields.h"
#include "dkim/key_hook.h"
#include "dkim/opendkim.h"
#include "dkim/ring.h"
#include "dkim/thread_keys.h"

namespace dkim {

namespace {

// libopendkim copies the names of all signed fields into 4096 octets and cuts the rest: h= would then tell another order.
constexpr std::size_t name_octets_max = 3800;

unsigned char* octets(const std::string& text) { return reinterpret_cast<unsigned char*>(const_cast<char*>(text.c_str())); }

struct FreeHandle {
  void operator()(DKIM* handle) const { dkim_free(handle); }
};

std::string reason(DKIM* handle, DKIM_STAT status) {
  const char* said = handle == nullptr ? nullptr : dkim_geterror(handle);
  if (said == nullptr) said = dkim_getresultstr(status);
  return fmt::format("DKIM signature: {}", said == nullptr ? "unknown error" : said);
}

void expect_ok(DKIM* handle, DKIM_STAT status) {
  if (status != DKIM_STAT_OK) throw std::runtime_error(reason(handle, status));
}

}  // namespace

struct Signature::Parts {
  struct OneKey {
    std::shared_ptr<const Key> key;
    std::unique_ptr<DKIM, FreeHandle> handle;
  };

  // In this order: handles are freed into the arena, by a library that must still be there.
  Arena arena;
  std::shared_ptr<Libraries> libraries;
  std::chrono::sys_seconds now;
  std::optional<Loan> library;
  std::vector<OneKey> parts;
  std::vector<std::string> fields;  // those that are signed, until the body begins
  std::size_t name_octets = 0;
  bool from = false, list = false, open = false;
  char last[2] = {'\r', '\n'};  // the last octets of the body; an empty one lacks nothing
  std::string failure;          // the first thing that went wrong; finish() throws it

  void add(std::string_view field);
  void start();
  void start(OneKey&);
  void feed(std::string_view body);
  std::string sign(const OneKey&) const;
};

void Signature::Parts::add(std::string_view field) {
  const std::string_view name = field_name(field);
  if (std::string text = fault(field); !text.empty()) throw std::runtime_error("DKIM signature: " + text);
  if (!is_signed(name)) return;
  name_octets += name.size() + 1;
  if (name_octets > name_octets_max) throw std::runtime_error("DKIM signature: too many header fields");
  from = from || is_from(name);
  list = list || is_list_field(name);
  fields.emplace_back(field);
}

void Signature::Parts::start() {
  open = true;
  if (!from) throw std::runtime_error("DKIM signature: the message has no From header");  // RFC 6376 §5.4: From MUST be signed
  library.emplace(libraries, now, list);
  for (OneKey& part : parts) start(part);
  fields.clear();
}

void Signature::Parts::start(OneKey& part) {
  static constexpr unsigned char id[] = "warmupd";
  const dkim_alg_t algorithm = part.key->type == KeyType::rsa ? DKIM_SIGN_RSASHA256 : DKIM_SIGN_ED25519SHA256;
  DKIM_STAT status = DKIM_STAT_OK;
  part.handle.reset(dkim_sign(library->handle(), id, &arena, octets(part.key->pem), octets(part.key->selector),
                              octets(part.key->domain), DKIM_CANON_RELAXED, DKIM_CANON_RELAXED, algorithm, -1, &status));
  if (!part.handle) throw std::runtime_error(reason(nullptr, status));
  for (const std::string& field : fields)
    expect_ok(part.handle.get(), dkim_header(part.handle.get(), octets(field), field.size()));
  expect_ok(part.handle.get(), dkim_eoh(part.handle.get()));
}

void Signature::Parts::feed(std::string_view body) {
  if (body.empty()) return;
  auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(body.data()));
  for (const OneKey& part : parts) expect_ok(part.handle.get(), dkim_body(part.handle.get(), data, body.size()));
  last[0] = body.size() > 1 ? body[body.size() - 2] : last[1];
  last[1] = body.back();
}

std::string Signature::Parts::sign(const OneKey& part) const {
  DKIM* handle = part.handle.get();
  {
    const LentKey lent(parsed_here(part.key));
    expect_ok(handle, dkim_eom(handle, nullptr));
  }
  unsigned char* value = nullptr;
  std::size_t length = 0;
  expect_ok(handle, dkim_getsighdr_d(handle, sizeof DKIM_SIGNHEADER + 1, &value, &length));
  std::string line = DKIM_SIGNHEADER ": ";
  for (const char c : std::string_view(reinterpret_cast<char*>(value), length)) {  // folded with LF TAB or CR LF TAB
    if (c == '\n') line += "\r\n";
    if (c != '\n' && c != '\r') line += c;
  }
  return line + "\r\n";
}

std::unique_ptr<Signature> Signer::begin(const std::string& keys, std::chrono::sys_seconds now) const {
  auto state = std::make_unique<Signature::Parts>();
  state->libraries = ring_->libraries;
  state->now = now;
  for (const std::string_view name : split_names(keys)) {
    auto key = ring_->named(name);
    if (!key) throw std::runtime_error(fmt::format("DKIM signature: no key {} is configured", name));
    state->parts.push_back({std::move(key), nullptr});
  }
  return std::unique_ptr<Signature>(new Signature(std::move(state)));
}

Signature::Signature(std::unique_ptr<Parts> state) : state_(std::move(state)) {}
Signature::~Signature() = default;

namespace {

// What goes wrong on the way is told at the end, so that a caller that streams a message asks in one place.
template <class Step>
void unless_failed(std::string& failure, Step step) {
  if (!failure.empty()) return;
  try {
    step();
  } catch (const std::runtime_error& error) {
    failure = error.what();
  }
}

}  // namespace

void Signature::header(std::string_view field) {
  unless_failed(state_->failure, [&] { state_->add(field); });
}

void Signature::body(std::string_view octets) {
  unless_failed(state_->failure, [&] {
    if (!state_->open) state_->start();
    state_->feed(octets);
  });
}

std::string Signature::finish() {
  std::string lines;
  unless_failed(state_->failure, [&] {
    if (!state_->open) state_->start();
    // RFC 6376 §3.4.4: a body that does not end with CRLF is signed as if it did; delivery adds it (RFC 5321 §4.1.1.4).
    if (state_->last[0] != '\r' || state_->last[1] != '\n') state_->feed("\r\n");
    for (const Parts::OneKey& part : state_->parts) lines += state_->sign(part);
  });
  if (!state_->failure.empty()) throw std::runtime_error(state_->failure);
  return lines;
}

}  // namespace dkim
