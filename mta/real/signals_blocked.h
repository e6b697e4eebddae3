// mta/real/signals_blocked.h — signals belong to the main thread.
//
// What      While it lives, this thread takes no signal, and neither do, ever, the threads that it starts.
// Units     –
// Promise   The destructor restores what was blocked before.
// Errors    None.
// Source    pthread_sigmask(3).
// Not here  what a signal means (the mains).
#pragma once

#include <pthread.h>
#include <signal.h>

namespace mta::real {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace mta::real
