package dev.lapidary.core.thread;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Threads that keep no program from ending. */
public final class DaemonThreads {
  private DaemonThreads() {}

  /** Each of this name. */
  public static ThreadFactory named(String name) {
    return task -> daemon(task, name);
  }

  /** Each of this name and a number behind it, from 1 on. */
  public static ThreadFactory numbered(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> daemon(task, name + number.incrementAndGet());
  }

  /** Runs a task beside what its caller does. */
  public static void start(String name, Runnable task) {
    daemon(task, name).start();
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }
}
