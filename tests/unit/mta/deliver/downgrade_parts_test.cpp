// Whatever is in a message and however it is put together: it comes out 7-bit, and every part reads as before.
#include <gmime/gmime.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "mta/deliver/downgrade.h"

namespace mta {
namespace {

struct FreeObject {
  void operator()(void* object) const { g_object_unref(object); }
};
struct FreeText {
  void operator()(char* text) const { g_free(text); }
};
template <class T>
using Held = std::unique_ptr<T, FreeObject>;

std::string without_cr(std::string text) {
  std::erase(text, '\r');
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string content_of(GMimePart* part) {
  const Held<GMimeStream> out(g_mime_stream_mem_new());
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  if (content != nullptr) g_mime_data_wrapper_write_to_stream(content, out.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(out.get()));
  return bytes->len == 0 ? "" : std::string(reinterpret_cast<const char*>(bytes->data), bytes->len);
}

// Type and decoded content of every part, and the subject of every message.
void list(GMimeObject* object, std::vector<std::string>& found) {
  if (object == nullptr) return;
  if (GMIME_IS_MESSAGE(object)) {
    const char* subject = g_mime_message_get_subject(GMIME_MESSAGE(object));
    found.push_back("message about " + std::string(subject == nullptr ? "" : subject));
    return list(g_mime_message_get_mime_part(GMIME_MESSAGE(object)), found);
  }
  const std::unique_ptr<char, FreeText> type(g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object)));
  const std::string row = type ? type.get() : "";
  if (GMIME_IS_MESSAGE_PART(object)) {
    found.push_back(row);
    list(GMIME_OBJECT(g_mime_message_part_get_message(GMIME_MESSAGE_PART(object))), found);
  } else if (GMIME_IS_MULTIPART(object)) {
    found.push_back(row);
    auto* parts = GMIME_MULTIPART(object);
    for (int i = 0; i < g_mime_multipart_get_count(parts); ++i) list(g_mime_multipart_get_part(parts, i), found);
  } else {
    found.push_back(row + ": " + without_cr(content_of(GMIME_PART(object))));
  }
}

std::vector<std::string> parts_of(const std::string& message) {
  static const bool ready = (g_mime_init(), true);
  EXPECT_TRUE(ready);
  const Held<GMimeStream> in(g_mime_stream_mem_new_with_buffer(message.data(), message.size()));
  const Held<GMimeParser> parser(g_mime_parser_new_with_stream(in.get()));
  const Held<GMimeMessage> parsed(g_mime_parser_construct_message(parser.get(), nullptr));
  std::vector<std::string> found;
  list(GMIME_OBJECT(parsed.get()), found);
  return found;
}

// What of a text a server without 8BITMIME, or RFC 5321 §2.3.8, does not allow; "" when nothing.
std::string fault_of(const std::string& text) {
  constexpr std::size_t longest = 998;
  std::size_t length = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) > 0x7F) return "8-bit at " + std::to_string(i);
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return "bare LF at " + std::to_string(i);
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return "bare CR at " + std::to_string(i);
    length = text[i] == '\n' ? 0 : length + 1;
    if (length > longest + 1) return "long line at " + std::to_string(i);
  }
  return "";
}

std::string boxed(const std::string& box, const std::string& part) {
  std::string whole = box;
  const std::string mark = "PART";
  for (auto at = whole.find(mark); at != std::string::npos; at = whole.find(mark, at + part.size()))
    whole.replace(at, mark.size(), part);
  return "Subject: hi\r\nMIME-Version: 1.0\r\n" + whole;
}

// Header and body of a part.
const std::vector<std::string> leaves = {
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGr\xc3\xbc\xc3\x9f"
    "e\r\n.\r\nend",
    "Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n\r\na long enough text with one \xc3\xbc in it",
    "\r\n\xff\xfe\x80\r\n\r\n  trailing \t\r\n",
    "Content-Type: text/plain\r\n\r\n" + std::string(900, 'x') + "\xc3\xbc" + std::string(96, 'y'),
    "Content-Type: text/html; name=\"\xc3\xa4.html\"\r\nContent-Disposition: attachment; "
    "filename=\"\xc3\xa4\"\r\n\r\n<p>plain</p>",
    "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=3D=\r\nb\xc3\xbc\r\n=0Ax",
    "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\xc3\xbc\r\nCgoN",
    "Content-Type: application/x-f\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 \xc3\xbc\r\n#0V%T\r\n`\r\nend",
    "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: x-of-ours\r\n\r\n\xc3\xbc",
    "Content-Type: message/delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
    "Final-Recipient: rfc822; \xc3\xbc@example.com",
    "Content-Type: message/rfc822; name=\"\xc3\xbc\"\r\n\r\nContent-Type: text/plain\r\n",
    "Content-Type: message/partial; id=a; number=1; total=2\r\n\r\nSubject: \xc3\xbc\r\n\r\n\xc3\xbc",
    "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: \xc3\xbc\r\n\r\n\xc3\xbc",
    "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\nSubject: \xc3\xbc\r\n"
    "Content-Type: multipart/mixed; boundary=in\r\n\r\nbefore "
    "\xc3\xbc\r\n.\r\n\r\n--in\r\n\r\n\xc3\xbc\r\n--in--\r\nbehind\r\n\xc3\xbc",
};

const std::string of_boxes = "Content-Type: multipart/mixed; boundary=out\r\n";
const std::vector<std::string> boxes = {
    "PART",
    of_boxes + "\r\n--out\r\nPART\r\n--out--\r\n",
    of_boxes + "\r\n--out\r\nPART\r\n--out--",
    of_boxes + "\r\n--out\r\nPART\r\n",
    of_boxes + "\r\nThis is a message\r\nof many parts.\r\n\r\n--out\r\nPART\r\n--out\r\nPART\r\n--out--\r\n\r\nThe\r\nend\r\n",
    of_boxes +
        "Content-Transfer-Encoding: 8bit\r\n\r\nvor \xc3\xbc\r\n.\r\nx\r\n--out\r\nPART\r\n--out--\r\nnach \xc3\xbc\r\n.\r\n",
    of_boxes +
        "\r\n--out\r\nContent-Type: multipart/alternative; boundary=sub\r\n\r\nb\xc3\xbc\r\n\r\n--sub\r\nPART\r\n--sub--\r\n"
        "e\r\n\xc3\xbc\r\n--out--\r\n",
    of_boxes +
        "\r\n--out\r\nContent-Type: multipart/alternative; boundary=sub\r\n\r\n--sub\r\nPART\r\n--sub--\r\n--out\r\n"
        "PART\r\n--out--\r\n",
    "Content-Type: multipart/mixed; boundary=\"\xc3\xbc\"\r\n\r\n--\xc3\xbc\r\nPART\r\n--\xc3\xbc--\r\n",
    "Content-Type: multipart/digest; boundary=out\r\n\r\n--out\r\n\r\nSubject: in\r\nPART\r\n--out--\r\n",
};

TEST(DowngradeParts, AnythingInAnythingComesOutSevenBitAndReadsTheSame) {
  for (const auto& box : boxes) {
    for (const auto& leaf : leaves) {
      const std::string message = boxed(box, leaf);
      const auto made = downgrade(message);
      ASSERT_TRUE(made) << message;
      EXPECT_EQ(fault_of(*made), "") << *made;
      EXPECT_EQ(parts_of(*made), parts_of(message)) << *made;
    }
  }
}

TEST(DowngradeParts, TextAroundPartsIsReasonEnough) {
  const auto made = downgrade(boxed(of_boxes + "\r\nvor \xc3\xbc\r\n--out\r\n\r\nplain\r\n--out--\r\nnach \xc3\xbc\r\n", ""));
  ASSERT_TRUE(made);
  EXPECT_NE(made->find("\r\n\r\nvor ??\r\n--out\r\n\r\nplain\r\n--out--\r\nnach ??\r\n"), std::string::npos) << *made;
}

TEST(DowngradeParts, FieldsThatNoEncodingIsForKeepTheirPlaceAndTheirAddresses) {
  const std::vector<std::string> fields = {
      "From: j\xc3\xbcrgen@example.com",
      "To: \"J\xc3\xbc, x\" <j\xc3\xbc@example.com>, plain@example.com, Gr\xc3\xbcppe: c\xc3\xbc@example.com;",
      "Sender: broken \xc3\xbc <<",
      "Reply-To: \xfc\xfd",
      "Message-ID: <\xc3\xbc@example.com>",
      "References: <\xc3\xbc@example.com>\r\n <b@example.com>",
      "Received: from \xc3\xbc by example.com; Mon",
      "Date: Mon (\xc3\xbc), 1 Jan 2020 00:00:00 +0000",
      "MIME-Version: 1.0 (\xc3\xbc)",
      "Content-Type: text/pl\xc3\xbcin; charset=\xc3\xbc; na\xc3\xbcme=x",
      "Content-Transfer-Encoding: \xc3\xbc",
      "Content-ID: <\xc3\xbc@example.com>",
      "DKIM-Signature: v=1; d=\xc3\xbc.test; b=abc",
      "Subject: \xc3\xbc\r\n folded\r\n\t\xc3\xbc",
  };
  for (const auto& field : fields) {
    const auto made = downgrade("X-Before: a\r\n" + field + "\r\nX-After: b\r\n\r\nplain\r\n");
    ASSERT_TRUE(made) << field;
    EXPECT_EQ(fault_of(*made), "") << *made;
    const std::string name = field.substr(0, field.find(':'));
    EXPECT_TRUE(made->starts_with("X-Before: a\r\n" + name + ": ")) << *made;
    EXPECT_TRUE(made->ends_with("\r\nX-After: b\r\n\r\nplain\r\n")) << *made;
    const auto keeps = [](const std::string& text) { return text.find("plain@example.com") != std::string::npos; };
    EXPECT_EQ(keeps(*made), keeps(field)) << *made;
  }
}

// GMime would leave out what it does not understand.
TEST(DowngradeParts, WhatCannotBeReadIsLeftAsItIs) {
  const std::vector<std::string> broken = {
      "Subject: \xc3\xbc\r\nno colon\r\nTo: a@example.com\r\n\r\n\xc3\xbc\r\n",
      boxed(of_boxes + "\r\n--out\r\nno colon \xc3\xbc\r\nin it\r\n--out\r\n\r\n\xc3\xbc\r\n--out--\r\n", ""),
      boxed("Content-Type: multipart/mixed\r\n\r\nno boundary, and the text is \xc3\xbc\r\n", ""),
      boxed(of_boxes + "\r\nno part, and the text is \xc3\xbc\r\n", ""),
      boxed(of_boxes + "\r\n--out\r\nX-\xc3\xbc: a field\r\n\r\n\xc3\xbc\r\n--out--\r\n", ""),
  };
  for (const auto& message : broken) EXPECT_FALSE(downgrade(message)) << message;
}

}  // namespace
}  // namespace mta
