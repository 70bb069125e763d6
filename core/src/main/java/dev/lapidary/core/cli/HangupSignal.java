package dev.lapidary.core.cli;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * SIGHUP as servers take it: to read their files again. Taken after {@link StopSignal}, which would
 * end the program at it; given back to it by {@link #close}. Where there is no such signal
 * (Windows) or the process ignores it (nohup), nothing comes.
 */
public final class HangupSignal implements AutoCloseable {
  private final Optional<Signal> signal = signal();
  private final @Nullable SignalHandler before;

  private HangupSignal(Runnable reload) {
    before = signal.map(s -> handle(s, reload)).orElse(null);
  }

  /** From now on each SIGHUP runs {@code reload}, on a thread of its own, until {@link #close}. */
  public static HangupSignal take(Runnable reload) {
    return new HangupSignal(reload);
  }

  private static Optional<Signal> signal() {
    try {
      return Optional.of(new Signal("HUP"));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static @Nullable SignalHandler handle(Signal signal, Runnable reload) {
    try {
      return Signal.handle(signal, s -> reload.run());
    } catch (IllegalArgumentException e) {
      return null; // the JVM was told to leave it alone (-Xrs)
    }
  }

  @Override
  public void close() {
    SignalHandler former = before;
    if (former != null) {
      signal.ifPresent(s -> Signal.handle(s, former));
    }
  }
}
