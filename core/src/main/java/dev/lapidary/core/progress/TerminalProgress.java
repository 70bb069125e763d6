package dev.lapidary.core.progress;

import dev.lapidary.core.failure.Phrase;
import java.io.PrintWriter;
import java.util.function.LongSupplier;

/**
 * On a terminal a bar that is redrawn, with the time that is left; elsewhere lines alone. All of it
 * goes to stderr. Safe for many threads.
 */
public final class TerminalProgress implements WorkProgress {
  /** Whether stderr is a terminal: the launcher knows, Java 17 does not. */
  private static final String PROPERTY = "lapidary.terminal";

  private static final int WIDTH = 24;
  private static final long REDRAW_NANOS = 100_000_000;

  /** Before that, a rate says little. */
  private static final double ETA_AFTER_SECONDS = 1;

  private final PrintWriter err;
  private final boolean terminal;
  private final LongSupplier nanos;
  private long lastDraw;
  private int drawn;
  private String counted = "";
  private long countedFrom;
  private long countedSince;
  private boolean interrupted;

  public TerminalProgress(PrintWriter err, boolean terminal) {
    this(err, terminal, System::nanoTime);
  }

  TerminalProgress(PrintWriter err, boolean terminal, LongSupplier nanos) {
    this.err = err;
    this.terminal = terminal;
    this.nanos = nanos;
    this.lastDraw = nanos.getAsLong() - REDRAW_NANOS;
  }

  /** With bars if stderr is a terminal. */
  public static TerminalProgress of(PrintWriter err) {
    return new TerminalProgress(err, Boolean.getBoolean(PROPERTY));
  }

  /** A line of its own. */
  @Override
  public synchronized void say(String line) {
    clear();
    err.println(line);
    err.flush();
  }

  @Override
  public void count(String what, long done, long all) {
    count(what, done, all, "");
  }

  /**
   * Redraws the bar, at most ten times a second; takes it away when all is done.
   *
   * @param more behind the numbers
   */
  public synchronized void count(String what, long done, long all, String more) {
    if (!terminal || interrupted) {
      return;
    }
    if (!what.equals(counted) || done <= countedFrom) {
      counted = what;
      countedFrom = done;
      countedSince = nanos.getAsLong();
    }
    if (done >= all) {
      clear();
      counted = "";
    } else if (isTimeToDraw()) {
      String numbers = more.isEmpty() ? "" : "  " + more;
      draw("%s %s %d/%d%s%s".formatted(what, bar(done, all), done, all, numbers, eta(done, all)));
    }
  }

  @Override
  public synchronized void transfer(String name, long done, long all) {
    if (!terminal || interrupted || (done != all && !isTimeToDraw())) {
      return;
    }
    draw(
        all < 0
            ? Phrase.of("fetching %s  %.1f MB", name, done / 1e6)
            : Phrase.of(
                "fetching %s %s %.1f of %.1f MB", name, bar(done, all), done / 1e6, all / 1e6));
  }

  /** The terminal shows ^C behind the bar: what comes now begins on a line of its own. */
  public synchronized void interrupt() {
    interrupted = true;
    if (drawn > 0) {
      drawn = 0;
      err.println();
      err.flush();
    }
  }

  private boolean isTimeToDraw() {
    long now = nanos.getAsLong();
    if (now - lastDraw < REDRAW_NANOS) {
      return false;
    }
    lastDraw = now;
    return true;
  }

  private String eta(long done, long all) {
    double seconds = (nanos.getAsLong() - countedSince) / 1e9;
    if (seconds < ETA_AFTER_SECONDS || done <= countedFrom) {
      return "";
    }
    long left = Math.round(seconds * (double) (all - done) / (double) (done - countedFrom));
    return left < 3600
        ? "  eta %d:%02d".formatted(left / 60, left % 60)
        : "  eta %d:%02d:%02d".formatted(left / 3600, left / 60 % 60, left % 60);
  }

  private static String bar(long done, long all) {
    int full = (int) (WIDTH * done / Math.max(all, 1));
    return "█".repeat(full) + "·".repeat(WIDTH - full);
  }

  private void draw(String line) {
    err.print("\r" + line + " ".repeat(Math.max(0, drawn - line.length())));
    err.flush();
    drawn = line.length();
  }

  private void clear() {
    if (drawn > 0) {
      err.print("\r" + " ".repeat(drawn) + "\r");
      err.flush();
      drawn = 0;
    }
  }
}
