// dkim/library.h — handles of libopendkim with their options set.
//
// What      Lends a DKIM_LIB whose options say: allocate from the arena given to dkim_sign, t= is `now`, oversign these fields.
// Units     `now` in seconds, as t= has it.
// Promise   Options never change while anybody uses a handle: the time of a signature is an option of the library handle,
//           so messages of the same second share one, and a handle that is not in use is set anew. As many handles as seconds
//           under way.
// Errors    std::runtime_error when the library refuses.
// Source    RFC 6376 §3.5 (t=), §5.4.2 and §8.15 (oversigning).
// Not here  which fields are signed (fields.h). The library's own lists are regular expressions behind a lock: not used.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

struct dkim_lib;

namespace dkim {

class Libraries {
 public:
  struct Library {
    dkim_lib* handle;
    std::chrono::sys_seconds time;
    bool list;
    unsigned users;
  };

  Libraries() = default;
  ~Libraries();
  Libraries(const Libraries&) = delete;
  Libraries& operator=(const Libraries&) = delete;

 private:
  friend class Loan;
  Library* lend(std::chrono::sys_seconds now, bool list);
  void take_back(Library*);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Library>> libraries_;
};

// The use of a handle for one message.
class Loan {
 public:
  Loan(std::shared_ptr<Libraries>, std::chrono::sys_seconds now, bool list);
  ~Loan();
  dkim_lib* handle() const { return library_->handle; }

  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

 private:
  std::shared_ptr<Libraries> from_;
  Libraries::Library* library_;
};

}  // namespace dkim
