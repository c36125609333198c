/* A machine on a bad day, for LD_PRELOAD: no root needed.
 *
 *   ODD_FULL=DIR  ODD_BYTES=N   a file below DIR cannot grow beyond N bytes: "no space left on device"
 *   ODD_READ_ONLY=DIR           nothing below DIR can be written or made: "read-only file system"
 *   ODD_CLOCK=FILE              while FILE exists, the wall clock is an hour behind
 *   ODD_UNLOCKED=1              no file can be locked: "no locks available"
 *   ODD_UNSHARED=1              no file can be shared as memory: "no such device"
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int below(const char *variable, const char *path) {
    const char *dir = getenv(variable);
    char whole[PATH_MAX * 2];
    if (!dir || !path) return 0;
    if (path[0] != '/') {
        if (!getcwd(whole, PATH_MAX)) return 0;
        strcat(strcat(whole, "/"), path);
        path = whole;
    }
    return strncmp(path, dir, strlen(dir)) == 0 && path[strlen(dir)] == '/';
}
static int full(int fd, off_t end) {
    char link[64], path[PATH_MAX] = "";
    if (!getenv("ODD_FULL")) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) < 0 || !below("ODD_FULL", path)) return 0;
    if (end <= atol(getenv("ODD_BYTES"))) return 0;
    errno = ENOSPC;
    return 1;
}
static int refused(const char *path, int flags) {
    if (!(flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) || !below("ODD_READ_ONLY", path)) return 0;
    errno = EROFS;
    return 1;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    return full(fd, at + size) ? -1 : REAL(pwrite64)(fd, data, size, at);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    return full(fd, at + size) ? -1 : REAL(pwrite)(fd, data, size, at);
}
ssize_t write(int fd, const void *data, size_t size) {
    struct stat now;
    off_t end = getenv("ODD_FULL") && fstat(fd, &now) == 0 && S_ISREG(now.st_mode) ? now.st_size + (off_t)size : 0;
    return full(fd, end) ? -1 : REAL(write)(fd, data, size);
}

#define OPEN(name)                                                      \
    int name(const char *path, int flags, ...) {                        \
        va_list rest;                                                   \
        va_start(rest, flags);                                          \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;       \
        va_end(rest);                                                   \
        return refused(path, flags) ? -1 : REAL(name)(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
int mkdir(const char *path, mode_t mode) { return refused(path, O_CREAT) ? -1 : REAL(mkdir)(path, mode); }

int flock(int fd, int operation) {
    if (!getenv("ODD_UNLOCKED")) return REAL(flock)(fd, operation);
    errno = ENOLCK;
    return -1;
}
void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t from) {
    if (!getenv("ODD_UNSHARED") || fd < 0 || !(flags & MAP_SHARED)) return REAL(mmap64)(at, size, protection, flags, fd, from);
    errno = ENODEV;
    return MAP_FAILED;
}
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t from) { return mmap64(at, size, protection, flags, fd, from); }

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = REAL(clock_gettime)(clock, now);
    const char *file = getenv("ODD_CLOCK");
    if (file && clock == CLOCK_REALTIME && access(file, F_OK) == 0) now->tv_sec -= 3600;
    return result;
}
