package dev.lapidary.exporter.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.NodeCase;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.testing.EmittedOperators;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * For every ONNX operator that the exporter writes, the ONNX backend suite's node tests run through
 * our reader, the evaluator and the constant folder. The suite is Debian's package {@code
 * libonnx-testdata}, or the folder that {@code -Dlapidary.onnx.testdata} names.
 */
class NodeSuiteTest {
  private static final Path SUITE =
      Path.of(
          System.getProperty("lapidary.onnx.testdata", "/usr/share/libonnx-testdata/data/node"));

  private static final String ABSENT =
      "SKIPPED: the ONNX backend's node tests are not in "
          + SUITE
          + "; install Debian's libonnx-testdata or give -Dlapidary.onnx.testdata=FOLDER";

  private static final int MAX_OPSET = 17;

  /** Left to the runtime by the folder, since their results are larger than what they read. */
  private static final Set<String> UNFOLDED =
      Set.of("Expand", "Tile", "ConstantOfShape", "DequantizeLinear", "GridSample");

  /** Forms of emitted operators that the exporter never writes and the evaluator declines. */
  private static final Map<String, String> NEVER_WRITTEN = new TreeMap<>();

  static {
    neverWritten(
        "training_mode", "batchnorm_epsilon_training_mode", "batchnorm_example_training_mode");
    neverWritten(
        "output_shape or auto_pad of ConvTranspose",
        "convtranspose_autopad_same",
        "convtranspose_kernel_shape",
        "convtranspose_output_shape",
        "convtranspose_with_kernel");
    neverWritten(
        "an order of MaxPool's indices by columns", "maxpool_with_argmax_2d_precomputed_strides");
    neverWritten(
        "peepholes or layout of recurrences",
        "gru_batchwise",
        "lstm_batchwise",
        "lstm_with_peepholes",
        "simple_rnn_batchwise");
    neverWritten("tf_crop_and_resize", "resize_tf_crop_and_resize");
  }

  private static void neverWritten(String form, String... tests) {
    for (String test : tests) {
      NEVER_WRITTEN.put("test_" + test, form + " is never written");
    }
  }

  /** Whose expected numbers were typed in with four decimals. */
  private static final Set<String> FOUR_DECIMALS = Set.of("test_gridsample_bicubic");

  private final SortedMap<String, String> failures = new TreeMap<>();
  private final SortedMap<String, List<String>> skipped = new TreeMap<>();
  private final SortedMap<String, Integer> run = new TreeMap<>();

  @Test
  void readerEvaluatorAndFolderAgreeWithTheSuite() {
    if (!Files.isDirectory(SUITE)) {
      System.out.println(ABSENT);
    }
    assumeTrue(Files.isDirectory(SUITE), ABSENT);
    SortedSet<String> emitted = EmittedOperators.all();
    int cases = 0;
    for (NodeCase test : NodeCase.all(SUITE)) {
      if (emitted.containsAll(test.operators())) {
        cases++;
        Optional<String> reason = reasonToSkip(test);
        if (reason.isPresent()) {
          skipped.computeIfAbsent(reason.get(), r -> new ArrayList<>()).add(test.name());
        } else {
          check(test);
        }
      }
    }
    System.out.println(report(emitted, cases));
    assertThat(failures).isEmpty();
    assertThat(run.keySet()).as("each operator has a test that ran").isEqualTo(emitted);
  }

  private static Optional<String> reasonToSkip(NodeCase test) {
    if (test.opset() > MAX_OPSET) {
      return Optional.of("opset above " + MAX_OPSET);
    }
    if (NEVER_WRITTEN.containsKey(test.name())) {
      assertThat(evaluated(test)).as("%s is declined", test.name()).isEmpty();
      return Optional.ofNullable(NEVER_WRITTEN.get(test.name()));
    }
    try {
      test.graph();
      test.inputs();
      test.outputs();
      return Optional.empty();
    } catch (Failure e) {
      assertThat(e).hasMessageContaining("numbers and booleans are supported");
      return Optional.of("texts, sequences, unsigned integers of 16 to 64 bits");
    }
  }

  private void check(NodeCase test) {
    try {
      Map<String, Tensor> values =
          evaluated(test).orElseThrow(() -> new AssertionError("not evaluated"));
      OnnxGraph graph = test.graph();
      Map<String, Tensor> folded = folded(graph, known(test));
      for (int i = 0; i < graph.outputs().size(); i++) {
        String name = graph.outputs().get(i).name();
        double bound = FOUR_DECIMALS.contains(test.name()) ? 5e-5 : 1e-5;
        assertAgrees(values.get(name), test.outputs().get(i), bound);
        if (Collections.disjoint(test.operators(), UNFOLDED)) {
          assertAgrees(folded.get(name), test.outputs().get(i), bound);
        }
      }
      test.operators().forEach(op -> run.merge(op, 1, Integer::sum));
    } catch (AssertionError | RuntimeException e) {
      failures.put(test.name(), e.toString().lines().limit(3).toList().toString());
    }
  }

  private static Map<String, Tensor> known(NodeCase test) {
    Map<String, Tensor> values = new HashMap<>(test.graph().initializers());
    for (int i = 0; i < test.graph().inputs().size(); i++) {
      values.put(test.graph().inputs().get(i).name(), test.inputs().get(i));
    }
    return values;
  }

  /** All values, node after node; nothing if the evaluator declines one. */
  private static Optional<Map<String, Tensor>> evaluated(NodeCase test) {
    Map<String, Tensor> values = known(test);
    for (OnnxNode node : test.graph().nodes()) {
      Optional<List<Tensor>> results =
          Evaluator.evaluate(
              node,
              node.inputs().stream().map(v -> Optional.ofNullable(values.get(v))).toList(),
              new Allowance());
      if (results.isEmpty()) {
        return Optional.empty();
      }
      for (int i = 0; i < node.outputs().size(); i++) {
        values.put(node.outputs().get(i), results.get().get(i));
      }
    }
    return Optional.of(values);
  }

  /** The graph with its inputs known and no output to keep: the folder leaves constants. */
  private static Map<String, Tensor> folded(OnnxGraph graph, Map<String, Tensor> known) {
    OnnxGraph constant = new OnnxGraph(graph.name(), graph.opset());
    known.forEach(constant::setInitializer);
    graph.nodes().forEach(constant::add);
    Passes.standard().get(0).apply(constant);
    return new HashMap<>(constant.initializers());
  }

  /** Integers exactly; the suite's floats were computed by NumPy in float32, ours in double. */
  private static void assertAgrees(Tensor found, Tensor expected, double relative) {
    assertThat(found.dtype()).isEqualTo(expected.dtype());
    assertThat(found.shape()).isEqualTo(expected.shape());
    double[] a = found.toDoubles();
    double[] b = expected.toDoubles();
    for (int i = 0; i < a.length; i++) {
      double bound = expected.dtype().isFloating() ? relative * Math.max(1, Math.abs(b[i])) : 0;
      boolean same = Double.compare(a[i], b[i]) == 0 || Math.abs(a[i] - b[i]) <= bound;
      if (!same) {
        throw new AssertionError("element " + i + ": " + a[i] + " against " + b[i]);
      }
    }
  }

  private String report(SortedSet<String> emitted, int cases) {
    int out = skipped.values().stream().mapToInt(List::size).sum();
    StringBuilder text =
        new StringBuilder(
            "ONNX backend node tests of %d operators: %d run, %d skipped%n"
                .formatted(emitted.size(), cases - out, out));
    skipped.forEach((reason, names) -> text.append("  skipped: %s: %s%n".formatted(reason, names)));
    return text.append("  run by operator: ").append(run).toString();
  }
}
