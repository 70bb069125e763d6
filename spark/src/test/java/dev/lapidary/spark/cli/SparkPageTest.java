package dev.lapidary.spark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.cli.CommandLinePage;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class SparkPageTest {
  /**
   * {@code mvn -pl spark -am test -Dtest=SparkPageTest -Dlapidary.update=true
   * -Dsurefire.failIfNoSpecifiedTests=false} rewrites it.
   */
  @Test
  void thePageOfTheCommandLineEndsInTheProgramsOwnHelp() throws IOException {
    String sections = CommandLinePage.sections("spark", new SparkMain());
    assertThat(sections)
        .contains(
            "## bin/spark score", "## bin/spark run", "## bin/spark plan", "## bin/spark resume");
    if (Boolean.getBoolean("lapidary.update")) {
      CommandLinePage.write(CommandLinePage.first(), sections);
    }
    assertThat(CommandLinePage.last()).isEqualTo(sections);
  }
}
