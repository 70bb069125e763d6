package dev.lapidary.torchscript.pt2;

import java.util.List;
import java.util.function.Consumer;

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

  /** In PyTorch's own numbers: 0 contiguous, 1 preserve, 2 channels last. */
  record MemoryFormat(long number) implements ExportArgument {}

  /** {@code torch.strided}, the only one that is read. */
  enum Layout implements ExportArgument {
    STRIDED
  }

  /** Where a tensor is made; the network is read for the CPU. */
  enum Device implements ExportArgument {
    CPU
  }

  /** A part of the program, for an operator of higher order. */
  record Part(Subgraph graph) implements ExportArgument {}

  record ListOf(List<ExportArgument> items) implements ExportArgument {}

  /** Gives the names of all values in it, in order. */
  default void refs(Consumer<String> use) {
    if (this instanceof Ref ref) {
      use.accept(ref.name());
    } else if (this instanceof ListOf list) {
      list.items().forEach(item -> item.refs(use));
    }
  }
}
