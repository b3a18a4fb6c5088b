// Answers the instruction CPUID in place of this machine's processor, so that a library chooses the kernels that it
// would choose on an older one. Preloaded; the library's CPUID instructions were replaced by UD2, which is as long
// and raises SIGILL (see run.mjs). The kernels themselves run as they are: they are the same on both processors.
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { FMA = 1u << 12, XSAVE = 1u << 26, OSXSAVE = 1u << 27, AVX = 1u << 28, F16C = 1u << 29 };
enum { BMI1 = 1u << 3, AVX2 = 1u << 5, BMI2 = 1u << 8 };

// 128-bit vectors only (Nehalem); otherwise AVX2 and FMA, but no AVX-512 and no VNNI (Haswell).
static int only_sse;

static void answer(int number, siginfo_t *info, void *context) {
  (void)info;
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  const unsigned char *at = (const unsigned char *)registers[REG_RIP];
  if (at[0] != 0x0f || at[1] != 0x0b) {
    signal(number, SIG_DFL);
    return;
  }
  unsigned leaf = (unsigned)registers[REG_RAX];
  unsigned part = (unsigned)registers[REG_RCX];
  unsigned a, b, c, d;
  __cpuid_count(leaf, part, a, b, c, d);
  if (leaf == 1 && only_sse) c &= ~(unsigned)(FMA | XSAVE | OSXSAVE | AVX | F16C);
  if (leaf == 7) {
    b = part > 0 ? 0 : b & (BMI1 | BMI2 | (only_sse ? 0 : AVX2));
    a = c = d = 0;
  }
  registers[REG_RAX] = a;
  registers[REG_RBX] = b;
  registers[REG_RCX] = c;
  registers[REG_RDX] = d;
  registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void install(void) {
  const char *processor = getenv("PROOFLINE_TEST_PROCESSOR");
  if (processor == NULL) return;
  only_sse = strcmp(processor, "sse") == 0;
  struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGILL, &action, NULL);
}
