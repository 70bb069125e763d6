package dev.lapidary.core.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A table for a terminal: each column as wide as its widest cell, two spaces between them. */
public final class TextTable {
  private record Column(String title, String format, boolean right) {
    String text(Object cell) {
      Object given =
          cell instanceof Optional<?> maybe ? maybe.map(Object.class::cast).orElse("") : cell;
      return given instanceof String text ? text : String.format(Locale.ROOT, format, given);
    }

    String padded(String text, int width) {
      String spaces = " ".repeat(width - text.length());
      return right ? spaces + text : text + spaces;
    }
  }

  private final List<Column> columns = new ArrayList<>();
  private final List<List<String>> rows = new ArrayList<>();

  /** Columns of text, which stands at their left. */
  public TextTable texts(String... titles) {
    Arrays.stream(titles).map(title -> new Column(title, "%s", false)).forEach(columns::add);
    return this;
  }

  /**
   * Columns of numbers, which stand at their right.
   *
   * @param format of one of them, as {@link String#format} takes it
   */
  public TextTable numbers(String format, String... titles) {
    Arrays.stream(titles).map(title -> new Column(title, format, true)).forEach(columns::add);
    return this;
  }

  /**
   * Cells by column: a text as it is, an empty optional as none, another by its format.
   *
   * @throws IllegalArgumentException if they are not as many as the columns
   */
  public TextTable row(Object... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(
          "a row of %d cells, expected %d".formatted(cells.length, columns.size()));
    }
    List<String> row = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      row.add(columns.get(i).text(cells[i]));
    }
    rows.add(row);
    return this;
  }

  /** The titles, if there are any, and a line a row. */
  public List<String> lines() {
    List<List<String>> all = new ArrayList<>(rows);
    if (columns.stream().anyMatch(column -> !column.title().isEmpty())) {
      all.add(0, columns.stream().map(Column::title).toList());
    }
    int[] widths =
        IntStream.range(0, columns.size())
            .map(i -> all.stream().mapToInt(row -> row.get(i).length()).max().orElse(0))
            .toArray();
    return all.stream().map(row -> line(row, widths)).toList();
  }

  private String line(List<String> row, int[] widths) {
    return IntStream.range(0, widths.length)
        .mapToObj(i -> columns.get(i).padded(row.get(i), widths[i]))
        .collect(Collectors.joining("  "))
        .stripTrailing();
  }

  /** {@link #lines}, each ended. */
  @Override
  public String toString() {
    return lines().stream()
        .map(line -> line + System.lineSeparator())
        .collect(Collectors.joining());
  }
}
