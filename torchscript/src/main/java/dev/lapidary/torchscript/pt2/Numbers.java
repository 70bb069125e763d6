package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.pt2.ExportNode.ValueType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The numbers that a program makes of sizes. A graph computes each once and reads it in any module;
 * the text computes it where it is read, so that modules take tensors and give tensors.
 */
final class Numbers {
  private static final String SIZE = Targets.ATEN + "sym_size.int";
  private static final int MAX_STEPS = 100;
  private static final int MAX_SIZES = 64;

  private final ExportedProgram program;
  private final Map<String, ExportNode> nodes = new HashMap<>();
  private final Map<String, Integer> steps = new HashMap<>();

  /** By number, the sizes that it is made of. */
  private final Map<String, Set<String>> sizes = new HashMap<>();

  private Numbers(ExportedProgram program) {
    this.program = program;
  }

  static Numbers of(ExportedProgram program, List<ExportNode> used) {
    Numbers numbers = new Numbers(program);
    used.stream().filter(Numbers::is).forEach(numbers::add);
    return numbers;
  }

  /** Whether a node computes a number. */
  static boolean is(ExportNode node) {
    return Targets.isOnNumbers(node.target());
  }

  private void add(ExportNode node) {
    if (node.outputs().size() != 1) {
      throw Failure.badInput(
          "%s has %d results, expected one; the file is damaged",
          Quote.of(node.target()), node.outputs().size());
    }
    String name = node.outputs().get(0).name();
    boolean ofTensor = node.target().startsWith(Targets.ATEN);
    Set<String> made = new TreeSet<>();
    int[] depth = {1};
    if (ofTensor) {
      made.add(name);
    } else {
      node.refs(
          part -> {
            made.addAll(sizes.getOrDefault(part, Set.of()));
            depth[0] = Math.max(depth[0], 1 + steps.getOrDefault(part, 0));
          });
    }
    if (depth[0] > MAX_STEPS || made.size() > MAX_SIZES) {
      throw Failure.unsupported(
          "the number %s is made of more than %d sizes or in more than %d steps",
          Quote.of(name), MAX_SIZES, MAX_STEPS);
    }
    nodes.put(name, node);
    sizes.put(name, made);
    steps.put(name, depth[0]);
  }

  boolean isNumber(String name) {
    return nodes.containsKey(name);
  }

  ExportNode node(String name) {
    return Objects.requireNonNull(nodes.get(name), name);
  }

  void types(Map<String, ValueType> types) {
    nodes.values().forEach(n -> n.outputs().forEach(o -> types.put(o.name(), o.type())));
  }

  /** The tensors that a value needs: itself, or those whose sizes it is made of. */
  void tensors(String name, Consumer<String> use) {
    if (isNumber(name)) {
      sizes(name).forEach(size -> use.accept(tensor(size)));
    } else {
      use.accept(name);
    }
  }

  /** The sizes that a number is made of, each once. */
  Set<String> sizes(String name) {
    return sizes.getOrDefault(name, Set.of());
  }

  /** A dimension of a tensor; -1 is their product. */
  record Size(String tensor, int dimension) {}

  /** The tensor that a size is of; of several with that size the image. */
  String tensor(String size) {
    return own(size).tensor();
  }

  /**
   * The size as one of the tensors that are at hand has it.
   *
   * @param size one of {@link #sizes}
   * @param isThere whether a tensor is at hand
   * @param tensors some that are, to choose from
   */
  Optional<Size> at(String size, Predicate<String> isThere, Set<String> tensors) {
    Size own = own(size);
    if (isThere.test(own.tensor())) {
      return Optional.of(own);
    }
    return symbol(own)
        .flatMap(
            symbol ->
                tensors.stream()
                    .map(tensor -> new Size(tensor, dimension(tensor, symbol)))
                    .filter(found -> found.dimension() >= 0)
                    .findFirst());
  }

  private Size own(String size) {
    ExportNode node = node(size);
    Size own =
        new Size(
            node.inputs().get(0).argument() instanceof ExportArgument.Ref ref ? ref.name() : "",
            -1);
    if (!node.target().equals(SIZE)) {
      return own;
    }
    ExportArgument dimension =
        node.inputs().size() == 2 ? node.inputs().get(1).argument() : ExportArgument.None.NONE;
    if (!(dimension instanceof ExportArgument.Int d) || d.value() < 0 || d.value() > 63) {
      throw Failure.badInput("sym_size without a tensor and a dimension; the file is damaged");
    }
    Size exact = new Size(own.tensor(), (int) d.value());
    String image = program.input().name();
    return symbol(exact)
        .map(symbol -> new Size(image, dimension(image, symbol)))
        .filter(same -> same.dimension() >= 0)
        .orElse(exact);
  }

  private Optional<String> symbol(Size size) {
    return Optional.ofNullable(program.metas().get(size.tensor()))
        .map(TensorMeta::symbols)
        .filter(symbols -> size.dimension() >= 0 && size.dimension() < symbols.size())
        .map(symbols -> symbols.get(size.dimension()))
        .filter(symbol -> !symbol.isEmpty());
  }

  private int dimension(String tensor, String symbol) {
    TensorMeta meta = program.metas().get(tensor);
    return meta == null ? -1 : meta.dimension(symbol);
  }
}
