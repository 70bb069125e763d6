package dev.lapidary.torchscript.ending;

import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.ending.Share;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Tells a traced network's ending, from its output back through what keeps its numbers: shapes,
 * element types, dropout, bounds, averages of several networks.
 *
 * @param makers nodes that make the scores, the last first: one, unless several networks' are
 *     averaged
 */
public record TracedEnding(Ending ending, List<Node> makers) {
  private static final int DEEPEST = 64;
  private static final int MAX_STEPS = 10_000;

  /** What gives no negative numbers. */
  private static final String POSITIVE = "(exp|softplus|relu|sigmoid|square|abs|softmax)";

  /** What is added to a sum so that nothing is divided by 0. */
  private static final double SMALL = 1e-3;

  /**
   * What changes at most shape or type; where the shape still tells the classes, they are there.
   */
  private static final Set<String> MOVES =
      Set.of(
          """
          reshape view flatten squeeze unsqueeze permute transpose t select slice narrow expand to
          type_as contiguous clone detach alias lift_fresh dropout feature_dropout clamp clamp_min
          clamp_max relu nan_to_num quantize_per_tensor dequantize fake_quantize_per_tensor_affine
          """
              .split("\\s+"));

  public TracedEnding {
    makers = List.copyOf(makers);
  }

  /** Of the first output. */
  public static TracedEnding of(Graph graph) {
    return new Walk(graph).ending();
  }

  private static final class Walk {
    private final Value output;
    private final Map<Integer, Node> makers = new HashMap<>();
    private final List<Node> found = new ArrayList<>();
    private long classes = 1;
    private int steps;

    Walk(Graph graph) {
      output = graph.outputs().get(0);
      graph.nodes().forEach(node -> node.outputs().forEach(v -> makers.put(v.id(), node)));
      for (SymInt dim : output.shape()) {
        classes = Math.max(classes, dim.perBatch() ? 1 : dim.factor());
      }
    }

    TracedEnding ending() {
      Optional<Share> share =
          fits(output) ? share(output, axis(output), 0).filter(Share::isWhole) : Optional.empty();
      return share
          .map(whole -> new TracedEnding(whole.ending(), found))
          .orElseGet(() -> new TracedEnding(Ending.LOGITS, List.of()));
    }

    /** Whether it holds the batch and the classes, and nothing else. */
    private boolean fits(Value value) {
      long batches = value.shape().stream().filter(SymInt.BATCH::equals).count();
      long wide = value.shape().stream().filter(d -> d.equals(SymInt.of(classes))).count();
      long ones = value.shape().stream().filter(SymInt.of(1)::equals).count();
      return batches == 1
          && (classes == 1 ? ones + 1 == value.rank() : wide == 1 && ones + 2 == value.rank());
    }

    /** The classes' dimension of a value that fits; of one class any beside the batch. */
    private int axis(Value value) {
      int axis = value.shape().indexOf(SymInt.of(classes));
      return axis < 0 ? 1 : axis;
    }

    private Optional<Share> share(Value value, int axis, int depth) {
      Node node = makers.get(value.id());
      if (node == null || depth > DEEPEST || ++steps > MAX_STEPS) {
        return Optional.empty();
      }
      String name = node.operator().replaceFirst("^aten::", "").replaceFirst("_$", "");
      return switch (name) {
        case "softmax", "_softmax" -> softmax(node, axis, Ending.SOFTMAX);
        case "log_softmax" -> softmax(node, axis, Ending.LOG_SOFTMAX);
        case "sigmoid", "hardsigmoid" -> made(node, Ending.SIGMOID);
        case "argmax", "argmin" -> made(node, Ending.INDEX);
        case "max", "min", "topk" ->
            node.outputs().size() == 2 && node.outputs().get(1).id() == value.id()
                ? made(node, Ending.INDEX)
                : Optional.empty();
        case "exp" -> exp(node, axis, depth);
        case "log" -> log(node, axis, depth);
        case "reciprocal" ->
            isOnePlusExp(node.argument("self")) ? made(node, Ending.SIGMOID) : Optional.empty();
        case "mul", "div" -> scaled(node, name.equals("div"), axis, depth);
        case "add" -> sum(node, axis, depth);
        case "mean" -> mean(node, axis, depth);
        case "adaptive_avg_pool2d", "avg_pool2d" -> through(node, axis, depth);
        default -> MOVES.contains(name) ? moved(node, depth) : Optional.empty();
      };
    }

    private Optional<Share> made(Node node, Ending ending) {
      found.add(node);
      return Optional.of(Share.whole(ending));
    }

    /** Over anything but the classes it gives no scores of theirs; of one number it gives 1. */
    private Optional<Share> softmax(Node node, int axis, Ending ending) {
      int dim = dim(node.argument("dim"), node.output().rank());
      return dim == axis || (classes == 1 && !node.output().shape().get(dim).perBatch())
          ? made(node, ending)
          : Optional.empty();
    }

    private static int dim(Argument argument, int rank) {
      int dim = argument instanceof Argument.Int number ? (int) number.value().factor() : 0;
      return Math.floorMod(dim, Math.max(1, rank));
    }

    private Optional<Share> through(Node node, int axis, int depth) {
      return tensor(node.argument("self")).flatMap(x -> share(x, axis, depth + 1));
    }

    private Optional<Share> moved(Node node, int depth) {
      String first = node.schema().parameters().get(0).name();
      return tensor(node.argument(first))
          .filter(this::fits)
          .flatMap(x -> share(x, axis(x), depth + 1));
    }

    private Optional<Share> exp(Node node, int axis, int depth) {
      Optional<Share> inner = through(node, axis, depth);
      if (inner.filter(s -> s.is(Ending.LOG_SOFTMAX)).isPresent()) {
        found.clear();
        return made(node, Ending.SOFTMAX);
      }
      // exp(logsigmoid(x)), which the tracer writes as exp(-softplus(-x)).
      boolean logSigmoid =
          maker(node.argument("self"), "neg")
              .flatMap(neg -> maker(neg.argument("self"), "softplus"))
              .isPresent();
      return logSigmoid ? made(node, Ending.SIGMOID) : Optional.empty();
    }

    private Optional<Share> log(Node node, int axis, int depth) {
      boolean ofSoftmax = through(node, axis, depth).filter(s -> s.is(Ending.SOFTMAX)).isPresent();
      found.clear();
      return ofSoftmax ? made(node, Ending.LOG_SOFTMAX) : Optional.empty();
    }

    /** {@code 1 + exp(-x)}, of which a sigmoid written out is the reciprocal. */
    private boolean isOnePlusExp(Argument argument) {
      return maker(argument, "add")
          .filter(add -> number(add.argument("other")).orElse(0) == 1)
          .flatMap(add -> maker(add.argument("self"), "exp"))
          .isPresent();
    }

    private Optional<Share> scaled(Node node, boolean divides, int axis, int depth) {
      OptionalDouble number = number(node.argument("other"));
      if (number.isPresent()) {
        double factor = divides ? 1 / number.getAsDouble() : number.getAsDouble();
        return through(node, axis, depth)
            .filter(share -> share.isScores() || factor == 1)
            .map(share -> share.times(factor));
      }
      return divides && isSoftmaxWrittenOut(node, axis)
          ? made(node, Ending.SOFTMAX)
          : Optional.empty();
    }

    /** {@code exp(x) / exp(x).sum(classes)}, or of anything else that is not negative. */
    private boolean isSoftmaxWrittenOut(Node node, int axis) {
      Optional<Value> above = tensor(node.argument("self"));
      Optional<Node> sum =
          maker(node.argument("other"), "add")
              .filter(add -> number(add.argument("other")).orElse(1) < SMALL)
              .map(add -> add.argument("self"))
              .or(() -> Optional.of(node.argument("other")))
              .flatMap(below -> maker(below, "sum"));
      return above.flatMap(x -> maker(x, POSITIVE)).isPresent()
          && sum.filter(s -> dims(s).equals(List.of(axis)))
              .flatMap(s -> tensor(s.argument("self")))
              .filter(below -> below.equals(above.get()) || isSameExp(below, above.get()))
              .isPresent();
    }

    private boolean isSameExp(Value a, Value b) {
      Optional<Argument> power = maker(a, "exp").map(node -> node.argument("self"));
      return power.isPresent() && power.equals(maker(b, "exp").map(node -> node.argument("self")));
    }

    private Optional<Share> sum(Node node, int axis, int depth) {
      if (number(node.argument("alpha")).orElse(0) != 1) {
        return Optional.empty();
      }
      Optional<Share> left = through(node, axis, depth).filter(Share::isScores);
      return left.flatMap(
          a ->
              tensor(node.argument("other"))
                  .flatMap(x -> share(x, axis, depth + 1))
                  .filter(b -> b.ending() == a.ending())
                  .map(b -> new Share(a.ending(), a.factor() + b.factor())));
    }

    /** Over pixels, or over several networks' scores that were stacked. */
    private Optional<Share> mean(Node node, int axis, int depth) {
      Optional<Value> input = tensor(node.argument("self"));
      List<Integer> dims = dims(node);
      Optional<Node> stack = input.flatMap(x -> maker(x, "cat"));
      if (stack.isPresent()
          && dims.equals(List.of(dim(stack.get().argument("dim"), input.get().rank())))) {
        return average(stack.get(), depth);
      }
      if (input.isEmpty() || dims.isEmpty()) {
        return Optional.empty();
      }
      int before = axis;
      if (node.output().rank() < input.get().rank()) {
        for (int dim : dims) {
          before += dim <= before ? 1 : 0;
        }
      }
      int classAxis = before;
      return dims.contains(classAxis)
              || input.get().shape().stream().noneMatch(SymInt.BATCH::equals)
          ? Optional.empty()
          : share(input.get(), classAxis, depth + 1).filter(Share::isScores);
    }

    /** Of what was stacked: the tracer writes a stack as parts of one in that dimension. */
    private Optional<Share> average(Node stack, int depth) {
      List<Argument> items =
          stack.argument("tensors") instanceof Argument.ListOf list ? list.items() : List.of();
      List<Optional<Share>> shares =
          items.stream()
              .map(
                  item ->
                      tensor(item).filter(this::fits).flatMap(x -> share(x, axis(x), depth + 1)))
              .toList();
      return shares.stream()
          .findFirst()
          .flatMap(first -> first)
          .filter(first -> first.isScores() && first.isWhole())
          .filter(first -> shares.stream().allMatch(Optional.of(first)::equals));
    }

    private static List<Integer> dims(Node node) {
      Argument dims = node.argument("dim");
      int rank = tensor(node.argument("self")).map(Value::rank).orElse(1);
      Stream<Argument> each =
          dims instanceof Argument.ListOf list
              ? list.items().stream()
              : Stream.of(dims).filter(Argument.Int.class::isInstance);
      return each.map(item -> dim(item, rank)).sorted().toList();
    }

    private Optional<Node> maker(Argument argument, String operator) {
      return tensor(argument)
          .flatMap(x -> Optional.ofNullable(makers.get(x.id())))
          .filter(node -> node.operator().matches("aten::" + operator + "_?"));
    }

    private static Optional<Value> tensor(Argument argument) {
      return argument instanceof Value value ? Optional.of(value) : Optional.empty();
    }

    private static OptionalDouble number(Argument argument) {
      if (argument instanceof Argument.Real real) {
        return OptionalDouble.of(real.value());
      }
      if (argument instanceof Argument.Int integer && !integer.value().perBatch()) {
        return OptionalDouble.of((double) integer.value().factor());
      }
      return argument instanceof Argument.Constant constant && constant.tensor().numel() == 1
          ? OptionalDouble.of(constant.tensor().toFloats()[0])
          : OptionalDouble.empty();
    }
  }
}
