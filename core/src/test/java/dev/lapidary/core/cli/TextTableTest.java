package dev.lapidary.core.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void columnsAreAsWideAsTheirWidestCell() {
    TextTable table =
        new TextTable().texts("name").numbers("%,d", "count").numbers("%.2f", "ms").texts("note");
    table.row("stem", 1234567, 0.5, "");
    table.row("a longer name", 8, 12.345, "slow");

    assertThat(table.lines())
        .containsExactly(
            "name               count     ms  note",
            "stem           1,234,567   0.50",
            "a longer name          8  12.35  slow");
  }

  @Test
  void withoutTitlesThereIsNoLineOfThem() {
    TextTable table = new TextTable().texts("", "").row("run", 7).row("finished", "yes");

    assertThat(table).hasToString(String.format("run       7%nfinished  yes%n"));
  }

  @Test
  void textStandsForANumberAndAnEmptyOptionalForNone() {
    TextTable table = new TextTable().numbers("%.1f", "a", "b", "c");
    table.row("-", Optional.of(2.25), Optional.empty());

    assertThat(table.lines()).containsExactly("a    b  c", "-  2.3");
  }

  @Test
  void numbersAreWrittenAlikeInEveryLanguage() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(new TextTable().numbers("%.1f", "").row(0.5).lines()).containsExactly("0.5");
    } finally {
      Locale.setDefault(before);
    }
  }
}
