/* A libnvidia-ml.so.1 that reads its GPUs from the file named by FAKE_NVML at every call.
 *
 *   gpu  UUID NAME TOTAL USED UTIL      bytes; UTIL is percent, -1 is "not supported"
 *   mig  UUID NAME TOTAL USED UTIL      a part of the gpu above, which is then in MIG mode
 *   proc PID BYTES                      a compute process of the line above; -1 is "not known"
 *   graphics PID BYTES                  one that only draws
 *   lost                                the gpu above has fallen off the bus
 *   broken                              the driver does not initialise
 *
 * Functions that are left out are "not found", as on an old driver. OLD is the year before _v3 (-DOLD=1), a time
 * without processes (2), and before initialising with flags (3).
 */
#ifndef OLD
#define OLD 0
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, LOST = 15, MISMATCH = 18 };
typedef struct { unsigned pid; unsigned long long used; unsigned gi, ci; } proc_t;
typedef struct { int mig, parent, lost; char uuid[96], name[96]; long long total, used; int util; unsigned procs, draws; proc_t proc[16], draw[16]; } dev_t_;
typedef struct { unsigned long long total, free, used; } mem_t;
typedef struct { unsigned gpu, memory; } util_t;

static dev_t_ devs[64];
static int count, broken;

static void load(void) {
    const char *path = getenv("FAKE_NVML");
    FILE *f = path ? fopen(path, "r") : NULL;
    char line[512], kind[16];
    int gpu = -1;
    count = broken = 0;
    while (f && fgets(line, sizeof line, f)) {
        dev_t_ d = {0};
        long long bytes;
        unsigned pid;
        if (!strncmp(line, "broken", 6)) broken = 1;
        else if (sscanf(line, "proc %u %lld", &pid, &bytes) == 2 && count) {
            dev_t_ *to = &devs[count - 1];
            to->proc[to->procs].pid = pid;
            to->proc[to->procs++].used = (unsigned long long)bytes;
        } else if (sscanf(line, "graphics %u %lld", &pid, &bytes) == 2 && count) {
            dev_t_ *to = &devs[count - 1];
            to->draw[to->draws].pid = pid;
            to->draw[to->draws++].used = (unsigned long long)bytes;
        } else if (!strncmp(line, "lost", 4) && count) devs[count - 1].lost = 1;
        else if (sscanf(line, "%15s %95s %95s %lld %lld %d", kind, d.uuid, d.name, &d.total, &d.used, &d.util) == 6) {
            d.mig = !strcmp(kind, "mig");
            if (!d.mig) gpu = count;
            d.parent = d.mig ? gpu : -1;
            devs[count++] = d;
        }
    }
    if (f) fclose(f);
}
static int nth(int parent, unsigned index) {
    for (int i = 0; i < count; i++)
        if (devs[i].parent == parent && index-- == 0) return i;
    return -1;
}
static dev_t_ *of(void *h) { load(); long i = (long)h - 1; return i >= 0 && i < count ? &devs[i] : NULL; }
static int copy(char *to, unsigned size, const char *from) { snprintf(to, size, "%s", from); return OK; }

int nvmlInit_v2(void) { load(); return broken ? MISMATCH : OK; }
#if OLD < 3
int nvmlInitWithFlags(unsigned flags) { return nvmlInit_v2(); }
#endif
int nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(int code) { return code == MISMATCH ? "Driver/library version mismatch" : code == LOST ? "GPU is lost" : "Error"; }
int nvmlDeviceGetCount_v2(unsigned *n) { load(); *n = 0; while (nth(-1, *n) >= 0) ++*n; return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **h) { load(); int d = nth(-1, i); *h = (void *)(long)(d + 1); return d < 0 ? INVALID : devs[d].lost ? LOST : OK; }
int nvmlDeviceGetMigMode(void *h, unsigned *now, unsigned *later) {
    if (!of(h)) return INVALID;
    *now = *later = nth((long)h - 1, 0) >= 0;
    return OK;
}
int nvmlDeviceGetMaxMigDeviceCount(void *h, unsigned *n) { *n = 7; return of(h) ? OK : INVALID; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *h, unsigned i, void **m) {
    load();
    int d = nth((long)h - 1, i);
    *m = (void *)(long)(d + 1);
    return d < 0 ? NOT_FOUND : OK;
}
int nvmlDeviceGetUUID(void *h, char *s, unsigned n) { dev_t_ *d = of(h); return d ? copy(s, n, d->uuid) : INVALID; }
int nvmlDeviceGetName(void *h, char *s, unsigned n) { dev_t_ *d = of(h); return d ? copy(s, n, d->name) : INVALID; }
int nvmlDeviceGetMemoryInfo(void *h, mem_t *m) {
    dev_t_ *d = of(h);
    if (!d || d->lost) return d ? LOST : INVALID;
    m->total = d->total; m->used = d->used; m->free = d->total - d->used;
    return OK;
}
int nvmlDeviceGetUtilizationRates(void *h, util_t *u) {
    dev_t_ *d = of(h);
    if (!d) return INVALID;
    u->gpu = d->util; u->memory = 0;
    return d->util < 0 ? NOT_SUPPORTED : OK;
}
#if OLD < 2
static int list(unsigned *n, proc_t *to, const proc_t *from, unsigned count) {
    unsigned room = *n;
    *n = count;
    if (room < count) return 7; /* insufficient size */
    if (count) memcpy(to, from, count * sizeof *to);
    return OK;
}
int nvmlDeviceGetComputeRunningProcesses_v2(void *h, unsigned *n, proc_t *p) {
    dev_t_ *d = of(h);
    return d ? list(n, p, d->proc, d->procs) : INVALID;
}
int nvmlDeviceGetGraphicsRunningProcesses_v2(void *h, unsigned *n, proc_t *p) {
    dev_t_ *d = of(h);
    return d ? list(n, p, d->draw, d->draws) : INVALID;
}
#endif
#if OLD < 1
int nvmlDeviceGetComputeRunningProcesses_v3(void *h, unsigned *n, proc_t *p) { return nvmlDeviceGetComputeRunningProcesses_v2(h, n, p); }
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *h, unsigned *n, proc_t *p) { return nvmlDeviceGetGraphicsRunningProcesses_v2(h, n, p); }
#endif
