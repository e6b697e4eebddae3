#include "mta/submit/reencode.h"

#include <fmt/format.h>
#include <gmime/gmime.h>

#include <algorithm>
#include <utility>

#include "mta/smtp/address.h"
#include "mta/smtp/header_section.h"
#include "mta/submit/body_scan.h"

namespace mta {
namespace {

std::size_t length_of(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line.size();
}

bool is_long(std::string_view line) { return length_of(line) > longest_sent_line; }

template <class Each>
void each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const auto line = text.substr(0, std::min(text.find('\n'), text.size() - 1) + 1);
    each(line);
    text.remove_prefix(line.size());
  }
}

bool has_long_line(std::string_view text) {
  bool found = false;
  each_line(text, [&](std::string_view line) { found = found || is_long(line); });
  return found;
}

// Blanks at the end mean nothing: of a field, of a boundary (RFC 2046 §5.1.1), of what no part owns. A line of blanks alone must not come
// of them: behind a boundary it would end the header that follows.
void drop_last_blanks(std::string& line) {
  const std::string end = line.substr(length_of(line));
  line.erase(line.find_last_not_of(" \t\r\n") + 1);
  line += end;
}

// Where a line that is too long is broken: before a blank with text on both sides (RFC 5322 §2.2.3).
std::size_t blank_to_fold_at(std::string_view line) {
  for (auto at = longest_sent_line; at > 0; --at) {
    if (line[at] != ' ' && line[at] != '\t') continue;
    const bool text_before = line.substr(0, at).find_first_not_of(" \t") != std::string_view::npos;
    const bool text_behind = line.substr(at).find_first_not_of(" \t\r\n") != std::string_view::npos;
    const bool name_only = line[at - 1] == ':';
    if (text_before && text_behind && !name_only) return at;
  }
  return 0;
}

// Where no blank is: behind a separator, else anywhere but inside a character.
std::size_t place_to_break_at(std::string_view line) {
  const auto most = longest_sent_line;
  const auto mark = line.substr(0, most).find_last_of(",;>");
  if (mark != std::string_view::npos && mark > most / 2) return mark + 1;
  auto at = most;
  while (at > most - 4 && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

void fold_line(std::string_view line, std::string& out) {
  std::string rest(line);
  if (is_long(rest)) drop_last_blanks(rest);
  while (is_long(rest)) {
    const auto blank = blank_to_fold_at(rest);
    const auto at = blank > 0 ? blank : place_to_break_at(rest);
    out.append(rest, 0, at).append("\r\n");
    rest.erase(0, at);
    if (blank == 0) rest.insert(0, 1, ' ');
  }
  out.append(rest);
}

// The text between parts means nothing: its lines are cut. Each piece begins with a blank, so that none is taken for a boundary.
std::string cut(std::string_view line) {
  std::string out, rest(line);
  if (is_long(rest)) drop_last_blanks(rest);
  while (is_long(rest)) {
    out.append(rest, 0, longest_sent_line).append("\r\n");
    rest.replace(0, longest_sent_line, " ");
  }
  return out.append(rest);
}

// A header that announces the encoding its body will have.
std::string with_encoding(const MimePart& part, const std::string& header) {
  smtp::HeaderSection section;
  section.add(header);
  section.finish();
  const bool base64 = part.encoding == MimePart::Encoding::base64;
  const std::string own = fmt::format("Content-Transfer-Encoding: {}\r\n", base64 ? "base64" : "quoted-printable");
  std::string result;
  bool told = false, versioned = false;
  for (const auto& field : section.fields()) {
    versioned = versioned || field.is("MIME-Version");
    if (!field.is("Content-Transfer-Encoding")) {
      result.append(field.text);
    } else if (!told) {
      result.append(own);
      told = true;
    }
  }
  if (part.message && !versioned) result += "MIME-Version: 1.0\r\n";  // RFC 2045 §4
  if (!told) result += own;
  return result + "\r\n";
}

}  // namespace

std::string fold_long_fields(std::string_view header) {
  std::string out;
  out.reserve(header.size() + header.size() / 256);
  each_line(header, [&](std::string_view line) { fold_line(line, out); });
  return out;
}

void LongLines::blame(const std::string& why) {
  if (fault_.empty())
    fault_ =
        fmt::format("a line of the message is longer than {} octets, and its part cannot be encoded: {}", longest_sent_line, why);
}

void LongLines::header(const MimePart& part, const std::string& text) {
  const bool found = has_long_line(text);
  if (found && part.header_sealed) blame(part.untouchable);
  in_body_ = in_body_ || (found && part.number > 0);
}

void LongLines::body(const MimePart& part, std::string_view line) {
  if (!is_long(line)) return;
  in_body_ = true;
  if (part.untouchable.empty())
    parts_.insert(part.number);
  else
    blame(part.untouchable);
}

void LongLines::between(std::string_view line, bool sealed) {
  if (!is_long(line)) return;
  in_body_ = true;
  if (sealed) blame("it is signed or encrypted");
}

// What decodes a part as it came, and encodes it as it goes. The state of both outlives a line.
struct Reencoder::Coder {
  explicit Coder(MimePart::Encoding encoding) : decodes(encoding != MimePart::Encoding::identity) {
    const bool base64 = encoding == MimePart::Encoding::base64;
    const auto kind = base64 ? GMIME_CONTENT_ENCODING_BASE64 : GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    g_mime_encoding_init_decode(&decoder, kind);
    g_mime_encoding_init_encode(&encoder, kind);
  }

  std::string encode(std::string_view text, bool last) {
    std::string plain(text);
    if (decodes) {
      plain.resize(g_mime_encoding_outlen(&decoder, text.size()));
      plain.resize(g_mime_encoding_step(&decoder, text.data(), text.size(), plain.data()));
    }
    std::string coded(g_mime_encoding_outlen(&encoder, plain.size()), '\0');
    auto* step = last ? g_mime_encoding_flush : g_mime_encoding_step;
    coded.resize(step(&encoder, plain.data(), plain.size(), coded.data()));
    std::string lines;
    lines.reserve(coded.size() + coded.size() / 32);
    for (const char c : coded) {
      if (c == '\n') lines += '\r';
      lines += c;
    }
    if (!lines.empty()) ended = lines.back() == '\n';
    return lines;
  }

  bool decodes;
  bool ended = true;  // what was written last ends a line
  GMimeEncoding decoder{}, encoder{};
};

Reencoder::Reencoder(std::set<std::size_t> parts) : parts_(std::move(parts)) {}
Reencoder::~Reencoder() = default;

void Reencoder::write(std::string_view octets) {
  eight_bit_ = eight_bit_ || !smtp::is_ascii(octets);
  out_.append(octets);
}

void Reencoder::end_part() {
  if (!coder_) return;
  const auto coder = std::move(coder_);
  if (coder->decodes || !coder->ended) write(coder->encode("", true));
  if (!coder->ended) write("\r\n");
}

void Reencoder::header(const MimePart& part, const std::string& text) {
  end_part();
  const bool encodes = parts_.contains(part.number);
  std::string header = encodes ? with_encoding(part, text) : text;
  if (!part.header_sealed) header = fold_long_fields(header);
  if (encodes) coder_ = std::make_unique<Coder>(part.encoding);
  if (part.number > 0) return write(header);
  eight_bit_ = eight_bit_ || !smtp::is_ascii(header);
  head_ = std::move(header);
}

void Reencoder::body(const MimePart&, std::string_view line) { write(coder_ ? coder_->encode(line, false) : std::string(line)); }

void Reencoder::between(std::string_view line, bool sealed) {
  end_part();
  write(sealed ? std::string(line) : cut(line));
}

void Reencoder::finish() {
  walk_.finish();
  end_part();
}

std::string Reencoder::take_head() { return std::exchange(head_, {}); }

}  // namespace mta
