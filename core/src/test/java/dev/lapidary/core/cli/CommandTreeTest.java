package dev.lapidary.core.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

class CommandTreeTest {
  @Command(
      name = "polish",
      description = {"Polishes a stone", "until it shines."})
  static final class Polish implements Callable<Integer>, RootCommand {
    @Option(names = "--grit")
    private int grit = 600;

    @Option(names = "--shape")
    private Shape shape = Shape.ROUND;

    @Option(names = "--break")
    private boolean broken;

    @Option(names = "--fill")
    private boolean full;

    @Option(names = "--name")
    private String name = "";

    @Option(names = "--write")
    private Path place = Path.of("");

    @Override
    public List<Class<?>> commands() {
      return List.of(Wash.class, Cut.class);
    }

    @Override
    public Map<String, String> otherNames() {
      return Map.of(
          "--mesh", "--grit",
          "--rpm", "--speed 60",
          "cut --rough", "nothing: it is done in any case",
          "--soap", "--water");
    }

    @Override
    public Integer call() throws IOException {
      if (full) {
        throw new OutOfMemoryError("Java heap space");
      }
      if (!name.isEmpty()) {
        throw Failure.badInput("no stone is called %s", name);
      }
      if (!place.toString().isEmpty()) {
        AtomicFile.write(place, file -> {});
      }
      if (broken) {
        throw new IllegalStateException("the wheel broke\nat its axis");
      }
      if (grit > 1000 && shape == Shape.ROUND) {
        throw Failure.gate("grit %d is too fine; choose at most 1000", grit);
      }
      return 0;
    }
  }

  enum Shape {
    ROUND,
    BRILLIANT_CUT;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Command(name = "wash", description = "Washes a stone.")
  static final class Wash implements Runnable {
    private static int made;

    Wash() {
      made++;
    }

    @Option(names = "--water", required = true)
    private String water = "";

    @Override
    public void run() {
      assertThat(water).isNotEmpty();
    }
  }

  enum Finish {
    DULL,
    BRIGHT
  }

  @Command(name = "cut", description = "Cuts a stone.")
  static final class Cut implements Callable<Integer>, HelpSection.Command {
    @Spec private CommandSpec spec;

    @Option(names = "--speed", description = "Of the wheel.")
    private int turnsAMinute = 60;

    @Option(names = "--angle")
    private Optional<Double> angleOfCut = Optional.empty();

    @Option(names = "--finish", description = "One of ${COMPLETION-CANDIDATES}.")
    private Finish finishOfStone = Finish.DULL;

    @Option(names = "--marks", split = ",", description = "In grams.")
    private List<Integer> marksMade = List.of();

    @Option(names = "--oil")
    private boolean oiled;

    @Option(names = "--data", description = "What is cut.")
    private Path given = Path.of("");

    @Override
    public List<HelpSection> sections() {
      return List.of(
          new HelpSection("Wheel", List.of("--speed", "--finish", "--marks"), List.of("--angle")));
    }

    @Override
    public Integer call() {
      spec.commandLine().getErr().println("cutting");
      spec.commandLine().getErr().println("warning: the oil is old");
      spec.commandLine().getOut().println("1 carat");
      throw Failure.gate("the stone broke");
    }
  }

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return CommandTree.run(new Polish(), new PrintWriter(out), new PrintWriter(err), arguments);
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

  /** Names come from files that anyone may have made. */
  @Test
  void aTerminalObeysNoName() {
    assertThat(run("--name=\u001b[31mred\u009b2J\nerror: \u202eno")).isEqualTo(2);
    assertThat(err).hasToString("error: no stone is called ?[31mred?2J?error: ?no\n");
  }

  @Test
  void aLongNameIsCut() {
    assertThat(run("--name=" + "a".repeat(100_000))).isEqualTo(2);
    assertThat(err.toString()).hasSizeLessThan(2100).endsWith("aaa...\n");
  }

  @Test
  void outOfMemoryIsOneLine() {
    assertThat(run("--fill")).isEqualTo(1);
    assertThat(err.toString())
        .matches(
            "error: out of memory: Java heap space; the heap has \\d+ MB, \\S+ gives it 8 GB\n");
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThat(run("--write=" + file.resolve("m.onnx"))).isEqualTo(1);
    assertThat(err)
        .hasToString(
            "error: %s: a file is there, where a folder would have to be; choose another place\n"
                .formatted(file));
  }

  @Test
  void stacktraceIsShownWhenAskedFor() {
    assertThat(run("--stacktrace", "--break")).isEqualTo(1);
    assertThat(err.toString()).contains("at dev.lapidary.core.cli.CommandTreeTest");
  }

  @Test
  void wrongUsageNamesTheNearOption() {
    assertThat(run("--girt=1")).isEqualTo(2);
    assertThat(err)
        .hasToString(
            "error: Unknown option: '--girt=1'; did you mean --grit?\nTry 'polish --help'.\n");
  }

  @Test
  void aWrongWordIsAnsweredWithTheRightOnes() {
    assertThat(run("--shape=flat")).isEqualTo(2);
    assertThat(err)
        .hasToString(
            "error: Invalid value for option '--shape': expected one of round, brilliant-cut but was"
                + " 'flat'\nTry 'polish --help'.\n");
    assertThat(run("--shape=brilliant-cut")).isZero();
  }

  @Test
  void aWordTooManyIsNoMistypedOption() {
    assertThat(run("x")).isEqualTo(2);
    assertThat(err)
        .hasToString("error: Unmatched argument at index 0: 'x'\nTry 'polish --help'.\n");
  }

  @Test
  void helpShowsDefaultsAndExitCodes() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("600").contains("3").contains("a gate refused");
  }

  @Test
  void everyCommandHasHelp() {
    assertThat(run("wash", "--help")).isZero();
    assertThat(out.toString()).contains("Washes a stone.", "--water", "Exit codes:");
  }

  /** Where there are many, reading their options takes longest of all that a start does. */
  @Test
  void onlyTheCommandThatIsCalledIsRead() {
    int before = Wash.made;
    assertThat(run("cut")).isEqualTo(3);
    assertThat(run("--help")).isZero();
    assertThat(out.toString())
        .contains("\nCommands:\n  wash  Washes a stone.\n  cut   Cuts a stone.\n");
    assertThat(run("wsh")).isEqualTo(2);
    assertThat(err.toString()).contains("'wsh'");
    assertThat(Wash.made).isEqualTo(before);
    assertThat(run("wash", "--water=hard")).isZero();
    assertThat(Wash.made).isGreaterThan(before);
    assertThat(CommandTree.commandLine(new Polish()).getSubcommands().get("wash").getCommandSpec())
        .matches(spec -> spec.findOption("--water") != null);
  }

  @Test
  void aDescriptionOfSeveralLinesIsOneText() {
    assertThat(run("-h")).isZero();
    assertThat(out.toString()).contains("Polishes a stone until it shines.");
  }

  @Test
  void versionIsTheProjectsAndJavas() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).matches("Lapidary \\d+\\.\\d+\\.\\d+\\S*\nJava \\d+.*\n");
  }

  @Test
  void optionsHaveHeadingsAndRareOnesAreShownWhenAskedFor() {
    assertThat(run("cut", "--help")).isZero();
    assertThat(out.toString())
        .contains(
            "\nWheel\n  --speed=N", "\nOther\n  --oil", "\n1 more options: polish cut --help-all")
        .doesNotContain("--angle");
    out.getBuffer().setLength(0);
    assertThat(run("cut", "--help-all")).isZero();
    assertThat(out.toString()).contains("  --angle=X").doesNotContain("more options");
  }

  @Test
  void helpShowsNoNamesOfTheSourceCode() {
    assertThat(run("cut", "--help-all")).isZero();
    assertThat(out.toString())
        .contains("--finish=dull|bright", "[dull]", "--marks=N,...", "In grams.")
        .doesNotContain("Optional", "[]", "null", "DULL", "<");
  }

  /** Whoever types a bare command asks what it takes. */
  @Test
  void aBareCommandPrintsItsUsage() {
    assertThat(run("wash")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("Usage: polish wash --water=TEXT [OPTION...]\n")
        .endsWith("error: Missing required option: '--water'\nTry 'polish wash --help'.\n");
  }

  @Test
  void anUnknownOptionIsSaidBeforeAMissingOne() {
    assertThat(run("wash", "--watr=x")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("error: Unknown option: '--watr=x'; did you mean --water?\n");
  }

  @Test
  void anothersWordIsAnsweredByOurs() {
    assertThat(run("--mesh=60")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("error: Unknown option: '--mesh=60'; here it is --grit\n");
  }

  @Test
  void eachOfAnothersWordsIsAnswered() {
    assertThat(run("cut", "--rpm", "80", "--rough", "--oi")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith(
            "error: Unknown options: '--rpm', '80', '--rough', '--oi'; here --rpm is --speed 60,"
                + " --rough is nothing: it is done in any case\n");
    err.getBuffer().setLength(0);
    assertThat(run("cut", "--spee=1", "--rpm=1")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith(
            "error: Unknown options: '--spee=1', '--rpm=1'; did you mean --speed?; here --rpm is"
                + " --speed 60\n");
  }

  /** {@code --water} is an option of washing alone, and {@code --rough} is said of cutting. */
  @Test
  void noOptionOfAnotherCommandIsNamed() {
    assertThat(run("cut", "--soap=x")).isEqualTo(2);
    assertThat(err.toString()).startsWith("error: Unknown option: '--soap=x'\n");
    err.getBuffer().setLength(0);
    assertThat(run("wash", "--rough")).isEqualTo(2);
    assertThat(err.toString()).startsWith("error: Unknown option: '--rough'\n");
  }

  @Test
  void aFileWithoutItsOptionIsAnswered() {
    assertThat(run("cut", "stones")).isEqualTo(2);
    assertThat(err.toString())
        .startsWith(
            "error: Unmatched argument at index 1: 'stones'; did you mean --data stones?\n");
    err.getBuffer().setLength(0);
    assertThat(run("cut", "plan.yaml")).isEqualTo(2);
    assertThat(err.toString()).startsWith("error: Unmatched argument at index 1: 'plan.yaml'\n");
  }

  @Test
  void quietLeavesErrorsAndWarnings() {
    assertThat(run("cut", "-q", "--oil")).isEqualTo(3);
    assertThat(err).hasToString("warning: the oil is old\nerror: the stone broke\n");
    assertThat(out).hasToString("1 carat\n");
  }

  @Test
  void coloursAreForTerminalsOfPeopleWhoWantThem() {
    assertThat(Colours.of(true, Map.of()).error("error:")).isEqualTo("\u001b[1;31merror:\u001b[0m");
    assertThat(Colours.of(false, Map.of()).error("error:")).isEqualTo("error:");
    assertThat(Colours.of(true, Map.of("NO_COLOR", "1")).good("x")).isEqualTo("x");
    assertThat(Colours.of(true, Map.of("NO_COLOR", "")).on()).isTrue();
    assertThat(Colours.of(true, Map.of("TERM", "dumb")).warning("x")).isEqualTo("x");
  }
}
