#include "mta/submit/mime_walk.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <memory>

#include "mta/smtp/address.h"
#include "mta/smtp/header_section.h"

namespace mta {
namespace {

constexpr std::size_t most_levels = 100;       // of multiparts; what is deeper is not taken apart
constexpr std::size_t longest_boundary = 900;  // RFC 2046 §5.1.1 has 70; the field that names it must fit into a line

struct FreeType {
  void operator()(GMimeContentType* type) const { g_object_unref(type); }
};

struct Type {
  std::string main = "text", sub = "plain", boundary;
};

Type read_type(std::string_view value) {
  static const bool ready = (g_mime_init(), true);
  Type type;
  if (!ready) return type;
  const std::string terminated(value);
  const std::unique_ptr<GMimeContentType, FreeType> parsed(g_mime_content_type_parse(nullptr, terminated.c_str()));
  if (parsed == nullptr) return type;
  const auto text = [](const char* found) { return std::string(found == nullptr ? "" : found); };
  type.main = smtp::lower(text(g_mime_content_type_get_media_type(parsed.get())));
  type.sub = smtp::lower(text(g_mime_content_type_get_media_subtype(parsed.get())));
  type.boundary = text(g_mime_content_type_get_parameter(parsed.get(), "boundary"));
  return type;
}

std::string_view without_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t") == std::string_view::npos; }

// RFC 5322 §2.2: does a line belong to a header section?
bool is_header_line(std::string_view line, bool first) {
  return smtp::field_name_length(line) > 0 || (!first && (line.front() == ' ' || line.front() == '\t'));
}

// What must not be encoded anew, and why.
std::string seal_of(const Type& type) {
  const auto name = type.main + "/" + type.sub;
  if (type.main == "multipart" && type.sub == "signed") return "it is signed (multipart/signed)";
  if (type.main == "multipart" && type.sub == "encrypted") return "it is encrypted (multipart/encrypted)";
  const bool smime = type.sub.starts_with("pkcs7-") || type.sub.starts_with("x-pkcs7-");
  if (type.main == "application" && smime) return "it is signed or encrypted (S/MIME)";
  if (type.main == "application" && type.sub.starts_with("pgp-")) return "it is signed or encrypted (PGP)";
  if (type.main == "message") return name + " may have no other encoding (RFC 2046)";
  if (type.main == "multipart") return "its boundary is missing or too long";
  return {};
}

}  // namespace

void MimeWalk::add(std::string_view octets) {
  while (!octets.empty()) {
    const auto end = octets.find('\n');
    const auto piece = octets.substr(0, end == std::string_view::npos ? octets.size() : end + 1);
    octets.remove_prefix(piece.size());
    if (end == std::string_view::npos) {
      line_.append(piece);
    } else if (line_.empty()) {
      take_line(piece);
    } else {
      line_.append(piece);
      take_line(line_);
      line_.clear();
    }
  }
}

void MimeWalk::finish() {
  if (!line_.empty()) take_line(line_);
  line_.clear();
  if (at_ == MimePlace::header) end_header();
}

void MimeWalk::take_line(std::string_view line) {
  if (take_boundary(line)) return;
  if (at_ == MimePlace::header) {
    const bool empty = without_end(line).empty();
    if (empty || (is_header_line(line, header_.empty()) && header_.size() < smtp::max_header_section)) {
      header_.append(line);
      if (empty) end_header();
      return;
    }
    end_header();
    return take_line(line);  // the first of its body; that of an embedded message may begin a header again
  }
  if (at_ == MimePlace::body)
    reader_.body(part_, line);
  else
    reader_.between(line, sealed());
}

// RFC 2046 §5.1.2: the boundary of an outer level ends the inner ones too.
bool MimeWalk::take_boundary(std::string_view line) {
  if (!line.starts_with("--")) return false;
  const auto text = without_end(line);
  for (auto level = levels_.size(); level-- > 0;) {
    const auto& boundary = levels_[level].boundary;
    if (!text.starts_with(boundary)) continue;
    auto rest = text.substr(boundary.size());
    const bool closes = rest.starts_with("--");
    if (closes) rest.remove_prefix(2);
    if (!is_blank(rest)) continue;
    if (at_ == MimePlace::header) end_header();
    levels_.resize(level + 1);
    reader_.between(line, sealed());
    if (closes) {
      levels_.pop_back();
      at_ = MimePlace::between;
    } else {
      begin_part(false);
    }
    return true;
  }
  return false;
}

void MimeWalk::begin_part(bool message) {
  part_ = {};
  part_.number = next_++;
  part_.message = message;
  part_.header_sealed = sealed();
  header_.clear();
  at_ = MimePlace::header;
}

void MimeWalk::end_header() {
  smtp::HeaderSection section;
  section.add(header_);
  section.finish();
  Type type;
  if (!levels_.empty() && levels_.back().digest && !part_.message) type = {"message", "rfc822", ""};
  std::string encoding;
  for (const auto& field : section.fields()) {
    if (field.is("Content-Type")) type = read_type(field.value);
    if (field.is("Content-Transfer-Encoding")) encoding = smtp::lower(field.value);
  }
  std::erase_if(encoding, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  encoding = encoding.substr(0, encoding.find('('));
  const bool identity = encoding.empty() || encoding == "7bit" || encoding == "8bit" || encoding == "binary";
  if (encoding == "base64") part_.encoding = MimePart::Encoding::base64;
  if (encoding == "quoted-printable") part_.encoding = MimePart::Encoding::quoted_printable;
  const std::string outer = levels_.empty() ? "" : levels_.back().untouchable;
  const bool embedded = type.main == "message" && (type.sub == "rfc822" || type.sub == "global") && identity;
  const bool bounded = !type.boundary.empty() && type.boundary.size() <= longest_boundary;
  const bool several = type.main == "multipart" && bounded && levels_.size() < most_levels;
  const std::string own = seal_of(type);
  part_.untouchable = outer.empty() ? own : outer;
  if (part_.untouchable.empty() && !identity && part_.encoding == MimePart::Encoding::identity)
    part_.untouchable = "its encoding is not known";
  at_ = several ? MimePlace::between : MimePlace::body;
  reader_.header(part_, header_);
  header_.clear();
  if (several) {
    const bool seals = type.sub == "signed" || type.sub == "encrypted";
    levels_.push_back({"--" + type.boundary, !outer.empty() ? outer : seals ? own : "", type.sub == "digest"});
  } else if (embedded) {
    begin_part(true);
  }
}

}  // namespace mta
