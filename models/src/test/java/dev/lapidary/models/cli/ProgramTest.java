package dev.lapidary.models.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.models.failure.Failure;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

class ProgramTest {
  @Command(name = "polish", mixinStandardHelpOptions = true)
  static final class Polish implements Callable<Integer> {
    @Option(names = "--grit")
    private int grit = 600;

    @Option(names = "--break")
    private boolean broken;

    @Override
    public Integer call() {
      if (broken) {
        throw new IllegalStateException("the wheel broke\nat its axis");
      }
      if (grit > 1000) {
        throw Failure.gate("grit %d is too fine; choose at most 1000", grit);
      }
      return 0;
    }
  }

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Program.run(new Polish(), new PrintWriter(out), new PrintWriter(err), arguments);
  }

  @Test
  void aFailureIsOneLineWithItsExitCode() {
    assertThat(run("--grit=3000")).isEqualTo(3);
    assertThat(err).hasToString("error: grit 3000 is too fine; choose at most 1000\n");
  }

  @Test
  void anUnexpectedErrorIsOneLineToo() {
    assertThat(run("--break")).isEqualTo(1);
    assertThat(err)
        .hasToString("error: IllegalStateException: the wheel broke (--stacktrace shows where)\n");
  }

  @Test
  void stacktraceIsShownWhenAskedFor() {
    assertThat(run("--stacktrace", "--break")).isEqualTo(1);
    assertThat(err.toString()).contains("at dev.lapidary.models.cli.ProgramTest");
  }

  @Test
  void wrongUsageNamesTheNearOption() {
    assertThat(run("--girt=1")).isEqualTo(2);
    assertThat(err)
        .hasToString(
            "error: Unknown option: '--girt=1'; did you mean --grit?\nTry 'polish --help'.\n");
  }

  @Test
  void helpShowsDefaultsAndExitCodes() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("600").contains("3").contains("a gate refused");
  }

  @Test
  void versionIsTheProjects() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).matches("Lapidary \\d+\\.\\d+\\.\\d+\\S*\n");
  }
}
