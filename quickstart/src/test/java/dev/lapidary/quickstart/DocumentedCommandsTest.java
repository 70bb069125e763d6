package dev.lapidary.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.exporter.cli.ExporterMain;
import dev.lapidary.serve.cli.ServeMain;
import dev.lapidary.trainer.cli.TrainerMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What a reader copies from a page is understood: its commands and options are the programs'. */
class DocumentedCommandsTest {
  private static final Path HOME = Path.of("..");

  private static final Map<String, CommandLine> PROGRAMS =
      Map.of(
          "trainer", CommandTree.commandLine(new TrainerMain()),
          "exporter", CommandTree.commandLine(new ExporterMain()),
          "serve", CommandTree.commandLine(new ServeMain()));

  /** In a block, behind a prompt, or between backquotes. */
  private static final Pattern COMMAND =
      Pattern.compile(
          "(?m)(?:^ {4}|`|\\$ )(?:bin/)?(trainer|exporter|serve) ([a-z][a-z-]*)([^`\\n]*)");

  private static final Pattern OPTION = Pattern.compile("(?<=[\\s\\[])--[a-z][a-z0-9-]*");

  /** An option by itself, as prose names it. */
  private static final Pattern NAMED = Pattern.compile("`(--[a-z][a-z0-9-]*)[^`]*`");

  /** Options of all commands. */
  private static final Set<String> GENERAL =
      Set.of("--help", "--help-all", "--quiet", "--version", "--stacktrace");

  /** Options of what else is shown: Maven, other tools' words, and bin/spark, whose page it is. */
  private static final Set<String> PAGES_OF_OTHERS =
      Set.of("command-line.md", "from-other-tools.md", "spark.md");

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(HOME.resolve("README.md")));
    try (Stream<Path> files = Files.list(HOME.resolve("docs"))) {
      files
          .filter(file -> file.toString().endsWith(".md"))
          .filter(file -> !PAGES_OF_OTHERS.contains(file.getFileName().toString()))
          .sorted()
          .forEach(pages::add);
    }
    return pages;
  }

  private static String text(Path page) throws IOException {
    return Files.readString(page).replaceAll("\\\\\\n\\s*", " ");
  }

  @Test
  void everyCommandHasTheOptionsThatItIsShownWith() throws IOException {
    List<String> wrong = new ArrayList<>();
    int shown = 0;
    for (Path page : pages()) {
      Matcher command = COMMAND.matcher(text(page));
      while (command.find()) {
        shown++;
        CommandLine program = PROGRAMS.get(command.group(1));
        CommandLine own = program.getSubcommands().get(command.group(2));
        if (own == null) {
          wrong.add(page + ": " + command.group().strip());
          continue;
        }
        Matcher option = OPTION.matcher(command.group(3).replaceFirst(" [|>#].*", ""));
        while (option.find()) {
          if (!knows(own, option.group())) {
            wrong.add("%s: %s in: %s".formatted(page, option.group(), command.group().strip()));
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(shown).isGreaterThan(80);
  }

  @Test
  void everyOptionThatIsNamedIsOne() throws IOException {
    Set<String> known = new HashSet<>(GENERAL);
    for (CommandLine program : PROGRAMS.values()) {
      for (CommandLine command : program.getSubcommands().values()) {
        known.addAll(command.getCommandSpec().optionsMap().keySet());
      }
    }
    List<String> wrong = new ArrayList<>();
    int named = 0;
    for (Path page : pages()) {
      Matcher option = NAMED.matcher(text(page));
      while (option.find()) {
        named++;
        if (!known.contains(option.group(1))) {
          wrong.add(page + ": " + option.group());
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(named).isGreaterThan(200);
  }

  private static boolean knows(CommandLine command, String option) {
    return GENERAL.contains(option) || command.getCommandSpec().findOption(option) != null;
  }
}
