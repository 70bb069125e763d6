package dev.lapidary.models.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.tensor.DType;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a weights file gave to a network and what not, to print and to keep.
 *
 * @param format of the file
 * @param notes how its names were read: {@code removed the prefix 'module.'}
 * @param loaded tensors that fit by name and shape
 * @param missing the network's, not in the file
 * @param unexpected the file's, not in the network
 * @param mismatched in both, with another shape
 * @param replacedHeads layers of another class count, which keep the network's fresh weights
 * @param loadedParameters numbers in loaded parameters (buffers are not counted)
 * @param parameters numbers in all of the network's parameters
 */
public record MatchReport(
    String format,
    List<String> notes,
    List<Loaded> loaded,
    List<Absent> missing,
    List<Absent> unexpected,
    List<Mismatched> mismatched,
    List<Head> replacedHeads,
    long loadedParameters,
    long parameters) {
  private static final int SHOWN = 8;

  /** Weights that are meant for a network fill all of it but a head; those of another, part. */
  private static final double EXPECTED = 0.9;

  /** {@code sourceName}, {@code sourceShape} and {@code sourceType} are the file's. */
  public record Loaded(
      String name,
      String sourceName,
      List<Long> shape,
      List<Long> sourceShape,
      DType type,
      DType sourceType) {
    boolean reshaped() {
      return !shape.equals(sourceShape);
    }
  }

  public record Absent(String name, List<Long> shape) {}

  public record Mismatched(String name, List<Long> shape, List<Long> sourceShape) {}

  public record Head(String layer, long classes, long sourceClasses) {}

  /** The part of the network's parameters that was loaded, 0 to 1. */
  public double fraction() {
    return parameters == 0 ? 0 : (double) loadedParameters / parameters;
  }

  /**
   * Whether all of the file fits and the rest is whole parts, such as auxiliary heads. What is
   * missing inside of a part that is there belongs to a larger network.
   */
  private boolean lacksOnlyParts() {
    Set<String> there = loaded.stream().map(l -> part(l.name)).collect(Collectors.toSet());
    return unexpected.isEmpty()
        && mismatched.isEmpty()
        && missing.stream().noneMatch(m -> there.contains(part(m.name)));
  }

  private static String part(String name) {
    return name.substring(0, name.indexOf('.') + 1);
  }

  /** Rounded down to a tenth: 100.0 is all of them. */
  double percent() {
    return Math.floor(1000 * fraction()) / 10;
  }

  /** For a terminal: the count first, then what was not loaded and why. */
  public String text() {
    StringBuilder out = new StringBuilder();
    out.append(
        Phrase.of(
            "%s: %d tensors loaded, %.1f %% of %,d parameters%n",
            format, loaded.size(), percent(), parameters));
    notes.forEach(note -> out.append("  ").append(note).append(System.lineSeparator()));
    for (Head head : replacedHeads) {
      out.append(
          String.format(
              "  head %s: %d classes in the file, %d here: its weights stay fresh%n",
              head.layer, head.sourceClasses, head.classes));
    }
    if (fraction() < EXPECTED && !lacksOnlyParts()) {
      out.append("  is it another architecture's file? Less is loaded than usual");
      out.append(System.lineSeparator());
    }
    list(
        out,
        "reshaped",
        loaded.stream().filter(Loaded::reshaped).toList(),
        l -> l.name + l.shape + " from " + l.sourceShape);
    list(out, "missing in the file", missing, a -> a.name + a.shape);
    list(out, "left in the file", unexpected, a -> a.name + a.shape);
    list(
        out,
        "of another shape",
        mismatched,
        m -> m.name + m.shape + " but " + m.sourceShape + " in the file");
    return out.toString();
  }

  /** All of it, for a file. */
  public String json() {
    try {
      ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      return json.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T> void list(
      StringBuilder out, String title, List<T> items, Function<T, String> shown) {
    if (items.isEmpty()) {
      return;
    }
    out.append("  ").append(items.size()).append(' ').append(title).append(": ");
    out.append(String.join(", ", items.stream().limit(SHOWN).map(shown).toList()));
    out.append(items.size() > SHOWN ? ", ..." : "").append(System.lineSeparator());
  }
}
