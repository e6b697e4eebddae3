#include "dkim/library.h"

#include <cstdint>
#include <stdexcept>

#include "dkim/arena.h"
#include "dkim/fields.h"
#include "dkim/opendkim.h"

namespace dkim {

namespace {

void* allocate(void* arena, std::size_t octets) { return static_cast<Arena*>(arena)->allocate(octets); }
void free_piece(void* arena, void* piece) { static_cast<Arena*>(arena)->free(piece); }

void set_time(DKIM_LIB* library, std::chrono::sys_seconds now) {
  std::uint64_t seconds = now.time_since_epoch().count() > 0 ? static_cast<std::uint64_t>(now.time_since_epoch().count()) : 1;
  if (dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FIXEDTIME, &seconds, sizeof seconds) != DKIM_STAT_OK)
    throw std::runtime_error("libopendkim refuses the time of a signature");
}

}  // namespace

Libraries::~Libraries() {
  for (const auto& library : libraries_) dkim_close(library->handle);
}

Libraries::Library* Libraries::lend(std::chrono::sys_seconds now, bool list) {
  const std::lock_guard lock(mutex_);
  Library* idle = nullptr;
  for (const auto& library : libraries_) {
    if (library->list != list) continue;
    if (library->time == now) {
      ++library->users;
      return library.get();
    }
    if (library->users == 0) idle = library.get();
  }
  if (idle == nullptr) {
    DKIM_LIB* handle = dkim_init(allocate, free_piece);
    if (handle == nullptr) throw std::runtime_error("libopendkim does not start: out of memory");
    libraries_.push_back(std::make_unique<Library>(Library{handle, now, list, 0}));
    idle = libraries_.back().get();
    const char** names = oversigned(list);
    if (dkim_options(handle, DKIM_OP_SETOPT, DKIM_OPTS_OVERSIGNHDRS, names, sizeof names) != DKIM_STAT_OK)
      throw std::runtime_error("libopendkim refuses the list of oversigned header fields");
  }
  set_time(idle->handle, now);
  idle->time = now;
  ++idle->users;
  return idle;
}

void Libraries::take_back(Library* library) {
  const std::lock_guard lock(mutex_);
  --library->users;
}

Loan::Loan(std::shared_ptr<Libraries> from, std::chrono::sys_seconds now, bool list)
    : from_(std::move(from)), library_(from_->lend(now, list)) {}

Loan::~Loan() { from_->take_back(library_); }

}  // namespace dkim
