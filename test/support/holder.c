/* Holds sockets as a service manager does, and starts the command on them again each time it has ended:
 *   holder udp:PORT tcp:PORT … -- COMMAND …
 * PORT 0 is one of the system's choice. Prints "socket udp 127.0.0.1:1234" for each and "started PID" for each start.
 * HOLDER_NAMES becomes LISTEN_FDNAMES. Where HOLDER_NOTIFY names a path, a NOTIFY_SOCKET is opened there, and what
 * comes in is printed: "notified READY=1". SIGTERM ends the command and then itself. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t ending;
static volatile pid_t child;

static void on_term(int signal) {
  (void)signal;
  ending = 1;
  if (child > 0) kill(child, SIGTERM);
}

static int open_socket(const char *spec) {
  int datagrams = strncmp(spec, "udp:", 4) == 0;
  int fd = socket(AF_INET, datagrams ? SOCK_DGRAM : SOCK_STREAM, 0);
  int yes = 1;
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(spec + 4))};
  socklen_t length = sizeof place;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!datagrams) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  int bytes = 8 << 20;
  if (datagrams) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  if (bind(fd, (struct sockaddr *)&place, sizeof place) != 0 || (!datagrams && listen(fd, 4096) != 0)) {
    perror(spec);
    exit(1);
  }
  getsockname(fd, (struct sockaddr *)&place, &length);
  printf("socket %.3s 127.0.0.1:%d\n", spec, ntohs(place.sin_port));
  return fd;
}

/* A process of its own prints what is notified. Descriptors that come along are closed, which is what BARRIER=1 asks. */
static void print_notifications(const char *path) {
  struct sockaddr_un place = {.sun_family = AF_UNIX};
  char text[4096];
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  strncpy(place.sun_path, path, sizeof place.sun_path - 1);
  if (bind(fd, (struct sockaddr *)&place, sizeof place) != 0) {
    perror(path);
    exit(1);
  }
  setenv("NOTIFY_SOCKET", path, 1);
  if (fork() != 0) {
    close(fd);
    return;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) {
    ssize_t length = recv(fd, text, sizeof text - 1, 0);
    if (length <= 0) _exit(0);
    text[length] = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) printf("notified %s\n", line);
    fflush(stdout);
  }
}

static void start(char **command, int count, const char *names) {
  char text[32];
  snprintf(text, sizeof text, "%d", (int)getpid());
  setenv("LISTEN_PID", text, 1);
  snprintf(text, sizeof text, "%d", count);
  setenv("LISTEN_FDS", text, 1);
  if (names) setenv("LISTEN_FDNAMES", names, 1);
  execvp(command[0], command);
  perror(command[0]);
  _exit(127);
}

int main(int argc, char **argv) {
  int at = 1, count = 0, status;
  /* The first sockets are descriptors 3 and up, as sd_listen_fds(3) has it. */
  for (; at < argc && strcmp(argv[at], "--") != 0; at++, count++) {
    if (open_socket(argv[at]) != 3 + count) return 1;
  }
  fflush(stdout);
  if (getenv("HOLDER_NOTIFY")) print_notifications(getenv("HOLDER_NOTIFY"));
  signal(SIGTERM, on_term);
  while (!ending) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
      signal(SIGTERM, SIG_DFL);
      start(argv + at + 1, count, getenv("HOLDER_NAMES"));
    }
    child = pid;
    printf("started %d\n", (int)pid);
    fflush(stdout);
    while (waitpid(pid, &status, 0) != pid) continue;
  }
  return 0;
}
