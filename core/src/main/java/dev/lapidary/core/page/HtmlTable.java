package dev.lapidary.core.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A table of the page: columns of numbers and of texts; a row may begin with its head. */
public final class HtmlTable {
  private enum Column {
    NUMBER("<th>{}</th>", "<td>{}</td>"),
    TEXT("<th class='text'>{}</th>", "<td class='text'>{}</td>"),
    ROW_HEAD("<th class='text'>{}</th>", "<th scope='row'>{}</th>");

    private final String head;
    private final String cell;

    Column(String head, String cell) {
      this.head = head;
      this.cell = cell;
    }
  }

  private final List<Column> columns = new ArrayList<>();
  private final List<Html> heads = new ArrayList<>();
  private final List<Html> rows = new ArrayList<>();

  /** A column whose cells name their rows. */
  public HtmlTable rowHead(String name) {
    return with(Column.ROW_HEAD, name);
  }

  /** Columns of numbers. */
  public HtmlTable numbers(String... names) {
    return with(Column.NUMBER, names);
  }

  /** Columns of text. */
  public HtmlTable texts(String... names) {
    return with(Column.TEXT, names);
  }

  private HtmlTable with(Column column, String... names) {
    for (String name : names) {
      columns.add(column);
      heads.add(Html.of(column.head, name));
    }
    return this;
  }

  /** Cells by column; an empty optional one is an empty cell. */
  public HtmlTable row(Object... cells) {
    List<Html> row = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      Object cell = cells[i] instanceof Optional<?> maybe ? maybe.orElse(null) : cells[i];
      row.add(Html.of(columns.get(i).cell, cell == null ? "" : cell));
    }
    rows.add(Html.of("<tr>{}</tr>\n", Html.join(row)));
    return this;
  }

  /** The table. */
  public Html html() {
    return Html.of(
        "<table><thead><tr>{}</tr></thead><tbody>\n{}</tbody></table>",
        Html.join(heads),
        Html.join(rows));
  }

  /** Where it is wider than the page it scrolls. */
  public Html scrolling() {
    return Html.of("<div class='scroll'>{}</div>", html());
  }
}
