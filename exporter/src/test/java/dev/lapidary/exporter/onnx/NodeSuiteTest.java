package dev.lapidary.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.testing.EmittedOperators;
import dev.lapidary.exporter.testing.OrtRun;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
 * our reader and writer and ONNX Runtime: attributes and tensors of all their forms arrive as they
 * are, and the runtime computes what ONNX says. The suite is Debian's package {@code
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

  /** Whose expected numbers were typed in with four decimals. */
  private static final Set<String> FOUR_DECIMALS = Set.of("test_gridsample_bicubic");

  /** What the exporter never writes and ONNX Runtime does not do, or not as the suite. */
  private static final Map<String, List<String>> NOT_THE_RUNTIMES =
      Map.of(
          "recurrences by batch",
          List.of("test_gru_batchwise", "test_lstm_batchwise", "test_simple_rnn_batchwise"),
          "extremes of int16",
          List.of("test_max_int16", "test_min_int16"),
          "Resize by scales with corners aligned: other implementations take the exact scale",
          List.of(
              "test_resize_downsample_scales_cubic_align_corners",
              "test_resize_downsample_scales_linear_align_corners"));

  private final SortedMap<String, String> failures = new TreeMap<>();
  private final SortedMap<String, List<String>> skipped = new TreeMap<>();
  private final SortedMap<String, Integer> run = new TreeMap<>();

  @Test
  void readerWriterAndRuntimeAgreeWithTheSuite() {
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
    assertThat(failures.keySet())
        .as("%s", failures)
        .containsExactlyInAnyOrderElementsOf(
            NOT_THE_RUNTIMES.values().stream().flatMap(List::stream).toList());
    assertThat(run.keySet()).as("each operator has a test that ran").isEqualTo(emitted);
  }

  private static Optional<String> reasonToSkip(NodeCase test) {
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
      OnnxGraph graph = test.graph();
      byte[] written = OnnxWriter.bytes(graph);
      OnnxGraph again = OnnxReader.read(ByteBuffer.wrap(written), test.name());
      assertThat(OnnxWriter.bytes(again)).isEqualTo(written);
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      for (int i = 0; i < graph.inputs().size(); i++) {
        inputs.put(graph.inputs().get(i).name(), test.inputs().get(i));
      }
      Map<String, Tensor> values = OrtRun.all(graph, inputs);
      double bound = FOUR_DECIMALS.contains(test.name()) ? 5e-5 : 1e-5;
      for (int i = 0; i < graph.outputs().size(); i++) {
        Tensor found = values.get(graph.outputs().get(i).name());
        assertAgrees(found, test.outputs().get(i), bound);
      }
      test.operators().forEach(op -> run.merge(op, 1, Integer::sum));
    } catch (AssertionError | RuntimeException e) {
      failures.put(test.name(), e.toString().lines().limit(3).toList().toString());
    }
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
