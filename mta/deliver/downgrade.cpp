#include "mta/deliver/downgrade.h"

#include <fmt/format.h>
#include <gmime/gmime.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

namespace mta {
namespace {

struct UnrefObject {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, UnrefObject>;

struct FreeFormat {
  void operator()(GMimeFormatOptions* options) const { g_mime_format_options_free(options); }
};

bool is_eight_bit(char c) { return static_cast<unsigned char>(c) > 0x7F; }

bool seven_bit(std::string_view text) { return std::none_of(text.begin(), text.end(), is_eight_bit); }

// For text that no encoding is allowed in.
std::string with_question_marks(std::string text) {
  std::replace_if(text.begin(), text.end(), is_eight_bit, '?');
  return text;
}

std::string with_crlf(std::string_view text) {
  std::string lines;
  for (const char c : text) {
    if (c == '\n' && !lines.ends_with('\r')) lines += '\r';
    lines += c;
  }
  return lines;
}

bool has_crlf_only(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
  }
  return true;
}

bool is_shown_text(GMimeMultipart* parts) {
  const char* text = g_mime_multipart_get_prologue(parts);
  return g_mime_multipart_get_count(parts) == 0 && text != nullptr && !seven_bit(text);
}

// Signed parts, and a multipart without a part: its text is all that there is to read, and it has no encoding.
bool must_stay(GMimeObject* object) {
  if (object == nullptr) return false;
  if (GMIME_IS_MULTIPART_SIGNED(object)) return true;
  if (GMIME_IS_MESSAGE(object)) return must_stay(g_mime_message_get_mime_part(GMIME_MESSAGE(object)));
  if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    return inner != nullptr && must_stay(GMIME_OBJECT(inner));
  }
  if (!GMIME_IS_MULTIPART(object)) return false;
  auto* parts = GMIME_MULTIPART(object);
  if (is_shown_text(parts)) return true;
  for (int i = 0; i < g_mime_multipart_get_count(parts); ++i)
    if (must_stay(g_mime_multipart_get_part(parts, i))) return true;
  return false;
}

std::string octets_of(GMimeStream* stream) {
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
  return bytes->len == 0 ? std::string() : std::string(reinterpret_cast<const char*>(bytes->data), bytes->len);
}

std::string written(GMimeMessage* message) {
  const std::unique_ptr<GMimeFormatOptions, FreeFormat> format(g_mime_format_options_new());
  g_mime_format_options_set_newline_format(format.get(), GMIME_NEWLINE_FORMAT_DOS);
  const Owned<GMimeStream> out(g_mime_stream_mem_new());
  g_mime_object_write_to_stream(GMIME_OBJECT(message), format.get(), out.get());
  return octets_of(out.get());
}

// A message without MIME fields gets them: an encoding means nothing without MIME-Version (RFC 2045 §4).
void name_as_mime(GMimeMessage* message) {
  auto* header = GMIME_OBJECT(message);
  if (g_mime_object_get_header(header, "MIME-Version") == nullptr)
    g_mime_object_set_header(header, "MIME-Version", "1.0", nullptr);
}

// Makes the header and the content of an object 7-bit, and of all within it.
class Encoder {
 public:
  void encode(GMimeObject* object) {
    if (object == nullptr) return;
    encode_header(object);
    if (GMIME_IS_MESSAGE(object)) {
      encode_message(GMIME_MESSAGE(object));
    } else if (GMIME_IS_MESSAGE_PART(object)) {
      GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
      if (inner != nullptr) encode(GMIME_OBJECT(inner));
      name_seven_bit(object);
    } else if (GMIME_IS_MULTIPART(object)) {
      encode_parts(GMIME_MULTIPART(object));
      name_seven_bit(object);
    } else if (GMIME_IS_PART(object)) {
      encode_content(GMIME_PART(object));
    }
  }
  bool changed() const { return changed_; }

 private:
  void encode_message(GMimeMessage* message) {
    const bool outer = std::exchange(encoded_, false);
    encode(g_mime_message_get_mime_part(message));
    if (encoded_) name_as_mime(message);
    encoded_ = encoded_ || outer;
  }

  void encode_parts(GMimeMultipart* parts) {
    encode_boundary(parts);
    for (int i = 0; i < g_mime_multipart_get_count(parts); ++i) encode(g_mime_multipart_get_part(parts, i));
    set_text(parts, g_mime_multipart_get_prologue(parts), g_mime_multipart_set_prologue);
    set_text(parts, g_mime_multipart_get_epilogue(parts), g_mime_multipart_set_epilogue);
  }

  // RFC 2046 §5.1.1: the text around the parts is to be ignored. GMime keeps it without the CR of its lines.
  void set_text(GMimeMultipart* parts, const char* text, void (*set)(GMimeMultipart*, const char*)) {
    if (text == nullptr) return;
    const std::string kept = text;
    changed_ = changed_ || !seven_bit(kept);
    set(parts, with_crlf(with_question_marks(kept)).c_str());
  }

  void encode_boundary(GMimeMultipart* parts) {
    const char* boundary = g_mime_multipart_get_boundary(parts);
    if (boundary == nullptr || seven_bit(boundary)) return;
    const std::string made = fmt::format("=_7bit_{:016x}", std::hash<std::string_view>{}(boundary));
    g_mime_multipart_set_boundary(parts, made.c_str());
    changed_ = true;
  }

  void encode_header(GMimeObject* object) {
    GMimeHeaderList* list = g_mime_object_get_header_list(object);
    for (int i = 0; i < g_mime_header_list_get_count(list); ++i) {
      GMimeHeader* field = g_mime_header_list_get_header_at(list, i);
      const char* raw = g_mime_header_get_raw_value(field);
      if (raw == nullptr || seven_bit(raw)) continue;
      encode_field(field, raw);
      changed_ = true;
    }
  }

  // GMime writes a field that is set anew as its kind wants it: encoded words, or parameters as RFC 2231 has them. What has neither, such
  // as an address, and what GMime cannot read, is left with question marks.
  static void encode_field(GMimeHeader* field, const std::string& before) {
    const char* name = g_mime_header_get_name(field);
    const auto is = [name](const char* other) { return g_ascii_strcasecmp(name, other) == 0; };
    if (!is("Content-Transfer-Encoding") && !is("MIME-Version") && !is("Date")) {
      const char* decoded = g_mime_header_get_value(field);
      const std::string value(decoded == nullptr ? "" : decoded);
      g_mime_header_set_value(field, nullptr, value.c_str(), "utf-8");
      const char* raw = g_mime_header_get_raw_value(field);
      const std::string_view after(raw == nullptr ? "" : raw);
      const bool empty = after.find_first_not_of(" \t\r\n") == std::string_view::npos;
      if (!empty && seven_bit(after) && after.ends_with('\n')) return;
    }
    g_mime_header_set_raw_value(field, with_question_marks(before).c_str());
  }

  void encode_content(GMimePart* part) {
    if (g_mime_part_get_content(part) == nullptr) return;  // a header and nothing behind it
    const GMimeContentEncoding named = g_mime_part_get_content_encoding(part);
    const bool encoded = named == GMIME_CONTENT_ENCODING_BASE64 || named == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
                         named == GMIME_CONTENT_ENCODING_UUENCODE;
    if (encoded && !decode(part)) return;
    // What was decoded may be anything, so it is encoded as octets.
    const auto best =
        encoded ? GMIME_CONTENT_ENCODING_BASE64 : g_mime_part_get_best_content_encoding(part, GMIME_ENCODING_CONSTRAINT_7BIT);
    if (best != GMIME_CONTENT_ENCODING_BASE64 && best != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE) return;
    g_mime_part_set_content_encoding(part, best);
    changed_ = encoded_ = true;
  }

  // Only where something 8-bit stands in what is called encoded: the part then has what a reader makes of it. False: there is none.
  static bool decode(GMimePart* part) {
    GMimeDataWrapper* content = g_mime_part_get_content(part);
    const Owned<GMimeStream> raw(g_mime_stream_mem_new());
    GMimeStream* stored = g_mime_data_wrapper_get_stream(content);
    g_mime_stream_reset(stored);
    g_mime_stream_write_to_stream(stored, raw.get());
    g_mime_stream_reset(stored);
    if (seven_bit(octets_of(raw.get()))) return false;
    const Owned<GMimeStream> plain(g_mime_stream_mem_new());
    g_mime_data_wrapper_write_to_stream(content, plain.get());
    g_mime_stream_reset(plain.get());
    const Owned<GMimeDataWrapper> fresh(g_mime_data_wrapper_new_with_stream(plain.get(), GMIME_CONTENT_ENCODING_DEFAULT));
    g_mime_part_set_content(part, fresh.get());
    return true;
  }

  // RFC 2045 §6.4: what holds other parts has no encoding but the identity of the least of them.
  static void name_seven_bit(GMimeObject* object) {
    if (g_mime_object_get_header(object, "Content-Transfer-Encoding") != nullptr)
      g_mime_object_set_header(object, "Content-Transfer-Encoding", "7bit", nullptr);
  }

  bool changed_ = false;
  bool encoded_ = false;  // a part of the message that is being encoded
};

// GMime leaves out what it cannot read, such as a header line without a colon: then it must not write. It may add an empty line around a
// boundary.
bool is_understood(GMimeMessage* parsed, std::string_view message) {
  const auto is_line_end = [](char c) { return c == '\r' || c == '\n'; };
  const std::string same = written(parsed);
  std::size_t i = 0, j = 0;
  for (;; ++i, ++j) {
    while (i < same.size() && is_line_end(same[i])) ++i;
    while (j < message.size() && is_line_end(message[j])) ++j;
    if (i == same.size() || j == message.size()) return i == same.size() && j == message.size();
    if (same[i] != message[j]) return false;
  }
}

}  // namespace

std::optional<std::string> downgrade(const std::string& message) {
  static std::once_flag begun;
  std::call_once(begun, [] { g_mime_init(); });
  if (!message.ends_with("\r\n")) return downgrade(message + "\r\n");  // as DATA sends it
  const Owned<GMimeStream> in(g_mime_stream_mem_new_with_buffer(message.data(), message.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(in.get()));
  const Owned<GMimeMessage> parsed(g_mime_parser_construct_message(parser.get(), nullptr));
  if (!parsed || must_stay(GMIME_OBJECT(parsed.get())) || !is_understood(parsed.get(), message)) return std::nullopt;
  Encoder encoder;
  encoder.encode(GMIME_OBJECT(parsed.get()));
  if (!encoder.changed()) return std::nullopt;
  std::string made = written(parsed.get());
  if (!seven_bit(made) || !has_crlf_only(made)) return std::nullopt;
  return made;
}

}  // namespace mta
