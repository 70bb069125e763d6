package dev.lapidary.torchscript.pt2;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/**
 * How forward's results were put together: {@code torch/utils/_pytree.py}, {@code treespec_dumps}.
 */
final class OutputTree {
  private static final int LONGEST = 20_000;

  private OutputTree() {}

  /** The keys of a dict of tensors, of a class of results also; empty for anything else. */
  static List<String> keys(String text) {
    if (text.length() > LONGEST) {
      return List.of();
    }
    try {
      JsonNode tree = new ObjectMapper().readTree(text).path(1);
      JsonNode context = tree.path("context");
      // A dict's context is its keys, written as JSON inside of a JSON string.
      JsonNode keys = context.isTextual() ? new ObjectMapper().readTree(context.asText()) : context;
      List<String> names = new ArrayList<>();
      for (JsonNode key : keys) {
        if (!key.isTextual() || !key.asText().matches("[A-Za-z0-9_.-]{1,100}")) {
          return List.of();
        }
        names.add(key.asText());
      }
      return names.size() == tree.path("children_spec").size() ? List.copyOf(names) : List.of();
    } catch (JsonProcessingException e) {
      return List.of(); // then the results are a tuple
    }
  }
}
