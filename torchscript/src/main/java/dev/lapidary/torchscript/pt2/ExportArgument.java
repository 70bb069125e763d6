package dev.lapidary.torchscript.pt2;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** What goes into a node: the union {@code Argument} of {@code torch/_export/serde/schema.py}. */
sealed interface ExportArgument {
  enum None implements ExportArgument {
    NONE
  }

  /** A value that the graph computes or is given: a tensor, or a number that sizes give. */
  record Ref(String name) implements ExportArgument {}

  record Int(long value) implements ExportArgument {}

  record Real(double value) implements ExportArgument {}

  record Bool(boolean value) implements ExportArgument {}

  record Str(String value) implements ExportArgument {}

  /** An element type, in PyTorch's own numbers and not the file's. */
  record ScalarType(long number) implements ExportArgument {}

  /**
   * What stands in the text as it is: a memory format's number, that of the strided layout, and the
   * CPU, for which the network is read.
   */
  record Literal(String text) implements ExportArgument {}

  /** A part of the program, for an operator of higher order. */
  record Part(Subgraph graph) implements ExportArgument {}

  record ListOf(List<ExportArgument> items) implements ExportArgument {}

  /** The value's name, if it is one. */
  default Optional<String> ref() {
    return this instanceof Ref ref ? Optional.of(ref.name()) : Optional.empty();
  }

  /** The same with another argument for each value in it. */
  default ExportArgument with(Function<Ref, ExportArgument> other) {
    if (this instanceof Ref ref) {
      return other.apply(ref);
    }
    return this instanceof ListOf list
        ? new ListOf(list.items().stream().map(item -> item.with(other)).toList())
        : this;
  }

  /** Gives the names of all values in it, in order. */
  default void refs(Consumer<String> use) {
    if (this instanceof Ref ref) {
      use.accept(ref.name());
    } else if (this instanceof ListOf list) {
      list.items().forEach(item -> item.refs(use));
    }
  }
}
