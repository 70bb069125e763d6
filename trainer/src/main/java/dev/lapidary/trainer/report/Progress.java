package dev.lapidary.trainer.report;

import dev.lapidary.core.fetch.FetchProgress;
import java.io.PrintWriter;
import java.util.Locale;

/**
 * What a run shows: on a terminal a bar that is redrawn, elsewhere one line an epoch. All of it
 * goes to stderr.
 */
public final class Progress implements FetchProgress {
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
  @Override
  public void say(String line) {
    clear();
    err.println(line);
    err.flush();
  }

  /** Redraws the bar, at most ten times a second. */
  public void batch(String what, long done, long all, double loss, double imagesPerSecond) {
    long now = System.nanoTime();
    if (!terminal || (done < all && now - lastDraw < REDRAW_NANOS)) {
      return;
    }
    lastDraw = now;
    draw(
        String.format(
            Locale.ROOT,
            "%s %s %d/%d  loss %.4f  %.0f images/s",
            what,
            bar(done, all),
            done,
            all,
            loss,
            imagesPerSecond));
  }

  /** Redraws the bar, without a loss. */
  public void images(String what, long done, long all) {
    long now = System.nanoTime();
    if (terminal && (done == all || now - lastDraw >= REDRAW_NANOS)) {
      lastDraw = now;
      draw("%s %s %d/%d".formatted(what, bar(done, all), done, all));
    }
  }

  @Override
  public void transfer(String name, long done, long all) {
    long now = System.nanoTime();
    if (!terminal || (done != all && now - lastDraw < REDRAW_NANOS)) {
      return;
    }
    lastDraw = now;
    draw(
        all < 0
            ? String.format(Locale.ROOT, "fetching %s  %.1f MB", name, done / 1e6)
            : String.format(
                Locale.ROOT,
                "fetching %s %s %.1f of %.1f MB",
                name,
                bar(done, all),
                done / 1e6,
                all / 1e6));
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

  public void epoch(EpochMetrics m, int epochs, double imagesPerSecond) {
    String exact = m.valMap().isPresent() ? "exact" : "acc";
    String labels =
        m.valMap().map(map -> String.format(Locale.ROOT, " mAP %.4f", map)).orElse("")
            + m.valMicroF1().map(f1 -> String.format(Locale.ROOT, " F1 %.4f", f1)).orElse("");
    say(
        String.format(
            Locale.ROOT,
            "epoch %d/%d (%s)  lr %.2e  train loss %.4f %s %.4f  val loss %.4f %s %.4f%s%s  %.0f"
                + " images/s",
            m.epoch(),
            epochs,
            m.stage(),
            m.lr(),
            m.trainLoss(),
            exact,
            m.trainAccuracy(),
            m.valLoss(),
            exact,
            m.valAccuracy(),
            labels,
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
