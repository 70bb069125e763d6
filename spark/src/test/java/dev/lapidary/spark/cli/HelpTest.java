package dev.lapidary.spark.cli;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.lapidary.core.cli.CommandTree;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class HelpTest {
  /** picocli formats every description, and warns on the user's terminal of a lone %. */
  @Test
  void everyDescriptionIsAFormatWithoutArguments() {
    CommandLine program = CommandTree.commandLine(new SparkMain());
    require(program);
    program.getSubcommands().values().forEach(HelpTest::require);
  }

  private static void require(CommandLine command) {
    Arrays.stream(command.getCommandSpec().usageMessage().description())
        .forEach(HelpTest::requireFormat);
    command
        .getCommandSpec()
        .options()
        .forEach(option -> Arrays.stream(option.description()).forEach(HelpTest::requireFormat));
  }

  private static void requireFormat(String text) {
    assertThatCode(() -> String.format(Locale.ROOT, text)).as(text).doesNotThrowAnyException();
  }
}
