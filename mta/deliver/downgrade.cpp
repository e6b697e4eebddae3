#include "mta/deliver/downgrade.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <memory>
#include <mutex>

namespace mta {
namespace {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

struct FreeFormat {
  void operator()(GMimeFormatOptions* options) const { g_mime_format_options_free(options); }
};

bool seven_bit(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; });
}

bool holds_signature(GMimeObject* object) {
  if (object == nullptr) return false;
  if (GMIME_IS_MULTIPART_SIGNED(object)) return true;
  if (GMIME_IS_MESSAGE(object)) return holds_signature(g_mime_message_get_mime_part(GMIME_MESSAGE(object)));
  if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    return inner != nullptr && holds_signature(GMIME_OBJECT(inner));
  }
  if (!GMIME_IS_MULTIPART(object)) return false;
  auto* parts = GMIME_MULTIPART(object);
  for (int i = 0; i < g_mime_multipart_get_count(parts); ++i)
    if (holds_signature(g_mime_multipart_get_part(parts, i))) return true;
  return false;
}

// Makes the header and the content of an object 7-bit, and of all within it.
class Encoder {
 public:
  void encode(GMimeObject* object) {
    if (object == nullptr) return;
    encode_header(object);
    if (GMIME_IS_MESSAGE(object)) {
      encode(g_mime_message_get_mime_part(GMIME_MESSAGE(object)));
    } else if (GMIME_IS_MESSAGE_PART(object)) {
      GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
      if (inner != nullptr) encode(GMIME_OBJECT(inner));
      name_seven_bit(object);
    } else if (GMIME_IS_MULTIPART(object)) {
      auto* parts = GMIME_MULTIPART(object);
      for (int i = 0; i < g_mime_multipart_get_count(parts); ++i) encode(g_mime_multipart_get_part(parts, i));
      name_seven_bit(object);
    } else if (GMIME_IS_PART(object)) {
      encode_content(GMIME_PART(object));
    }
  }
  bool changed() const { return fields_ || content_; }
  bool content() const { return content_; }

 private:
  // GMime writes a field that is set anew as its kind wants it: encoded words, or parameters as RFC 2231 has them.
  void encode_header(GMimeObject* object) {
    GMimeHeaderList* list = g_mime_object_get_header_list(object);
    for (int i = 0; i < g_mime_header_list_get_count(list); ++i) {
      GMimeHeader* field = g_mime_header_list_get_header_at(list, i);
      const char* raw = g_mime_header_get_raw_value(field);
      if (raw == nullptr || seven_bit(raw)) continue;
      const char* decoded = g_mime_header_get_value(field);
      const std::string value(decoded == nullptr ? "" : decoded);
      g_mime_header_set_value(field, nullptr, value.c_str(), "utf-8");
      fields_ = true;
    }
  }
  void encode_content(GMimePart* part) {
    const GMimeContentEncoding named = g_mime_part_get_content_encoding(part);
    if (named == GMIME_CONTENT_ENCODING_BASE64 || named == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
        named == GMIME_CONTENT_ENCODING_UUENCODE)
      return;
    const GMimeContentEncoding best = g_mime_part_get_best_content_encoding(part, GMIME_ENCODING_CONSTRAINT_7BIT);
    if (best != GMIME_CONTENT_ENCODING_BASE64 && best != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE) return;
    g_mime_part_set_content_encoding(part, best);
    content_ = true;
  }
  // RFC 2045 §6.4: what holds other parts has no encoding but the identity of the least of them.
  static void name_seven_bit(GMimeObject* object) {
    if (g_mime_object_get_header(object, "Content-Transfer-Encoding") != nullptr)
      g_mime_object_set_header(object, "Content-Transfer-Encoding", "7bit", nullptr);
  }

  bool fields_ = false, content_ = false;
};

// A message without MIME fields gets them: an encoding means nothing without MIME-Version (RFC 2045 §4).
void name_as_mime(GMimeMessage* message) {
  auto* header = GMIME_OBJECT(message);
  if (g_mime_object_get_header(header, "MIME-Version") == nullptr)
    g_mime_object_set_header(header, "MIME-Version", "1.0", nullptr);
}

}  // namespace

std::optional<std::string> downgrade(const std::string& message) {
  static std::once_flag begun;
  std::call_once(begun, [] { g_mime_init(); });
  const Owned<GMimeStream> in(g_mime_stream_mem_new_with_buffer(message.data(), message.size()));
  const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(in.get()));
  const Owned<GMimeMessage> parsed(g_mime_parser_construct_message(parser.get(), nullptr));
  if (!parsed || holds_signature(GMIME_OBJECT(parsed.get()))) return std::nullopt;
  Encoder encoder;
  encoder.encode(GMIME_OBJECT(parsed.get()));
  if (!encoder.changed()) return std::nullopt;
  if (encoder.content()) name_as_mime(parsed.get());
  const std::unique_ptr<GMimeFormatOptions, FreeFormat> format(g_mime_format_options_new());
  g_mime_format_options_set_newline_format(format.get(), GMIME_NEWLINE_FORMAT_DOS);
  const Owned<GMimeStream> out(g_mime_stream_mem_new());
  g_mime_object_write_to_stream(GMIME_OBJECT(parsed.get()), format.get(), out.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out.get()));
  return std::string(reinterpret_cast<const char*>(bytes->data), bytes->len);
}

}  // namespace mta
