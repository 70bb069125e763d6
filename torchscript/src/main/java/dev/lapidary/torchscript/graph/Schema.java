package dev.lapidary.torchscript.graph;

import java.util.List;
import java.util.Optional;

/**
 * An operator's signature, read from the very string that PyTorch prints ({@code
 * native_functions.yaml}): {@code aten::relu(Tensor self) -> Tensor}.
 *
 * @param operator with its namespace, without an overload: {@code aten::conv2d}
 */
public record Schema(String operator, List<Parameter> parameters, List<String> returns) {
  /**
   * @param type as written: {@code Tensor}, {@code Tensor?}, {@code int[2]}, {@code Scalar}
   * @param defaultText the default as written ({@code None}, {@code [1, 1]}), empty if required
   */
  public record Parameter(
      String name, String type, Optional<String> defaultText, boolean keywordOnly) {}

  public Schema {
    parameters = List.copyOf(parameters);
    returns = List.copyOf(returns);
  }

  /** Position of a parameter; throws {@link IllegalArgumentException} if there is none. */
  public int indexOf(String parameter) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(parameter)) {
        return i;
      }
    }
    throw new IllegalArgumentException(operator + " has no parameter " + parameter);
  }
}
