// Messages on the wire: where they end, what may be stored, what their header is. The reference here is the definition of the RFC,
// written down as plainly as it can be; the input is cut in many ways, for smuggling lives where one reader sees another line end.
#include <algorithm>

#include "mta/smtp/dots.h"
#include "mta/smtp/header_section.h"
#include "mta/submit/body_scan.h"
#include "mta/submit/from_header.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

using mta::TextCheck;
using mta::Undot;
using mta::smtp::HeaderReading;
using mta::smtp::HeaderSection;

struct Content {
  std::string text;
  std::size_t used = 0;
  bool ended = false;
  std::string fault;
  friend bool operator==(const Content&, const Content&) = default;
};

// RFC 5321 §4.1.1.4, §4.5.2: a line of a single dot ends it, another dot at the beginning of a line is taken off. Lines end in CRLF.
Content by_definition(std::string_view input) {
  Content made;
  while (made.used < input.size()) {
    std::string_view line = input.substr(made.used);
    const auto end = line.find("\r\n");
    const bool whole = end != std::string_view::npos;
    if (whole) line = line.substr(0, end + 2);
    made.used += line.size();
    if (line == ".\r\n") {
      made.ended = true;
      return made;
    }
    if (!whole && (line == "." || line == ".\r")) return made;  // may still become the end
    made.text += line.starts_with('.') ? line.substr(1) : line;
  }
  return made;
}

// As the session reads it, in pieces of at most `most` octets.
Content as_read(std::string_view input, std::size_t most) {
  Content made;
  Undot undot;
  TextCheck check;
  Cuts cuts(input);
  while (made.used < input.size() && !undot.ended()) {
    const auto piece = input.substr(made.used, cuts.next(most));
    std::string clean;
    made.used += undot.add(piece, clean);
    check.add(clean);
    made.text += clean;
  }
  made.ended = undot.ended();
  if (made.ended) check.finish();
  made.fault = check.fault();
  return made;
}

bool is_plain_text(std::string_view text) {  // nothing but lines that everybody ends alike
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0' || (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))) return false;
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
  }
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size() - 1);
    auto line = text.substr(0, end + 1);
    if (line.ends_with("\r\n")) line.remove_suffix(2);
    if (line.size() > mta::longest_sent_line) return false;
    text.remove_prefix(end + 1);
  }
  return true;
}

std::string stuffed(std::string_view text, std::size_t most) {
  mta::smtp::DotStuffer stuffer;
  std::string out;
  Cuts cuts(text);
  while (!text.empty()) {
    const auto piece = text.substr(0, cuts.next(most));
    stuffer.add(piece, out);
    text.remove_prefix(piece.size());
  }
  stuffer.finish(out);
  return out;
}

std::string check_data(std::string_view input) {
  const Content expected = by_definition(input);
  Content whole = as_read(input, input.size() + 1);
  const bool clean = whole.fault.empty();
  if (whole.ended != expected.ended || whole.used != expected.used || (clean && whole.text != expected.text))
    return "the message does not end where the RFC says, or is not what it says";
  for (const std::size_t most : {1U, 2U, 3U, 7U, 100U}) {
    const Content cut = as_read(input, most);
    if (cut.ended != whole.ended || cut.used != whole.used || cut.text != whole.text)
      return "it depends on how the octets are cut";
    if (cut.fault.empty() != clean) return "a fault is seen or not, as the octets are cut";
  }
  if (!whole.ended) return {};
  if (clean != is_plain_text(whole.text)) return clean ? "text that may be read in two ways is taken" : "good text is refused";
  if (!clean) return {};
  // What we send on ends exactly once, and is read back as it was.
  for (const std::size_t most : {1U, 5U, 4096U}) {
    const std::string sent = stuffed(whole.text, most);
    const Content heard = by_definition(sent);
    const bool closed = whole.text.empty() || whole.text.ends_with("\r\n");
    if (!heard.ended || heard.used != sent.size()) return "what we send on ends early";
    if (heard.text != whole.text + (closed ? "" : "\r\n")) return "what we send on is something else";
  }
  return {};
}

struct Parsed {
  std::vector<std::string> fields;
  bool separated = false;
  std::string rest;
  friend bool operator==(const Parsed&, const Parsed&) = default;
};

Parsed parse_header(std::string_view input, std::size_t most, HeaderReading reading) {
  HeaderSection header(reading);
  Cuts cuts(input);
  while (!input.empty() && !header.complete()) {
    const auto piece = input.substr(0, cuts.next(most));
    header.add(piece);
    input.remove_prefix(piece.size());
  }
  header.finish();
  Parsed made;
  for (const auto& field : header.fields()) made.fields.emplace_back(field.text);
  made.separated = header.has_separator();
  made.rest = std::string(header.rest()) + std::string(input);
  return made;
}

// RFC 5322 §2.2: a field begins with a name and a colon, goes on in lines that begin with a blank; anything else is the body.
Parsed header_by_definition(std::string_view input) {
  Parsed made;
  while (!input.empty()) {
    const auto lf = std::min(input.find('\n'), input.size() - 1);
    const std::string line(input.substr(0, lf + 1));
    const bool blank = line.front() == ' ' || line.front() == '\t';
    const auto name = line.find_first_of(": \t\r\n");
    const auto colon = line.find_first_not_of(" \t", name);
    const bool named = name != 0 && name != std::string::npos && colon != std::string::npos && line[colon] == ':' &&
                       std::ranges::all_of(line.substr(0, name), [](char c) { return c > 32 && c < 127; });
    if (blank && !made.fields.empty()) {
      made.fields.back() += line;
    } else if (named) {
      made.fields.push_back(line);
    } else {
      made.separated = true;
      made.rest = input.substr(line == "\r\n" ? 2 : 0);
      return made;
    }
    input.remove_prefix(line.size());
  }
  return made;
}

// RFC 6376 §3.4: up to the empty line every CRLF that no blank follows ends a field.
Parsed signed_by_definition(std::string_view input) {
  Parsed made;
  while (!input.empty() && !made.separated) {
    made.separated = input.starts_with("\r\n");
    auto end = input.find("\r\n");
    while (!made.separated && end != std::string::npos && end + 2 < input.size() &&
           (input[end + 2] == ' ' || input[end + 2] == '\t'))
      end = input.find("\r\n", end + 2);
    const std::string field(input.substr(0, end == std::string::npos ? end : end + 2));
    if (!made.separated) made.fields.push_back(field);
    input.remove_prefix(field.size());
  }
  made.rest = input;
  return made;
}

std::string check_header(std::string_view input) {
  const Parsed whole = parse_header(input, input.size() + 1, HeaderReading::shown);
  const Parsed to_sign = parse_header(input, input.size() + 1, HeaderReading::as_signed);
  if (whole != header_by_definition(input)) return "it is not what the RFC says";
  if (to_sign != signed_by_definition(input)) return "what is signed is not what the RFC says";
  for (const std::size_t most : {1U, 2U, 5U, 60U}) {
    if (parse_header(input, most, HeaderReading::shown) != whole) return "it depends on how the octets are cut";
    if (parse_header(input, most, HeaderReading::as_signed) != to_sign) return "what is signed depends on how the octets are cut";
  }
  std::string joined;
  for (const std::string& field : whole.fields) joined += field;
  if (joined + whole.rest != input && joined + "\r\n" + whole.rest != input) return "octets are lost or made up";
  for (const std::string& field : whole.fields) {
    if (field.find(':') == std::string::npos || field.front() == ' ' || field.front() == '\t') return "a field that is none";
    if (field.find("\r\n\r\n") != std::string::npos) return "a field that holds the end of the header";
  }
  return {};
}

std::string check_from(std::string_view value) {
  const mta::FromHeader from = mta::read_from(value);
  for (const std::string& domain : from.domains)
    if (has_control(domain) || domain.find_first_of("@<> ") != std::string::npos || !is_utf8(domain)) return "a strange domain";
  return {};
}

}  // namespace

Target data() {
  return {"data",
          check_data,
          {"Subject: x\r\n\r\nbody\r\n.\r\nQUIT\r\n", "..\r\n...\r\n.x\r\n.\r\n", "a\r\n.\nMAIL FROM:<evil@example.com>\r\n.\r\n",
           "a\n.\r\nb\r\n.\r\n", "a\r.\r\nb\r\n.\r\n", "a\r\n.\rb\r\n.\r\n", ".\r\n", "a\r\n\r\n.\r\n\r\n.\r\n", "no end\r\n",
           std::string(1200, 'x') + "\r\n.\r\n", "b\xC3\xBC\r\n.\r\n", "a\r\r\n.\r\n.\r\n", std::string("a\0b\r\n.\r\n", 8)}};
}

Target header() {
  return {"header",
          check_header,
          {"From: a@example.com\r\nSubject: x\r\n\ty\r\n\r\nbody\r\n", "no header\r\n\r\nbody", "From : x\r\n", "\r\nbody",
           " folded\r\nFrom: a\r\n", "From: a\nTo: b\r\n\r\n", "A:\r\n\r\n.\r\n", "X: " + std::string(2000, 'y') + "\r\n\r\n"}};
}

Target from() {
  return {"from",
          check_from,
          {" Ann <ann@example.com>", " \"a@b\" <ann@example.com>, bob@example.org",
           " =?utf-8?q?a=40b?= <ann@b\xC3\xBC"
           "cher.example>",
           " group: a@example.com, b@example.com;", " (comment @evil) ann@example.com", " <@route:ann@example.com>",
           " ann@[192.0.2.1]"}};
}

}  // namespace fuzz
