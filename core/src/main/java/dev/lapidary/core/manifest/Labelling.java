package dev.lapidary.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Where the labels of a list's images stand; the first of the three kinds that fits. */
sealed interface Labelling {
  /**
   * The list's kind: a column {@code label}, else a column {@code labels}, else columns of 0 and 1,
   * else another name of the label's column.
   */
  static Labelling of(List<Row> rows) {
    if (rows.stream().anyMatch(row -> row.hasExactly(Row.LABEL))) {
      return new One(Row.LABEL);
    }
    if (rows.stream().anyMatch(row -> row.hasExactly(Row.LABELS))) {
      return new Several(Several.separator(rows));
    }
    Set<String> columns = new LinkedHashSet<>();
    rows.forEach(row -> columns.addAll(row.others()));
    Columns zeroAndOne = new Columns(columns);
    if (columns.size() > 1 && rows.stream().allMatch(zeroAndOne::fits)) {
      return zeroAndOne;
    }
    if (rows.stream().anyMatch(row -> row.has(Row.LABEL))) {
      return new One(Row.LABEL);
    }
    if (rows.stream().anyMatch(row -> row.has(Row.LABELS))) {
      return new Several(Several.separator(rows));
    }
    return otherwise(rows, columns);
  }

  private static Labelling otherwise(List<Row> rows, Set<String> columns) {
    List<String> targets =
        columns.stream().filter(column -> Row.TARGET.contains(Row.word(column))).toList();
    Path file = rows.get(0).file();
    if (targets.size() > 1) {
      throw Failure.badInput(
          "[%s] which column has the label, %s? Call it label", file, String.join(" or ", targets));
    }
    if (targets.size() == 1) {
      return new One(targets);
    }
    if (columns.isEmpty()) {
      return new One(Row.LABEL);
    }
    Columns zeroAndOne = new Columns(columns);
    if (columns.size() == 1 && rows.stream().allMatch(zeroAndOne::fits)) {
      throw Failure.badInput(
          "[%s] its one column of 0 and 1, %s, is no list of labels: call it label to learn 0 and 1"
              + " as two classes",
          file, columns.iterator().next());
    }
    return zeroAndOne;
  }

  /** Whether an image may have none or more than one. */
  boolean several();

  /** Labels that there are even if no image has them. */
  Set<String> known();

  Set<String> labels(Row row);

  /** One column: exactly one label an image. */
  record One(List<String> names) implements Labelling {
    @Override
    public boolean several() {
      return false;
    }

    @Override
    public Set<String> known() {
      return Set.of();
    }

    @Override
    public Set<String> labels(Row row) {
      return Set.of(row.required(names));
    }
  }

  /**
   * {@code labels}: a list in JSON, or a text divided by the first of {@code | ; ,} that any
   * image's text has, or else by spaces.
   */
  record Several(Pattern separator) implements Labelling {
    static Pattern separator(List<Row> rows) {
      for (String mark : List.of("|", ";", ",")) {
        boolean used =
            rows.stream()
                .flatMap(row -> row.value(Row.LABELS).stream())
                .anyMatch(value -> value.isTextual() && value.textValue().contains(mark));
        if (used) {
          return Pattern.compile(Pattern.quote(mark));
        }
      }
      return Pattern.compile("\\s+");
    }

    @Override
    public boolean several() {
      return true;
    }

    @Override
    public Set<String> known() {
      return Set.of();
    }

    @Override
    public Set<String> labels(Row row) {
      JsonNode value =
          row.value(Row.LABELS)
              .orElseThrow(
                  () ->
                      Failure.badInput(
                          "[%s] image %d has no labels; those of an image without any are an empty"
                              + " text or []",
                          row.file(), row.number()));
      Set<String> labels = new LinkedHashSet<>();
      if (value.isArray()) {
        value.forEach(label -> labels.add(row.text("an element of labels", label)));
      } else {
        Arrays.stream(separator.split(row.text("labels", value), -1))
            .map(String::strip)
            .forEach(labels::add);
      }
      labels.remove("");
      return labels;
    }
  }

  /** A column a label, 1 where an image has it and 0 where not. */
  record Columns(Set<String> known) implements Labelling {
    private static final Set<String> YES = Set.of("1", "1.0", "true");
    private static final Set<String> NO = Set.of("0", "0.0", "false");

    boolean fits(Row row) {
      return known.stream()
          .map(column -> row.value(List.of(column)))
          .allMatch(
              value -> value.isPresent() && value.get().isValueNode() && decides(value.get()));
    }

    private static boolean decides(JsonNode value) {
      String text = value.asText().strip().toLowerCase(Locale.ROOT);
      return YES.contains(text) || NO.contains(text);
    }

    @Override
    public boolean several() {
      return true;
    }

    @Override
    public Set<String> labels(Row row) {
      Set<String> labels = new LinkedHashSet<>();
      for (String column : known) {
        String text = row.text(List.of(column)).toLowerCase(Locale.ROOT);
        if (YES.contains(text)) {
          labels.add(column);
        } else if (!NO.contains(text)) {
          throw Failure.badInput(
              "[%s] image %d: expected a column label or labels, or 0 or 1 in every column"
                  + " beside path, split and group, but %s is '%s'; name the labels, or take"
                  + " that column out",
              row.file(), row.number(), column, text);
        }
      }
      return labels;
    }
  }
}
