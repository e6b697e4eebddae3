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

bool seven_bit(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; });
}

// Octets within a signature must stay as they are.
void find_signed(GMimeObject*, GMimeObject* part, gpointer found) {
  if (GMIME_IS_MULTIPART_SIGNED(part)) *static_cast<bool*>(found) = true;
}

bool is_signed(GMimeMessage* message) {
  bool found = false;
  g_mime_message_foreach(message, find_signed, &found);
  return found || GMIME_IS_MULTIPART_SIGNED(g_mime_message_get_mime_part(message));
}

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
  if (!parsed || g_mime_message_get_mime_part(parsed.get()) == nullptr || is_signed(parsed.get())) return std::nullopt;
  name_as_mime(parsed.get());
  g_mime_object_encode(GMIME_OBJECT(parsed.get()), GMIME_ENCODING_CONSTRAINT_7BIT);
  const std::unique_ptr<GMimeFormatOptions, FreeFormat> format(g_mime_format_options_new());
  g_mime_format_options_set_newline_format(format.get(), GMIME_NEWLINE_FORMAT_DOS);
  const Owned<GMimeStream> out(g_mime_stream_mem_new());
  g_mime_object_write_to_stream(GMIME_OBJECT(parsed.get()), format.get(), out.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out.get()));
  std::string result(reinterpret_cast<const char*>(bytes->data), bytes->len);
  if (!seven_bit(result)) return std::nullopt;
  return result;
}

}  // namespace mta
