package dev.lapidary.trainer.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.models.tensor.Tensor;
import dev.lapidary.models.weights.NamedTensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Leaves out a weights file's head that was trained for other classes. By shape alone a head of the
 * same class count would be loaded, and training would begin from answers that are wrong.
 */
final class WithoutForeignHead {
  /** In a safetensors file's metadata: the class names by index, a JSON array. */
  private static final String LABELS = "labels";

  private static final ObjectMapper JSON = new ObjectMapper();

  private WithoutForeignHead() {}

  static Map<String, String> metadata(List<String> labels) {
    try {
      return Map.of(LABELS, JSON.writeValueAsString(labels));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("class names are always JSON", e);
    }
  }

  /** The same tensors if the file says nothing of its classes, or the same. */
  static NamedTensors of(NamedTensors source, String head, List<String> labels) {
    String written = source.metadata().get(LABELS);
    if (written == null || written.equals(metadata(labels).get(LABELS))) {
      return source;
    }
    Map<String, Tensor> rest = new LinkedHashMap<>(source.tensors());
    if (!rest.keySet().removeIf(name -> name.startsWith(head + "."))) {
      return source;
    }
    List<String> notes = new ArrayList<>(source.notes());
    notes.add("left out " + head + ": it was trained for other classes " + written);
    return new NamedTensors(source.format(), rest, source.metadata(), notes);
  }
}
