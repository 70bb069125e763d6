package dev.lapidary.core.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TerminalProgressTest {
  private static final long SECOND = 1_000_000_000L;

  private final StringWriter err = new StringWriter();
  private long now;

  private TerminalProgress progress(boolean terminal) {
    return new TerminalProgress(new PrintWriter(err), terminal, () -> now);
  }

  private String last() {
    String all = err.toString();
    return all.substring(all.lastIndexOf('\r') + 1).stripTrailing();
  }

  @Test
  void aBarSaysHowMuchIsLeft() {
    TerminalProgress progress = progress(true);
    progress.count("scan", 0, 400);
    assertThat(last()).isEqualTo("scan ························ 0/400");
    now = 10 * SECOND;
    progress.count("scan", 100, 400, "loss 0.5");
    assertThat(last()).isEqualTo("scan ██████·················· 100/400  loss 0.5  eta 0:30");
    now = 7200 * SECOND;
    progress.count("scan", 200, 400);
    assertThat(last()).endsWith("200/400  eta 2:00:00");
    progress.count("scan", 400, 400);
    assertThat(last()).isEmpty();
  }

  @Test
  void whatBeginsAgainHasATimeOfItsOwn() {
    TerminalProgress progress = progress(true);
    progress.count("validation", 1, 100);
    now = 100 * SECOND;
    progress.count("validation", 100, 100);
    progress.count("validation", 1, 100);
    now = 102 * SECOND;
    progress.count("validation", 21, 100);
    assertThat(last()).endsWith("21/100  eta 0:08");
  }

  @Test
  void aLineTakesTheBarsPlace() {
    TerminalProgress progress = progress(true);
    progress.count("scan", 1, 4);
    progress.say("data: 4 images");
    assertThat(last()).isEqualTo("data: 4 images");
  }

  @Test
  void afterAnInterruptionALineBeginsAndNoBarComesBack() {
    TerminalProgress progress = progress(true);
    progress.count("scan", 1, 4);
    progress.interrupt();
    now = SECOND;
    progress.count("scan", 2, 4);
    progress.say("interrupted");
    assertThat(err.toString()).endsWith("1/4" + System.lineSeparator() + "interrupted\n");
  }

  @Test
  void elsewhereThereAreLinesAlone() {
    TerminalProgress progress = progress(false);
    progress.count("scan", 1, 4);
    progress.transfer("weights.pth", 1, 4);
    progress.interrupt();
    progress.say("done");
    assertThat(err).hasToString("done\n");
  }
}
