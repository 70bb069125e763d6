package dev.lapidary.core.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * SIGTERM, SIGINT and SIGHUP, taken over from the JVM by a program that has work to end in order.
 * The JVM answers them by its shutdown at once: it runs all shutdown hooks at the same time, those
 * of native libraries that free what others still use among them. Here the program's own end comes
 * first, with no hook running yet, and then the JVM's shutdown, with the status that it would have
 * had: 128 and the signal's number. Only the first signal counts. For programs, not for libraries:
 * a process has one handler a signal.
 */
public final class StopSignal implements AutoCloseable {
  private static final List<String> NAMES = List.of("TERM", "INT", "HUP");
  private static final int SIGNALLED = 128;

  private final Runnable stop;
  private final List<Taken> taken = new ArrayList<>();
  private OptionalInt status = OptionalInt.empty();

  private record Taken(Signal signal, SignalHandler before) {}

  private StopSignal(Runnable stop) {
    this.stop = stop;
  }

  /**
   * From now on a signal runs {@code stop} on a thread of its own and exits then, until {@link
   * #close}. Signals that the process ignores (nohup) or that the JVM was told to leave alone
   * (-Xrs) stay as they are.
   */
  public static StopSignal take(Runnable stop) {
    StopSignal own = new StopSignal(stop);
    for (String name : NAMES) {
      try {
        Signal signal = new Signal(name);
        own.taken.add(new Taken(signal, Signal.handle(signal, own::handle)));
      } catch (IllegalArgumentException e) {
        // There is no such signal here (Windows has no SIGHUP), or it is not the JVM's to handle.
      }
    }
    return own;
  }

  /**
   * From now on SIGINT is no matter of this process: a terminal's Ctrl-C goes to all of its
   * processes, and the one that began this one ends it.
   */
  public static void leaveInterruptsToOthers() {
    Signal.handle(new Signal("INT"), SignalHandler.SIG_IGN);
  }

  /** What the process exits with, once a signal has come. */
  public synchronized OptionalInt status() {
    return status;
  }

  private void handle(Signal signal) {
    int first = SIGNALLED + signal.getNumber();
    if (come(first)) {
      try {
        stop.run();
      } finally {
        System.exit(first);
      }
    }
  }

  private synchronized boolean come(int first) {
    if (status.isPresent()) {
      return false;
    }
    status = OptionalInt.of(first);
    return true;
  }

  /** Gives the signals back. After the first signal it does nothing: the process is ending. */
  @Override
  public synchronized void close() {
    if (status.isEmpty()) {
      taken.forEach(t -> Signal.handle(t.signal(), t.before()));
      taken.clear();
    }
  }
}
