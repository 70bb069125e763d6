package dev.lapidary.trainer.report;

import dev.lapidary.core.cli.Colours;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.progress.TerminalProgress;
import dev.lapidary.core.progress.WorkProgress;
import java.io.PrintWriter;
import java.io.Writer;

/** What a run shows: lines, and on a terminal a bar. All of it goes to stderr. */
public record Progress(TerminalProgress terminal, Colours colours) implements WorkProgress {

  public Progress(PrintWriter err, boolean terminal) {
    this(new TerminalProgress(err, terminal), Colours.ofErr());
  }

  /** Shows nothing. */
  public static Progress silent() {
    return new Progress(new PrintWriter(Writer.nullWriter()), false);
  }

  @Override
  public void say(String line) {
    boolean warns = line.startsWith("warning:");
    terminal.say(warns ? colours.warning("warning:") + line.substring(8) : line);
  }

  @Override
  public void count(String what, long done, long all) {
    terminal.count(what, done, all);
  }

  @Override
  public void transfer(String name, long done, long all) {
    terminal.transfer(name, done, all);
  }

  /** Steps of an epoch. */
  public void batch(String what, long done, long all, double loss, double imagesPerSecond) {
    String rate = imagesPerSecond > 0 ? Phrase.of("  %.0f images/s", imagesPerSecond) : "";
    terminal.count(what, done, all, Phrase.of("loss %.4f%s", loss, rate));
  }

  public void epoch(EpochMetrics m, int epochs, double imagesPerSecond) {
    String exact = m.valMap().isPresent() ? "exact" : "acc";
    String labels =
        m.valBalancedAccuracy().map(mean -> Phrase.of(" balanced %.4f", mean)).orElse("")
            + m.valMap().map(map -> Phrase.of(" mAP %.4f", map)).orElse("")
            + m.valMicroF1().map(f1 -> Phrase.of(" F1 %.4f", f1)).orElse("");
    say(
        Phrase.of(
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
            m.best() ? colours.good(" best") : "",
            imagesPerSecond));
  }
}
