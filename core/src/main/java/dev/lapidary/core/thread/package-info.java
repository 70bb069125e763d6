/** Threads that keep no program from ending: DaemonThreads. */
@NullMarked
package dev.lapidary.core.thread;

import org.jspecify.annotations.NullMarked;
