/*
 * Grace periods: liburcu's QSBR flavour. A worker is a reader between two quiescent states, and
 * offline while it sleeps. Under ThreadSanitizer, which does not see liburcu's barriers, the same
 * order is told to it by name.
 */
#pragma once

#include <urcu-qsbr.h>

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
extern char screen_qsbr_order;
#define SCREEN_TSAN_RELEASE() __tsan_release(&screen_qsbr_order)
#define SCREEN_TSAN_ACQUIRE() __tsan_acquire(&screen_qsbr_order)
#else
#define SCREEN_TSAN_RELEASE() ((void)0)
#define SCREEN_TSAN_ACQUIRE() ((void)0)
#endif

static inline void screen_qsbr_register(void)
{
	urcu_qsbr_register_thread();
}

static inline void screen_qsbr_unregister(void)
{
	SCREEN_TSAN_RELEASE();
	urcu_qsbr_unregister_thread();
}

static inline void screen_qsbr_quiescent(void)
{
	SCREEN_TSAN_RELEASE();
	urcu_qsbr_quiescent_state();
}

static inline void screen_qsbr_offline(void)
{
	SCREEN_TSAN_RELEASE();
	urcu_qsbr_thread_offline();
}

static inline void screen_qsbr_online(void)
{
	urcu_qsbr_thread_online();
}

/* Waits until every worker has passed a quiescent state. Not for workers. */
static inline void screen_qsbr_wait(void)
{
	urcu_qsbr_synchronize_rcu();
	SCREEN_TSAN_ACQUIRE();
}
