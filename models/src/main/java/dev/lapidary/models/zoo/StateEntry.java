package dev.lapidary.models.zoo;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import java.util.List;

/**
 * One entry of a network's {@code state_dict}, without its values.
 *
 * @param parameter trained; else a buffer
 */
public record StateEntry(String name, List<Long> shape, DType dtype, boolean parameter) {
  public StateEntry {
    shape = List.copyOf(shape);
  }

  public long numel() {
    return Tensor.numel(shape.stream().mapToLong(Long::longValue).toArray());
  }
}
