package dev.lapidary.torchscript.pt2;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A call in an exported graph.
 *
 * @param target {@code torch.ops.aten.conv2d.default}
 * @param inputs those that were given, in the order of the schema; defaults are left out
 * @param outputs what the results are called
 * @param isList true if one result is a list, whose elements the outputs are
 * @param stack the modules that it was called in, the root left out
 */
record ExportNode(
    String target, List<Input> inputs, List<Output> outputs, boolean isList, List<Frame> stack) {

  /** A parameter of the operator's schema and its argument. */
  record Input(String name, ExportArgument argument) {}

  /** A result's name and its type in TorchScript. */
  record Output(String name, ValueType type) {}

  /** Types of values, as TorchScript writes them. */
  enum ValueType {
    TENSOR("Tensor"),
    INT("int"),
    FLOAT("float"),
    BOOL("bool");

    private final String text;

    ValueType(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /**
   * A call of a module.
   *
   * @param key tells calls of one module apart
   * @param path {@code layer1.0.conv1}
   * @param type the class's simple name
   */
  record Frame(String key, String path, String type) {}

  /** What was given for a parameter; None for a default. */
  ExportArgument argument(String name) {
    return inputs.stream()
        .filter(input -> input.name().equals(name))
        .map(Input::argument)
        .findFirst()
        .orElse(ExportArgument.None.NONE);
  }

  /** The same results of another of PyTorch's operators. */
  ExportNode by(String operator, List<Input> others) {
    return new ExportNode(Targets.ATEN + operator + ".default", others, outputs, false, stack);
  }

  /** The inputs with another argument for each value in them. */
  List<Input> inputs(Function<ExportArgument.Ref, ExportArgument> other) {
    return inputs.stream().map(i -> new Input(i.name(), i.argument().with(other))).toList();
  }

  void refs(Consumer<String> use) {
    inputs.forEach(input -> input.argument().refs(use));
  }
}
