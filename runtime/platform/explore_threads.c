#include <stdlib.h>
#include <string.h>

#include "platform/explore_state.h"

#define STACK_BYTES (64 * 1024)

/* The callee-saved registers and the stack pointer. */
void explore_switch(void **save, void *load);
#if defined(__x86_64__)
__asm__(".text\n.globl explore_switch\nexplore_switch:\n"
        "push %rbp\npush %rbx\npush %r12\npush %r13\npush %r14\npush %r15\n"
        "mov %rsp, (%rdi)\nmov %rsi, %rsp\n"
        "pop %r15\npop %r14\npop %r13\npop %r12\npop %rbx\npop %rbp\nret\n");
#define SAVED_WORDS 6
#define ENTRY_WORD 6
#elif defined(__aarch64__)
__asm__(".text\n.globl explore_switch\nexplore_switch:\n"
        "sub sp, sp, #160\n"
        "stp x19, x20, [sp, #0]\nstp x21, x22, [sp, #16]\n"
        "stp x23, x24, [sp, #32]\nstp x25, x26, [sp, #48]\n"
        "stp x27, x28, [sp, #64]\nstp x29, x30, [sp, #80]\n"
        "stp d8, d9, [sp, #96]\nstp d10, d11, [sp, #112]\n"
        "stp d12, d13, [sp, #128]\nstp d14, d15, [sp, #144]\n"
        "mov x2, sp\nstr x2, [x0]\nmov sp, x1\n"
        "ldp x19, x20, [sp, #0]\nldp x21, x22, [sp, #16]\n"
        "ldp x23, x24, [sp, #32]\nldp x25, x26, [sp, #48]\n"
        "ldp x27, x28, [sp, #64]\nldp x29, x30, [sp, #80]\n"
        "ldp d8, d9, [sp, #96]\nldp d10, d11, [sp, #112]\n"
        "ldp d12, d13, [sp, #128]\nldp d14, d15, [sp, #144]\n"
        "add sp, sp, #160\nret\n");
#define SAVED_WORDS 20
#define ENTRY_WORD 11
#else
#error "the explorer knows how to switch stacks on x86-64 and arm64"
#endif

void thread_switch(int from, int to)
{
    void **save = from == NO_THREAD ? &e.main_stack_pointer : &e.threads[from].stack_pointer;
    if (to != NO_THREAD) e.running = to;
    explore_switch(save, to == NO_THREAD ? e.main_stack_pointer : e.threads[to].stack_pointer);
}

static void entry(void)
{
    e.scenario->thread(e.running);
    e.threads[e.running].state = ENDED;
    thread_switch(e.running, NO_THREAD);
    abort();
}

void thread_prepare(int t)
{
    unsigned char *stack = e.threads[t].stack;
    if (!stack) stack = malloc(STACK_BYTES);
    /* 16-aligned. entry() finds the stack pointer 8 off, as after a call. */
    void **top = (void **)(void *)(stack + STACK_BYTES - 64);
    top[-1] = 0;
    void **saved = top - 2 - SAVED_WORDS;
    memset(saved, 0, (2 + SAVED_WORDS) * sizeof *saved);
    saved[ENTRY_WORD] = (void *)entry;
    e.threads[t] = (thread){.stack = stack, .stack_pointer = saved, .state = READY};
}
