// mta/deliver/failed_extensions.h — which extensions are not used with which server, because they failed there.
//
// What      Server → extensions that it offers and that were left out with success, for a day.
// Units     Real time: it is the remote's habits that are remembered.
// Promise   At most `room` servers; the one noted longest ago goes first. Thread-safe.
// Errors    None.
// Source    RFC 5321 §2.2.1.
// Not here  who is to blame (blame.h).
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <mutex>
#include <string>

#include "mta/smtp/offers.h"

namespace mta {

class FailedExtensions {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit FailedExtensions(std::size_t room = 10'000) : room_(room) {}
  smtp::LeftOut of(const std::string& server, Time now) const;
  void add(const std::string& server, const smtp::LeftOut&, Time now);
  std::size_t size() const;

 private:
  struct Failures {
    smtp::LeftOut extensions;
    Time until;
    std::list<std::string>::iterator age;
  };
  const std::size_t room_;
  mutable std::mutex mutex_;       // guards all below
  std::list<std::string> by_age_;  // noted longest ago first
  std::map<std::string, Failures> entries_;
};

}  // namespace mta
