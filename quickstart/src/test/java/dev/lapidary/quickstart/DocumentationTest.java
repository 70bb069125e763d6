package dev.lapidary.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.CommandLinePage;
import dev.lapidary.exporter.cli.ExporterMain;
import dev.lapidary.serve.cli.ServeMain;
import dev.lapidary.trainer.cli.TrainerMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents say of the source is the source's own word. */
class DocumentationTest {
  private static final Path HOME = Path.of("..");
  private static final List<String> MODULES =
      List.of(
          "core",
          "torchscript",
          "models",
          "runtime",
          "pytorch",
          "trainer",
          "exporter",
          "serve",
          "spark",
          "quickstart");
  private static final Pattern FIRST_SENTENCE =
      Pattern.compile("/\\*\\*(.*?)[.](\\s|\\*/)", Pattern.DOTALL);
  private static final Pattern TREE = Pattern.compile("(?s)(<!-- packages -->\n).*(<!-- end -->)");

  private static final Pattern EXAMPLE =
      Pattern.compile("(?s)(<!-- example (\\S+) -->\n)```java\n.*?```\n");

  /** {@code -Dlapidary.update=true} rewrites it (CONTRIBUTING.md has the command). */
  @Test
  void architectureListsEveryPackageWithItsOwnFirstSentence() throws IOException {
    Path page = HOME.resolve("ARCHITECTURE.md");
    String text = Files.readString(page);
    String tree =
        MODULES.stream().map(DocumentationTest::packages).collect(Collectors.joining("\n"));
    String expected =
        TREE.matcher(text)
            .replaceFirst("$1" + Matcher.quoteReplacement("```text\n" + tree + "```\n") + "$2");
    if (Boolean.getBoolean("lapidary.update")) {
      Files.writeString(page, expected);
    }
    assertThat(Files.readString(page)).contains(tree).isEqualTo(expected);
  }

  /** The help of every command, as its program prints it; those of spark are held by its tests. */
  @Test
  void thePageOfTheCommandLineIsTheProgramsOwnHelp() throws IOException {
    String page =
        BEGINNING
            + "```text"
            + general(CommandLinePage.help(new TrainerMain(), "--help"))
            + "```\n"
            + CommandLinePage.sections("trainer", new TrainerMain())
            + CommandLinePage.sections("exporter", new ExporterMain())
            + CommandLinePage.sections("serve", new ServeMain());
    if (Boolean.getBoolean("lapidary.update")) {
      CommandLinePage.write(page, CommandLinePage.last());
    }
    assertThat(CommandLinePage.first()).isEqualTo(page);
  }

  private static final String BEGINNING =
      """
      # The command line

      Every command explains itself with `--help`; where it has options that are rarely needed, `--help-all` shows
      them, and so does this page, which is made of it. Defaults are in brackets. All commands have

      """;

  /** From the options that all have to the exit codes. */
  private static String general(String help) {
    String options = help.substring(help.indexOf("\nGeneral\n"), help.indexOf("\nCommands:"));
    return options + help.substring(help.indexOf("\nExit codes:"));
  }

  /** The programs that pages show are those of examples/, which bin/test-examples runs. */
  @Test
  void pagesShowTheExamplesAsTheyAre() throws IOException {
    Path page = HOME.resolve("docs/library.md");
    String text = Files.readString(page);
    Matcher shown = EXAMPLE.matcher(text);
    String expected =
        shown.replaceAll(
            found ->
                Matcher.quoteReplacement(
                    found.group(1) + "```java\n" + example(found.group(2)) + "```\n"));
    if (Boolean.getBoolean("lapidary.update")) {
      Files.writeString(page, expected);
    }
    assertThat(Files.readString(page)).isEqualTo(expected);
    assertThat(EXAMPLE.matcher(text).results()).hasSize(4);
  }

  private static String example(String file) {
    try {
      List<String> lines = Files.readAllLines(HOME.resolve(file));
      assertThat(lines).as(file).hasSizeLessThanOrEqualTo(40);
      return String.join("\n", lines) + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String packages(String module) {
    Path root = HOME.resolve(module + "/src/main/java/dev/lapidary/" + module);
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(f -> f.endsWith("package-info.java"))
          .filter(f -> !f.getParent().equals(root))
          .sorted()
          .map(f -> line(root.relativize(f.getParent()), f))
          .collect(Collectors.joining("\n", module + "/\n", "\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String line(Path name, Path file) {
    try {
      Matcher sentence = FIRST_SENTENCE.matcher(Files.readString(file));
      assertThat(sentence.find()).as("%s has a first sentence", file).isTrue();
      String words =
          sentence
              .group(1)
              .replaceAll("[\\s*]+", " ")
              .replaceAll("\\{@(link|code) (dev\\.lapidary\\.\\S*\\.)?([^}]*)}", "$3")
              .strip();
      return String.format("  .%-12s %s", name.toString().replace('/', '.'), words);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
