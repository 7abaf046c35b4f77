/*
 * Sends the lines of a file as UDP datagrams, 32 a system call, at a steady rate; prints what it did as JSON.
 * usage: sender HOST PORT FILE LINES RATE   (RATE 0: as fast as it goes)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + at.tv_nsec / 1e9;
}

static void sleep_until(double due) {
  struct timespec at = {.tv_sec = (time_t)due};
  at.tv_nsec = (long)((due - (double)at.tv_sec) * 1e9);
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static int open_socket(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *found;
  int size = 4 << 20;
  if (getaddrinfo(host, port, &hints, &found) != 0) return -1;
  int handle = socket(found->ai_family, found->ai_socktype, 0);
  setsockopt(handle, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  int failed = handle < 0 || connect(handle, found->ai_addr, found->ai_addrlen) != 0;
  freeaddrinfo(found);
  return failed ? -1 : handle;
}

int main(int count, char **words) {
  if (count != 6) return fprintf(stderr, "usage: sender HOST PORT FILE LINES RATE\n"), 64;
  int file = open(words[3], O_RDONLY), handle = open_socket(words[1], words[2]);
  struct stat about;
  if (file < 0 || fstat(file, &about) != 0 || about.st_size == 0) return perror(words[3]), 1;
  if (handle < 0) return perror(words[1]), 1;
  char *text = mmap(NULL, about.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0), *at = text;
  char *end = text + about.st_size;
  if (text == MAP_FAILED) return perror(words[3]), 1;
  long lines = atol(words[4]), sent = 0, bytes = 0;
  double rate = atof(words[5]), started = now();
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];

  while (sent < lines) {
    int batch = 0;
    for (; batch < BATCH && sent + batch < lines; batch++) {
      char *stop = memchr(at, '\n', end - at);
      if (!stop) stop = end;
      parts[batch] = (struct iovec){.iov_base = at, .iov_len = stop - at};
      messages[batch] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[batch], .msg_iovlen = 1}};
      bytes += stop - at;
      at = stop + 1 < end ? stop + 1 : text;
    }
    for (int done = 0; done < batch;) {
      int more = sendmmsg(handle, messages + done, batch - done, 0);
      if (more < 0 && errno != ECONNREFUSED && errno != EINTR && errno != ENOBUFS) return perror("sendmmsg"), 1;
      if (more > 0) done += more;
    }
    sent += batch;
    if (rate > 0 && started + sent / rate > now()) sleep_until(started + sent / rate);
  }

  struct rusage used;
  double seconds = now() - started;
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  printf("{\"lines\":%ld,\"bytes\":%ld,\"seconds\":%.3f,\"cpuSeconds\":%.3f}\n", sent, bytes, seconds, cpu);
  return 0;
}
