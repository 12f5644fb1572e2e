// SPDX-License-Identifier: MIT
// A library for LD_PRELOAD that counts a program's calls on the files below one folder, and lets
// one of them fail or be the program's last. Environment:
//
//   FAULT_FOLDER  absolute path, without links: calls on other files are left alone
//   FAULT_REPORT  file that gets a line for each call: number, kind, number within its kind,
//                 seconds, path; and a line "fault" after the one that it comes to
//   FAULT_KIND    any (the default), create, write, fsync, close, rename, unlink, truncate, mkdir,
//                 chmod or lock
//   FAULT_AT      which call of this kind, from 1
//   FAULT_ACTION  what becomes of that call:
//                 ENOSPC, EIO, EDQUOT, EROFS, EACCES or EINTR: it fails so, and does nothing;
//                   a plus (EIO+): and so does each later call of that kind
//                 short: a write writes half, as it may
//                 short-ENOSPC: a write writes half, and the next one to that file fails
//                 kill-before, kill-after: SIGKILL then
//                 kill-half: a write writes half, then SIGKILL
//                 wait: it comes two seconds later
//   FAULT_SPACE   bytes that can be written in all, before the disk is full
//
// kinds: create is open with O_CREAT (and fopen for writing), rename has link, unlink has rmdir.
// The others but mkdir count on files opened for writing and on open folders.
// A close that fails has closed the file, as on Linux. What stdio writes is not seen. The numbers
// are those of a program whose one thread writes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum Kind { ANY, CREATE, WRITE, FSYNC, CLOSE, RENAME, UNLINK, TRUNCATE, MKDIR, CHMOD, LOCK, KINDS };
static const char* const kind_names[KINDS] = {"any",   "create", "write",  "fsync",
                                              "close", "rename", "unlink", "truncate",
                                              "mkdir", "chmod",  "lock"};
enum Action { NONE, FAIL, SHORT, SHORT_THEN_FULL, KILL_BEFORE, KILL_AFTER, KILL_HALF, WAIT };

enum { most_files = 1024 };
static char* names[most_files];  // of the files below the folder that are open for writing
static const char* folder;
static int report = -1;
static enum Kind chosen_kind = KINDS;  // none
static long chosen_at, counts[KINDS], space = -1;
static enum Action chosen_action;
static int failure;         // errno of FAIL
static bool lasts;          // later calls fail as well
static int full_file = -1;  // the next write to it fails

#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static void choose_action(const char* text) {
  static const struct {
    const char* name;
    enum Action action;
    int failure;
  } all[] = {{"ENOSPC", FAIL, ENOSPC},
             {"EIO", FAIL, EIO},
             {"EDQUOT", FAIL, EDQUOT},
             {"EROFS", FAIL, EROFS},
             {"EACCES", FAIL, EACCES},
             {"EINTR", FAIL, EINTR},
             {"short", SHORT, 0},
             {"short-ENOSPC", SHORT_THEN_FULL, 0},
             {"kill-before", KILL_BEFORE, 0},
             {"kill-after", KILL_AFTER, 0},
             {"kill-half", KILL_HALF, 0},
             {"wait", WAIT, 0}};
  const size_t length = strcspn(text, "+");
  lasts = text[length] == '+';
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
    if (strlen(all[i].name) != length || strncmp(text, all[i].name, length) != 0) continue;
    chosen_action = all[i].action;
    failure = all[i].failure;
  }
}

__attribute__((constructor)) static void begin(void) {
  folder = getenv("FAULT_FOLDER");
  const char* const file = getenv("FAULT_REPORT");
  const char* const kind = getenv("FAULT_KIND");
  const char* const at = getenv("FAULT_AT");
  const char* const action = getenv("FAULT_ACTION");
  const char* const bytes = getenv("FAULT_SPACE");
  if (file) report = REAL(open)(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (bytes) space = atol(bytes);
  if (!at || !action) return;
  choose_action(action);
  chosen_at = atol(at);
  for (int k = ANY; k < KINDS; ++k) {
    if (strcmp(kind ? kind : "any", kind_names[k]) == 0) chosen_kind = (enum Kind)k;
  }
}

/// Makes a path absolute; false where it is not below the folder.
static bool is_ours(int base, const char* path, char* whole) {
  if (!folder || !path) return false;
  whole[0] = '\0';
  if (path[0] != '/') {
    char link[64] = "/proc/self/cwd";
    if (base != AT_FDCWD) snprintf(link, sizeof link, "/proc/self/fd/%d", base);
    const ssize_t length = readlink(link, whole, PATH_MAX - 2);
    if (length < 0) return false;
    whole[length] = '/';
    whole[length + 1] = '\0';
  }
  strncat(whole, path, PATH_MAX - 1 - strlen(whole));
  const size_t length = strlen(folder);
  return strncmp(whole, folder, length) == 0 && (whole[length] == '/' || whole[length] == '\0');
}

static const char* name_of(int file) {
  return file >= 0 && file < most_files ? names[file] : NULL;
}

static void tell_fault(void) {
  if (report >= 0) dprintf(report, "fault\n");
}

/// Counts a call, and says what is to become of it; with FAIL errno is set.
static enum Action arrive(enum Kind kind, const char* path) {
  ++counts[ANY];
  ++counts[kind];
  if (report >= 0) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    dprintf(report, "%ld %s %ld %ld.%09ld %s\n", counts[ANY], kind_names[kind], counts[kind],
            (long)now.tv_sec, now.tv_nsec, path);
  }
  if (chosen_kind != ANY && chosen_kind != kind) return NONE;
  const long count = counts[chosen_kind];
  if (count != chosen_at && !(lasts && count > chosen_at)) return NONE;
  tell_fault();
  if (chosen_action == WAIT) sleep(2);
  if (chosen_action == KILL_BEFORE) kill(getpid(), SIGKILL);
  if (chosen_action == FAIL) errno = failure;
  return chosen_action;
}

/// The end of a call: errno is that of the call itself.
static void leave(enum Action action) {
  if (action == KILL_AFTER || action == KILL_HALF) kill(getpid(), SIGKILL);
}

/// The body of a call with a path, which is relative to the folder that is open as `base`.
#define CALL_ON_PATH(kind, base, path, call)      \
  char whole[PATH_MAX];                           \
  if (!is_ours(base, path, whole)) return call;   \
  const enum Action action = arrive(kind, whole); \
  if (action == FAIL) return -1;                  \
  const int result = call;                        \
  leave(action);                                  \
  return result

/// The same for a call on an open file.
#define CALL_ON_FILE(kind, file, call)                    \
  if (!name_of(file)) return call;                        \
  const enum Action action = arrive(kind, name_of(file)); \
  if (action == FAIL) return -1;                          \
  const int result = call;                                \
  leave(action);                                          \
  return result

static void remember(int file, const char* path) {
  if (file >= 0 && file < most_files) names[file] = strdup(path);
}

static int open_at(int base, const char* path, int flags, mode_t mode) {
  char whole[PATH_MAX];
  const bool is_folder = (flags & O_DIRECTORY) != 0;
  const bool counts_here =
      ((flags & O_ACCMODE) != O_RDONLY || is_folder) && is_ours(base, path, whole);
  if (!counts_here) return REAL(openat)(base, path, flags, mode);
  const enum Action action = (flags & O_CREAT) ? arrive(CREATE, whole) : NONE;
  if (action == FAIL) return -1;
  const int file = REAL(openat)(base, path, flags, mode);
  remember(file, whole);
  leave(action);
  return file;
}

#define DEFINE_OPEN(name)                                                           \
  int name(const char* path, int flags, ...) {                                      \
    va_list rest;                                                                   \
    va_start(rest, flags);                                                          \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                                   \
    return open_at(AT_FDCWD, path, flags, mode);                                    \
  }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

#define DEFINE_OPENAT(name)                                                         \
  int name(int base, const char* path, int flags, ...) {                            \
    va_list rest;                                                                   \
    va_start(rest, flags);                                                          \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                                   \
    return open_at(base, path, flags, mode);                                        \
  }
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

#define DEFINE_FOPEN(name)                                                 \
  FILE* name(const char* path, const char* mode) {                         \
    char whole[PATH_MAX];                                                  \
    if (strpbrk(mode, "wa+") == NULL || !is_ours(AT_FDCWD, path, whole)) { \
      return REAL(name)(path, mode);                                       \
    }                                                                      \
    const enum Action action = arrive(CREATE, whole);                      \
    if (action == FAIL) return NULL;                                       \
    FILE* const file = REAL(name)(path, mode);                             \
    if (file) remember(fileno(file), whole);                               \
    leave(action);                                                         \
    return file;                                                           \
  }
DEFINE_FOPEN(fopen)
DEFINE_FOPEN(fopen64)

ssize_t write(int file, const void* bytes, size_t size) {
  if (!name_of(file)) return REAL(write)(file, bytes, size);
  enum Action action = arrive(WRITE, name_of(file));
  if (action == FAIL) return -1;
  if (full_file == file || (space == 0 && size > 0)) {
    tell_fault();
    errno = ENOSPC;
    return -1;
  }
  if (space >= 0 && size > (size_t)space) size = (size_t)space;
  if (action == SHORT_THEN_FULL) full_file = file;
  const bool is_half = action == SHORT || action == SHORT_THEN_FULL || action == KILL_HALF;
  const ssize_t written = REAL(write)(file, bytes, is_half ? (size + 1) / 2 : size);
  if (space >= 0 && written > 0) space -= written;
  leave(action);
  return written;
}

/// As it may, it writes the first part alone.
ssize_t writev(int file, const struct iovec* parts, int count) {
  if (!name_of(file) || count < 1) return REAL(writev)(file, parts, count);
  return write(file, parts[0].iov_base, parts[0].iov_len);
}

int fsync(int file) {
  CALL_ON_FILE(FSYNC, file, REAL(fsync)(file));
}
int flock(int file, int how) {
  CALL_ON_FILE(LOCK, file, REAL(flock)(file, how));
}
int fdatasync(int file) {
  CALL_ON_FILE(FSYNC, file, REAL(fdatasync)(file));
}
int fchmod(int file, mode_t mode) {
  CALL_ON_FILE(CHMOD, file, REAL(fchmod)(file, mode));
}
int ftruncate(int file, off_t size) {
  CALL_ON_FILE(TRUNCATE, file, REAL(ftruncate)(file, size));
}
int ftruncate64(int file, off64_t size) {
  CALL_ON_FILE(TRUNCATE, file, REAL(ftruncate64)(file, size));
}

int close(int file) {
  if (!name_of(file)) return REAL(close)(file);
  const enum Action action = arrive(CLOSE, name_of(file));
  free(names[file]);
  names[file] = NULL;
  if (full_file == file) full_file = -1;
  const int result = REAL(close)(file);
  leave(action);
  if (action == FAIL) errno = failure;
  return action == FAIL ? -1 : result;
}

int rename(const char* from, const char* to) {
  CALL_ON_PATH(RENAME, AT_FDCWD, to, REAL(rename)(from, to));
}
int renameat(int base, const char* from, int to_base, const char* to) {
  CALL_ON_PATH(RENAME, to_base, to, REAL(renameat)(base, from, to_base, to));
}
int renameat2(int base, const char* from, int to_base, const char* to, unsigned flags) {
  CALL_ON_PATH(RENAME, to_base, to, REAL(renameat2)(base, from, to_base, to, flags));
}
int link(const char* from, const char* to) {
  CALL_ON_PATH(RENAME, AT_FDCWD, to, REAL(link)(from, to));
}
int linkat(int base, const char* from, int to_base, const char* to, int flags) {
  CALL_ON_PATH(RENAME, to_base, to, REAL(linkat)(base, from, to_base, to, flags));
}
int unlink(const char* path) {
  CALL_ON_PATH(UNLINK, AT_FDCWD, path, REAL(unlink)(path));
}
int unlinkat(int base, const char* path, int flags) {
  CALL_ON_PATH(UNLINK, base, path, REAL(unlinkat)(base, path, flags));
}
int remove(const char* path) {
  CALL_ON_PATH(UNLINK, AT_FDCWD, path, REAL(remove)(path));
}
int rmdir(const char* path) {
  CALL_ON_PATH(UNLINK, AT_FDCWD, path, REAL(rmdir)(path));
}
int mkdir(const char* path, mode_t mode) {
  CALL_ON_PATH(MKDIR, AT_FDCWD, path, REAL(mkdir)(path, mode));
}
int mkdirat(int base, const char* path, mode_t mode) {
  CALL_ON_PATH(MKDIR, base, path, REAL(mkdirat)(base, path, mode));
}
