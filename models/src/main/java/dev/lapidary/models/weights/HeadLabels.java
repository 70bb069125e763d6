package dev.lapidary.models.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which classes a weights file's head was trained for, by index: the entry {@code labels} of a
 * safetensors file's metadata, a JSON array of names, and {@code activation}, {@code sigmoid} of a
 * head of several labels an image. {@code trainer run} writes them.
 */
public final class HeadLabels {
  private static final String LABELS = "labels";
  private static final String ACTIVATION = "activation";
  private static final String SIGMOID = "sigmoid";
  private static final TypeReference<List<String>> NAMES = new TypeReference<>() {};

  private HeadLabels() {}

  /** For a file whose head is of these classes. */
  public static Map<String, String> metadata(List<String> labels, Activation activation) {
    return activation == Activation.SIGMOID
        ? Map.of(LABELS, json(labels), ACTIVATION, SIGMOID)
        : Map.of(LABELS, json(labels));
  }

  /** What makes scores of the head's logits; a softmax if the file does not say. */
  public static Activation activation(NamedTensors source) {
    return SIGMOID.equals(source.metadata().get(ACTIVATION))
        ? Activation.SIGMOID
        : Activation.SOFTMAX;
  }

  private static String json(List<String> labels) {
    try {
      return new ObjectMapper().writeValueAsString(labels);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("class names are always JSON", e);
    }
  }

  /** The same tensors, of a file that is known from elsewhere to have a head of these classes. */
  public static NamedTensors told(NamedTensors source, List<String> labels, Activation activation) {
    Map<String, String> metadata = new LinkedHashMap<>(source.metadata());
    metadata.putAll(metadata(labels, activation));
    return new NamedTensors(
        source.format(), source.tensors(), metadata, source.notes(), source.entries());
  }

  /** Empty if the file does not say. */
  public static List<String> of(NamedTensors source) {
    String json = source.metadata().get(LABELS);
    if (json == null) {
      return List.of();
    }
    try {
      return List.copyOf(new ObjectMapper().readValue(json, NAMES));
    } catch (JsonProcessingException | NullPointerException e) {
      return List.of(); // someone else's entry of that name
    }
  }

  /**
   * Leaves out a head that was trained for other classes. By shape alone a head of the same class
   * count would be loaded, and the network would begin with answers that are wrong.
   *
   * @return the same tensors if the file says nothing of its classes, or the same
   */
  public static NamedTensors withoutForeignHead(
      NamedTensors source, String head, List<String> labels) {
    List<String> written = of(source);
    if (written.isEmpty() || written.equals(labels)) {
      return source;
    }
    Map<String, Tensor> remainder = new LinkedHashMap<>(source.tensors());
    if (!remainder.keySet().removeIf(name -> name.startsWith(head + "."))) {
      return source;
    }
    List<String> notes = new ArrayList<>(source.notes());
    notes.add("left out %s: it was trained for other classes %s".formatted(head, json(written)));
    return new NamedTensors(source.format(), remainder, source.metadata(), notes);
  }
}
