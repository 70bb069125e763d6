package dev.lapidary.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lapidary.core.failure.Failure;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Where the labels of a list's images stand; the first of the three kinds that fits. */
sealed interface Labelling {
  /**
   * The list's kind: a column {@code label}, else a column {@code labels}, else columns of 0 and 1.
   */
  static Labelling of(List<Row> rows) {
    if (rows.stream().anyMatch(row -> row.has(Row.LABEL))) {
      return new One();
    }
    if (rows.stream().anyMatch(row -> row.has(Row.LABELS))) {
      return new Several(Several.separator(rows));
    }
    Set<String> columns = new LinkedHashSet<>();
    rows.forEach(row -> columns.addAll(row.others()));
    return columns.isEmpty() ? new One() : new Columns(columns);
  }

  /** Whether an image may have none or more than one. */
  boolean several();

  /** Labels that there are even if no image has them. */
  Set<String> known();

  Set<String> labels(Row row);

  /** {@code label}: exactly one an image. */
  record One() implements Labelling {
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
      return Set.of(row.required(Row.LABEL));
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
    @Override
    public boolean several() {
      return true;
    }

    @Override
    public Set<String> labels(Row row) {
      Set<String> labels = new LinkedHashSet<>();
      for (String column : known) {
        String text = row.text(List.of(column)).toLowerCase(Locale.ROOT);
        switch (text) {
          case "1", "1.0", "true" -> labels.add(column);
          case "0", "0.0", "false" -> {}
          default ->
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
