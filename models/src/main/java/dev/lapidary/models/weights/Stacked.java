package dev.lapidary.models.weights;

import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Layers that one library has apart and another as one, their outputs one below the other.
 *
 * @param tensors with the new ones in the place of their parts
 * @param from the parts' names, of each new one
 */
record Stacked(Map<String, Tensor> tensors, Map<String, List<String>> from) {

  /**
   * {@code a.query.weight}, {@code a.key.weight} and {@code a.value.weight} become {@code
   * a.qkv.weight}; where one of them is missing, or they do not fit, they stay.
   */
  static Stacked of(Map<String, Tensor> apart, Dialect.Parts parts) {
    String first = parts.names().get(0);
    Pattern pattern = Pattern.compile("(.*\\.)" + Pattern.quote(first) + "\\.(weight|bias)");
    Map<String, Tensor> tensors = new LinkedHashMap<>(apart);
    Map<String, List<String>> from = new LinkedHashMap<>();
    for (String name : apart.keySet()) {
      Matcher matcher = pattern.matcher(name);
      if (!matcher.matches()) {
        continue;
      }
      String path = matcher.group(1);
      String kind = "." + matcher.group(2);
      List<String> all = parts.names().stream().map(part -> path + part + kind).toList();
      stack(apart, all)
          .ifPresent(
              stacked -> {
                all.forEach(tensors::remove);
                tensors.put(path + parts.whole() + kind, stacked);
                from.put(path + parts.whole() + kind, all);
              });
    }
    return new Stacked(tensors, from);
  }

  private static Optional<Tensor> stack(Map<String, Tensor> tensors, List<String> names) {
    List<Tensor> parts = new ArrayList<>();
    for (String name : names) {
      Tensor part = tensors.get(name);
      if (part == null || !likeTheFirst(part, parts)) {
        return Optional.empty();
      }
      parts.add(part);
    }
    long[] shape = parts.get(0).shape().clone();
    shape[0] *= parts.size();
    long bytes = parts.get(0).numel() * parts.size() * parts.get(0).dtype().bytes();
    Storage storage =
        Storage.computed(bytes, target -> parts.forEach(part -> target.put(part.bytes())));
    return Optional.of(Tensor.over(parts.get(0).dtype(), storage, shape));
  }

  private static boolean likeTheFirst(Tensor part, List<Tensor> parts) {
    return part.rank() >= 1
        && (parts.isEmpty()
            || (part.dtype() == parts.get(0).dtype()
                && Arrays.equals(part.shape(), parts.get(0).shape())));
  }
}
