package dev.lapidary.core.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An image as it stands in a list.
 *
 * @param number from 1, as messages count images
 * @param fields by column, or by key
 */
record Row(Path file, int number, ObjectNode fields) {
  /** Names of one thing, the usual one first. */
  static final List<String> PATH = List.of("path", "file_name", "filename", "file", "image");

  static final List<String> LABEL = List.of("label", "class");
  static final List<String> LABELS = List.of("labels", "tags");
  static final List<String> SPLIT = List.of("split");
  static final List<String> GROUP = List.of("group");

  /** A list may be long: of columns that nobody asks for, nothing is kept. */
  Row {
    if (Stream.of(LABEL, LABELS).flatMap(List::stream).anyMatch(fields::has)) {
      fields.retain(Stream.of(PATH, LABEL, LABELS, SPLIT, GROUP).flatMap(List::stream).toList());
    }
  }

  boolean has(List<String> names) {
    return names.stream().anyMatch(fields::has);
  }

  /** What is there under the first of the names; empty if nothing or null is. */
  Optional<JsonNode> value(List<String> names) {
    return names.stream()
        .filter(fields::has)
        .map(fields::path)
        .findFirst()
        .filter(value -> !value.isNull());
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

  /** What is neither the path, nor a part, nor a group. */
  List<String> others() {
    List<String> others = new ArrayList<>();
    Iterator<String> names = fields.fieldNames();
    names.forEachRemaining(
        name -> {
          if (!PATH.contains(name) && !SPLIT.contains(name) && !GROUP.contains(name)) {
            others.add(name);
          }
        });
    return others;
  }
}
