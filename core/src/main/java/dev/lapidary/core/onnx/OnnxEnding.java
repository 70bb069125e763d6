package dev.lapidary.core.onnx;

import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.ending.Share;
import dev.lapidary.core.file.MappedFile;
import dev.lapidary.core.onnx.OnnxNodes.OnnxNode;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Tells an ONNX file's ending by its nodes, from the first output back through what keeps its
 * numbers. Where a file leaves shapes open, a softmax that is not over the batch is taken for one
 * over the classes.
 */
public final class OnnxEnding {
  private static final int DEEPEST = 64;
  private static final int MAX_STEPS = 10_000;

  /** From here on a softmax is along its axis; before, over all dimensions from it on. */
  private static final int ALONG_ONE_AXIS = 13;

  private static final Set<String> MOVES =
      Set.of(
          """
          Identity Cast CastLike Reshape Flatten Squeeze Unsqueeze Transpose Expand Dropout
          QuantizeLinear DequantizeLinear Clip Relu
          """
              .split("\\s+"));

  /** What gives no negative numbers: divided by their sum they are scores. */
  private static final Set<String> POSITIVE = Set.of("Exp", "Softplus", "Relu", "Sigmoid", "Abs");

  private final OnnxNodes nodes;
  private int steps;

  private OnnxEnding(OnnxNodes nodes) {
    this.nodes = nodes;
  }

  /**
   * @throws dev.lapidary.core.failure.Failure (exit 2) if it is no ONNX
   */
  public static Ending of(Path file) {
    return of(MappedFile.open(file));
  }

  /**
   * The same of a file's bytes.
   *
   * @throws dev.lapidary.core.failure.Failure (exit 2) if it is no ONNX
   */
  public static Ending of(byte[] model) {
    return of(MappedFile.over(ByteBuffer.wrap(model)));
  }

  private static Ending of(MappedFile file) {
    OnnxNodes nodes = OnnxNodes.read(file);
    return new OnnxEnding(nodes)
        .share(nodes.output(), 0)
        .filter(Share::isWhole)
        .map(Share::ending)
        .orElse(Ending.LOGITS);
  }

  private Optional<Share> share(String value, int depth) {
    Optional<OnnxNode> made = nodes.maker(value);
    if (made.isEmpty() || depth > DEEPEST || ++steps > MAX_STEPS) {
      return Optional.empty();
    }
    OnnxNode node = made.get();
    return switch (node.operator()) {
      case "Softmax", "QLinearSoftmax" -> softmax(node, value, Ending.SOFTMAX);
      case "LogSoftmax" -> softmax(node, value, Ending.LOG_SOFTMAX);
      case "Sigmoid", "HardSigmoid", "QLinearSigmoid" -> whole(Ending.SIGMOID);
      case "ArgMax", "ArgMin" -> whole(Ending.INDEX);
      case "TopK" -> node.outputs().indexOf(value) == 1 ? whole(Ending.INDEX) : Optional.empty();
      case "Exp" ->
          isLogSigmoid(node.input(0))
              ? whole(Ending.SIGMOID)
              : changed(node, Ending.LOG_SOFTMAX, Ending.SOFTMAX, depth);
      case "Log" -> changed(node, Ending.SOFTMAX, Ending.LOG_SOFTMAX, depth);
      case "Reciprocal" -> isOnePlusExp(node.input(0)) ? whole(Ending.SIGMOID) : Optional.empty();
      case "Mul" -> scaled(node, depth);
      case "Div" -> divided(node, depth);
      case "Add", "Sum" -> sum(node.inputs(), depth);
      case "Mean" -> sum(node.inputs(), depth).map(s -> s.times(1.0 / node.inputs().size()));
      case "GlobalAveragePool" -> ofPixels(node.input(0));
      case "ReduceMean" -> mean(node, depth);
      case "Gather" ->
          node.integers().getOrDefault("axis", 0L) > 1 ? share(node.input(0), depth + 1) : none();
      default ->
          MOVES.contains(node.operator()) ? moved(node.input(0), value, depth) : Optional.empty();
    };
  }

  private static Optional<Share> none() {
    return Optional.empty();
  }

  private static Optional<Share> whole(Ending ending) {
    return Optional.of(Share.whole(ending));
  }

  /** What was moved must hold the same classes, as far as the file tells. */
  private Optional<Share> moved(String from, String to, int depth) {
    boolean other =
        nodes.shape(from).map(OnnxEnding::wide).filter(wide -> wide.size() > 1).isPresent()
            || !sameClasses(from, to);
    return other ? Optional.empty() : share(from, depth + 1);
  }

  private boolean sameClasses(String from, String to) {
    Optional<Long> before = classes(from);
    Optional<Long> after = classes(to);
    return before.isEmpty() || after.isEmpty() || before.equals(after);
  }

  private Optional<Long> classes(String value) {
    return nodes
        .shape(value)
        .map(shape -> wide(shape).stream().map(shape::get).findFirst().orElse(1L))
        .filter(size -> size > 0);
  }

  /** Dimensions beside the batch that are not 1. */
  private static List<Integer> wide(List<Long> shape) {
    return IntStream.range(1, shape.size()).filter(d -> shape.get(d) != 1).boxed().toList();
  }

  private Optional<Share> softmax(OnnxNode node, String value, Ending ending) {
    boolean along = nodes.opset() >= ALONG_ONE_AXIS;
    long axis = node.integers().getOrDefault("axis", along ? -1L : 1L);
    Optional<List<Long>> shape = nodes.shape(value).or(() -> nodes.shape(node.input(0)));
    if (shape.isEmpty()) {
      return axis == 0 ? Optional.empty() : whole(ending);
    }
    int rank = shape.get().size();
    long from = axis < 0 ? axis + rank : axis;
    List<Integer> wide = wide(shape.get());
    boolean over =
        from > 0
            && (along
                ? wide.isEmpty() || wide.equals(List.of((int) from))
                : wide.size() <= 1 && wide.stream().allMatch(d -> d >= from));
    return over ? whole(ending) : Optional.empty();
  }

  private Optional<Share> changed(OnnxNode node, Ending from, Ending to, int depth) {
    return share(node.input(0), depth + 1).filter(s -> s.is(from)).flatMap(s -> whole(to));
  }

  private Optional<Share> scaled(OnnxNode node, int depth) {
    OptionalDouble right = nodes.number(node.input(1));
    OptionalDouble factor = right.isPresent() ? right : nodes.number(node.input(0));
    return factor.isEmpty()
        ? Optional.empty()
        : times(node.input(right.isPresent() ? 0 : 1), factor.getAsDouble(), depth);
  }

  private Optional<Share> divided(OnnxNode node, int depth) {
    OptionalDouble right = nodes.number(node.input(1));
    if (right.isPresent()) {
      return times(node.input(0), 1 / right.getAsDouble(), depth);
    }
    if (nodes.number(node.input(0)).orElse(0) == 1 && isOnePlusExp(node.input(1))) {
      return whole(Ending.SIGMOID);
    }
    return made("ReduceSum", node.input(1))
        .or(() -> made("ReduceL1", node.input(1)))
        .filter(sum -> sum.input(0).equals(node.input(0)))
        .filter(sum -> POSITIVE.stream().anyMatch(op -> isMadeBy(op, node.input(0))))
        .flatMap(sum -> whole(Ending.SOFTMAX));
  }

  /** The mean over pixels of what each of them was given. */
  private Optional<Share> ofPixels(String value) {
    if (isMadeBy("Sigmoid", value)) {
      return whole(Ending.SIGMOID);
    }
    return made("Softmax", value)
        .filter(n -> nodes.opset() >= ALONG_ONE_AXIS)
        .filter(n -> n.integers().getOrDefault("axis", -1L) == 1)
        .flatMap(n -> whole(Ending.SOFTMAX));
  }

  private Optional<Share> mean(OnnxNode node, int depth) {
    List<Long> axes = nodes.axes(node);
    Optional<OnnxNode> stack = made("Concat", node.input(0));
    if (stack.isPresent()) {
      List<String> parts = stack.get().inputs();
      boolean stacked =
          axes.equals(List.of(stack.get().integers().getOrDefault("axis", 0L)))
              && parts.stream().allMatch(part -> isMadeBy("Unsqueeze", part));
      return stacked ? sum(parts, depth).map(s -> s.times(1.0 / parts.size())) : none();
    }
    boolean pixels = !axes.isEmpty() && axes.stream().allMatch(axis -> axis > 1 || axis == -1);
    return pixels ? ofPixels(node.input(0)) : none();
  }

  /** {@code -softplus(-x)}, or {@code log(sigmoid(x))}. */
  private boolean isLogSigmoid(String value) {
    return made("Neg", value).flatMap(neg -> made("Softplus", neg.input(0))).isPresent()
        || made("Log", value).flatMap(log -> made("Sigmoid", log.input(0))).isPresent();
  }

  private Optional<Share> times(String value, double factor, int depth) {
    return share(value, depth + 1)
        .filter(share -> share.isScores() || factor == 1)
        .map(share -> share.times(factor));
  }

  /** Of several networks' scores. */
  private Optional<Share> sum(List<String> parts, int depth) {
    Optional<Share> total = Optional.empty();
    for (String part : parts) {
      Optional<Share> one = share(part, depth + 1).filter(Share::isScores);
      Optional<Share> before = total;
      total =
          one.filter(s -> before.isEmpty() || before.get().ending() == s.ending())
              .map(s -> new Share(s.ending(), s.factor() + before.map(Share::factor).orElse(0.0)));
      if (total.isEmpty()) {
        return Optional.empty();
      }
    }
    return total;
  }

  /** {@code 1 + exp(-x)}, of which a sigmoid written out is the reciprocal. */
  private boolean isOnePlusExp(String value) {
    return made("Add", value)
        .filter(
            node ->
                isOneAndExp(node.input(0), node.input(1))
                    || isOneAndExp(node.input(1), node.input(0)))
        .isPresent();
  }

  private boolean isOneAndExp(String one, String exp) {
    return nodes.number(one).orElse(0) == 1 && isMadeBy("Exp", exp);
  }

  private boolean isMadeBy(String operator, String value) {
    return made(operator, value).isPresent();
  }

  private Optional<OnnxNode> made(String operator, String value) {
    return nodes.maker(value).filter(node -> node.operator().equals(operator));
  }
}
