package dev.lapidary.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.exporter.cli.ExporterMain;
import dev.lapidary.quickstart.cli.QuickstartMain;
import dev.lapidary.serve.cli.ServeMain;
import dev.lapidary.trainer.cli.TrainerMain;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What shells and man read of the programs' commands. */
class CommandsTest {
  private static final List<CommandLine> PROGRAMS =
      Stream.of(new TrainerMain(), new ExporterMain(), new ServeMain(), new QuickstartMain())
          .map(CommandTree::commandLine)
          .toList();

  @Test
  void everyCommandHasAManualWithAllItsOptions() {
    for (CommandLine program : PROGRAMS) {
      List<ManualPage> pages = ManualPage.of(program);
      assertThat(pages).hasSize(1 + program.getSubcommands().size());
      program
          .getSubcommands()
          .forEach(
              (name, command) -> {
                ManualPage page =
                    pages.stream()
                        .filter(p -> p.name().equals(program.getCommandName() + "-" + name))
                        .findFirst()
                        .orElseThrow();
                for (String option : command.getCommandSpec().optionsMap().keySet()) {
                  assertThat(page.text()).contains(option.replace("-", "\\-"));
                }
                assertThat(page.text().lines().filter(line -> line.startsWith(".")))
                    .as(page.name())
                    .allMatch(line -> line.matches("\\.(TH .*|SH [A-Z ]+|TP|nf|fi)"));
              });
    }
  }

  /** Neither Java's words for nothing nor what a folder is called on the machine that builds. */
  @Test
  void defaultsAreWhatHelpSays() {
    for (CommandLine program : PROGRAMS) {
      for (ManualPage page : ManualPage.of(program)) {
        assertThat(page.text())
            .as(page.name())
            .doesNotContain("Optional", "[]", "[[", System.getProperty("user.dir"));
      }
    }
    assertThat(ManualPage.of(PROGRAMS.get(3)).get(0).text())
        .contains("folder with train/ and val/; default: the shipped one\n")
        .contains("out/quickstart\\-3, ... that is free\n");
  }

  @Test
  void whatManObeysIsNotObeyed() {
    CommandLine program = CommandTree.commandLine(new Odd());
    assertThat(ManualPage.of(program).get(0).text())
        .contains("\\&.so /etc/passwd")
        .contains("a\\en\\-b");
  }

  @CommandLine.Command(name = "odd", description = ".so /etc/passwd a\\n-b")
  private static final class Odd implements Runnable {
    @Override
    public void run() {}
  }

  @Test
  void fishKnowsCommandsOptionsAndWords() {
    String fish = FishCompletion.of(PROGRAMS.get(1));
    assertThat(fish)
        .contains("complete -c exporter -n 'not __fish_seen_subcommand_from onnx ")
        .contains(
            "complete -c exporter -n '__fish_seen_subcommand_from onnx' -l quantize -r -f -a '")
        .contains("-l help -d 'Show this help message and exit.'");
    assertThat(fish.lines()).allMatch(line -> line.startsWith("complete -c exporter "));
  }
}
