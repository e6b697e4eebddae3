#include "mta/smtp/header_section.h"

#include "mta/smtp/address.h"
#include "queue/ensure.h"

namespace mta::smtp {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::size_t field_name_length(std::string_view line) {
  std::size_t length = 0;
  while (length < line.size() && line[length] > ' ' && line[length] < 127 && line[length] != ':') ++length;
  std::size_t colon = length;
  while (colon < line.size() && is_blank(line[colon])) ++colon;
  return colon < line.size() && line[colon] == ':' ? length : 0;
}

bool HeaderField::is(std::string_view other) const { return same_ignoring_case(name, other); }

std::string_view HeaderField::to_sign() const { return text.substr(0, text.size() - (text.ends_with("\r\n") ? 2 : 0)); }

void HeaderSection::add(std::string_view octets) {
  ENSURE(!complete_);
  octets_.append(octets);
  while (!complete_) {
    const auto lf = octets_.find('\n', line_);
    if (lf == std::string::npos) return;
    take_line(std::string_view(octets_).substr(line_, lf + 1 - line_));
  }
}

// `line` begins at line_ and is not the first. RFC 5322 §2.2.3: a field goes on in lines that begin with a blank.
bool HeaderSection::continues_field(std::string_view line) const {
  if (starts_.empty()) return false;
  const bool line_before_ended = std::string_view(octets_).substr(0, line_).ends_with("\r\n");
  return is_blank(line.front()) || (reading_ == HeaderReading::as_signed && !line_before_ended);
}

bool HeaderSection::begins_field(std::string_view line) const {
  return reading_ == HeaderReading::as_signed || field_name_length(line) > 0;
}

// A line with its LF.
void HeaderSection::take_line(std::string_view line) {
  const auto next = line_ + line.size();
  if (!continues_field(line)) {
    const bool empty = line == "\r\n";
    if (empty || !begins_field(line)) {
      complete_ = separated_ = true;
      end_ = line_;
      body_ = empty ? next : line_;
      return;
    }
    starts_.push_back(line_);
  }
  line_ = next;
}

void HeaderSection::finish() {
  if (complete_) return;
  complete_ = true;
  end_ = body_ = octets_.size();
  if (line_ == octets_.size()) return;
  const auto line = std::string_view(octets_).substr(line_);  // without a line end: only BDAT can leave one
  if (continues_field(line)) return;
  if (begins_field(line)) {
    starts_.push_back(line_);
  } else {
    separated_ = true;
    end_ = body_ = line_;
  }
}

std::vector<HeaderField> HeaderSection::fields() const {
  ENSURE(complete_);
  std::vector<HeaderField> result;
  result.reserve(starts_.size());
  const std::string_view all = octets_;
  for (std::size_t i = 0; i < starts_.size(); ++i) {
    const auto end = i + 1 < starts_.size() ? starts_[i + 1] : end_;
    HeaderField field;
    field.text = all.substr(starts_[i], end - starts_[i]);
    field.name = field.text.substr(0, field_name_length(field.text));
    field.value = field.to_sign();
    field.value.remove_prefix(field.value.find(':') + 1);  // the whole line when there is no colon
    result.push_back(field);
  }
  return result;
}

std::string_view HeaderSection::rest() const {
  ENSURE(complete_);
  return std::string_view(octets_).substr(body_);
}

}  // namespace mta::smtp
