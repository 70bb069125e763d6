package dev.lapidary.trainer.run;

import dev.lapidary.trainer.report.EpochMetrics;
import java.io.PrintWriter;
import java.util.Locale;

/**
 * What a run shows: on a terminal a bar that is redrawn, elsewhere one line an epoch. All of it
 * goes to stderr.
 */
public final class Progress {
  private static final int WIDTH = 24;
  private static final long REDRAW_NANOS = 100_000_000;

  private final PrintWriter err;
  private final boolean terminal;
  private long lastDraw;
  private int drawn;

  public Progress(PrintWriter err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  /** A line of its own. */
  public void say(String line) {
    clear();
    err.println(line);
    err.flush();
  }

  /** Redraws the bar, at most ten times a second. */
  void batch(String what, long done, long all, double loss, double imagesPerSecond) {
    long now = System.nanoTime();
    if (!terminal || (done < all && now - lastDraw < REDRAW_NANOS)) {
      return;
    }
    lastDraw = now;
    int full = (int) (WIDTH * done / Math.max(all, 1));
    String bar = "█".repeat(full) + "·".repeat(WIDTH - full);
    String line =
        String.format(
            Locale.ROOT,
            "%s %s %d/%d  loss %.4f  %.0f images/s",
            what,
            bar,
            done,
            all,
            loss,
            imagesPerSecond);
    err.print("\r" + line + " ".repeat(Math.max(0, drawn - line.length())));
    err.flush();
    drawn = line.length();
  }

  void epoch(EpochMetrics m, int epochs, double imagesPerSecond) {
    say(
        String.format(
            Locale.ROOT,
            "epoch %d/%d (%s)  lr %.2e  train loss %.4f acc %.4f  val loss %.4f acc %.4f%s  %.0f"
                + " images/s",
            m.epoch(),
            epochs,
            m.stage(),
            m.lr(),
            m.trainLoss(),
            m.trainAccuracy(),
            m.valLoss(),
            m.valAccuracy(),
            m.best() ? " best" : "",
            imagesPerSecond));
  }

  private void clear() {
    if (drawn > 0) {
      err.print("\r" + " ".repeat(drawn) + "\r");
      drawn = 0;
    }
  }
}
