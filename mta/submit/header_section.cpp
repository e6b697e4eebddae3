#include "mta/submit/header_section.h"

#include "mta/smtp/address.h"
#include "mta/tasks.h"

namespace mta {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t'; }

// Length of the field name at the start of a line, 0 when it starts no field (RFC 5322 §2.2; spaces before the colon: §4.5).
std::size_t name_length(std::string_view line) {
  std::size_t length = 0;
  while (length < line.size() && line[length] > ' ' && line[length] < 127 && line[length] != ':') ++length;
  std::size_t colon = length;
  while (colon < line.size() && is_space(line[colon])) ++colon;
  return colon < line.size() && line[colon] == ':' ? length : 0;
}

}  // namespace

bool HeaderField::is(std::string_view other) const {
  return name.size() == other.size() && smtp::lower(name) == smtp::lower(other);
}

void HeaderSection::add(std::string_view octets) {
  ENSURE(!complete_);
  octets_.append(octets);
  read_lines();
}

void HeaderSection::read_lines() {
  while (!complete_) {
    const auto lf = octets_.find('\n', line_);
    if (lf == std::string::npos) return;
    const auto line = std::string_view(octets_).substr(line_, lf + 1 - line_);
    const bool empty = line == "\r\n";
    const bool continued = is_space(line.front()) && !starts_.empty();
    const bool field = !empty && !continued && name_length(line) > 0;
    if (!continued && !field) {
      complete_ = separated_ = true;
      end_ = line_;
      body_ = empty ? lf + 1 : line_;
      return;
    }
    if (field) starts_.push_back(line_);
    line_ = lf + 1;
  }
}

void HeaderSection::finish() {
  if (complete_) return;
  complete_ = true;
  end_ = body_ = octets_.size();
  if (line_ == octets_.size()) return;
  const auto line = std::string_view(octets_).substr(line_);  // without a line end: only BDAT can leave one
  if (is_space(line.front()) && !starts_.empty()) return;
  if (name_length(line) > 0) {
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
    const auto text = all.substr(starts_[i], end - starts_[i]);
    auto value = text.substr(text.find(':') + 1);
    if (value.ends_with("\r\n")) value.remove_suffix(2);
    result.push_back({text.substr(0, name_length(text)), value, text});
  }
  return result;
}

std::string_view HeaderSection::rest() const {
  ENSURE(complete_);
  return std::string_view(octets_).substr(body_);
}

}  // namespace mta
