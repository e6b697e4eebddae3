/* The wall clock of a process and its children, moved: preloaded by tests/run.sh (INSTANTS).

   What      SHIFTED_CLOCK seconds are added to every reading of CLOCK_REALTIME; waits until a wall time are moved back by as much.
   Promise   What measures spans (CLOCK_MONOTONIC, CLOCK_BOOTTIME) stays as it is.
   Why       libfaketime 0.9.10 (Debian 12) breaks clock_nanosleep until a monotonic time, which is Python's sleep. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t shift(void) {
  static time_t known;
  static int read;
  if (!read) {
    const char *text = getenv("SHIFTED_CLOCK");
    known = text == NULL ? 0 : (time_t)atoll(text);
    read = 1;
  }
  return known;
}

#define ORIGINAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int clock_gettime(clockid_t clock, struct timespec *now) {
  static __typeof__(&clock_gettime) original;
  if (original == NULL) original = ORIGINAL(clock_gettime);
  const int result = original(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift();
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  const int result = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return result;
}

time_t time(time_t *into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into != NULL) *into = now.tv_sec;
  return now.tv_sec;
}

/* A wall time is decades, a time since boot is not: that tells which clock is meant. */
static struct timespec real(const struct timespec *until) {
  struct timespec moved = *until;
  if (moved.tv_sec > 1000000000) moved.tv_sec -= shift();
  return moved;
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
  const struct timespec moved = real(until);
  return ((__typeof__(&pthread_cond_timedwait))dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2"))(condition, mutex, &moved);
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until) {
  const struct timespec moved = real(until);
  return ORIGINAL(pthread_cond_clockwait)(condition, mutex, clock, &moved);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
  const struct timespec moved = real(until);
  return ORIGINAL(pthread_mutex_timedlock)(mutex, &moved);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
  const struct timespec moved = real(until);
  return ORIGINAL(sem_timedwait)(semaphore, &moved);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *rest) {
  const struct timespec moved = flags & TIMER_ABSTIME ? real(until) : *until;
  return ORIGINAL(clock_nanosleep)(clock, flags, &moved, rest);
}
