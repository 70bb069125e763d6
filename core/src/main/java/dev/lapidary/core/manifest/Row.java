package dev.lapidary.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An image as it stands in a list.
 *
 * @param number from 1, as messages count images
 * @param fields by column, or by key
 */
record Row(Path file, int number, ObjectNode fields) {
  /** Names of one thing, the usual one first; in any case of letters. */
  static final List<String> PATH =
      List.of(
          """
          path file_name filename file image filepath file_path image_path imagepath image_name
          image_file img_path img image_id fname img_name image_filename
          """
              .split("\\s+"));

  static final List<String> LABEL = List.of("label", "class");
  static final List<String> LABELS = List.of("labels", "tags");
  static final List<String> SPLIT = List.of("split");

  /** fastai's: true of images to validate on, false of those to train on. */
  private static final List<String> IS_VALID = List.of("is_valid");

  static final List<String> GROUP = List.of("group");
  static final List<String> WEIGHT = List.of("weight");

  /** Other names of the one label; a column of 0 and 1 among several may have them too. */
  static final List<String> TARGET =
      List.of(
          "target",
          "category",
          "class_name",
          "classname",
          "label_name",
          "category_name",
          "species");

  /** Beside the column of the path these say no label either. */
  private static final List<String> NO_LABELS = PATH.subList(0, 5);

  /** A list may be long: of columns that nobody asks for, nothing is kept. */
  Row {
    boolean labelled = Stream.of(LABEL, LABELS).flatMap(List::stream).anyMatch(fields::has);
    if (labelled && key(fields, PATH).isPresent()) {
      ObjectNode all = fields;
      fields.retain(
          Stream.of(PATH, LABEL, LABELS, SPLIT, IS_VALID, GROUP, WEIGHT)
              .flatMap(names -> key(all, names).stream())
              .toList());
    }
  }

  /** Whether a column of this name says where images are. */
  static boolean namesPath(String column) {
    return PATH.contains(word(column));
  }

  /** {@code Image Path} is {@code image_path}. */
  static String word(String column) {
    return column.strip().toLowerCase(Locale.ROOT).replace(' ', '_').replace('-', '_');
  }

  /** Refuses (exit 2) a list none of whose columns says where the images are, or without a row. */
  static void requirePaths(Path file, List<Row> rows) {
    if (rows.isEmpty()) {
      throw Failure.badInput("[%s] the list has no image", file);
    }
    if (rows.stream().noneMatch(row -> row.has(PATH))) {
      List<String> columns = new ArrayList<>();
      rows.get(0).fields.fieldNames().forEachRemaining(columns::add);
      throw Failure.badInput(
          "[%s] no column says where the images are: expected path (or file_name, filename, file,"
              + " image, image_path) among the names in the first line but found %s",
          file, columns.stream().limit(20).toList());
    }
  }

  /** What the image is for, in lower case; empty if nothing says it. */
  String split() {
    if (has(SPLIT) || !has(IS_VALID)) {
      return text(SPLIT).toLowerCase(Locale.ROOT);
    }
    String said = text(IS_VALID).toLowerCase(Locale.ROOT);
    return switch (said) {
      case "true", "1", "1.0" -> "val";
      case "false", "0", "0.0" -> "train";
      default ->
          throw Failure.badInput(
              "[%s] image %d: expected True or False at is_valid but found '%s'",
              file, number, said);
    };
  }

  boolean has(List<String> names) {
    return key(fields, names).isPresent();
  }

  /** Whether one of the names stands there, letter by letter. */
  boolean hasExactly(List<String> names) {
    return names.stream().anyMatch(fields::has);
  }

  /** What is there under the first of the names; empty if nothing or null is. */
  Optional<JsonNode> value(List<String> names) {
    return key(fields, names).map(fields::path).filter(value -> !value.isNull());
  }

  /** The column with the first of the names, letter by letter if there is one. */
  private static Optional<String> key(ObjectNode fields, List<String> names) {
    for (String name : names) {
      if (fields.has(name)) {
        return Optional.of(name);
      }
    }
    for (String name : names) {
      for (Iterator<String> columns = fields.fieldNames(); columns.hasNext(); ) {
        String column = columns.next();
        if (word(column).equals(name)) {
          return Optional.of(column);
        }
      }
    }
    return Optional.empty();
  }

  /** Empty if there is nothing. */
  String text(List<String> names) {
    return value(names).map(value -> text(names.get(0), value)).orElse("");
  }

  String text(String name, JsonNode value) {
    if (value.isContainerNode()) {
      throw Failure.badInput(
          "[%s] image %d: expected a text at %s but found %s; a list of labels is called labels",
          file, number, name, value);
    }
    return value.asText().strip();
  }

  String required(List<String> names) {
    String text = text(names);
    if (text.isEmpty()) {
      throw Failure.badInput(
          "[%s] image %d has no %s; expected at least path and label", file, number, names.get(0));
    }
    return text;
  }

  /**
   * What is neither the path, nor a part, a group or a weight, nor the nameless index that pandas
   * adds.
   */
  List<String> others() {
    List<String> known =
        Stream.of(PATH, SPLIT, IS_VALID, GROUP, WEIGHT)
            .flatMap(names -> key(fields, names).stream())
            .toList();
    List<String> others = new ArrayList<>();
    fields.fieldNames().forEachRemaining(others::add);
    others.removeIf(name -> name.isBlank() || known.contains(name) || NO_LABELS.contains(name));
    return others;
  }
}
