package dev.lapidary.exporter.verify;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.verify.QuantizedProgram.Rounding;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Lets a quantized network pass only if each of its layers, alone, gives libtorch's integers, or
 * the next ones: libtorch runs the source's own operators and tells the integers behind each of
 * them, ONNX Runtime gets those as every layer's input.
 *
 * <p>The logits alone could not prove that. Two runtimes add up in different orders and round what
 * lies between two integers differently, and a deep network makes much of a single step.
 *
 * <p>Kernels for eight bits may add two products in sixteen, which whole bytes overflow: FBGEMM's
 * depthwise convolution does, and every kernel on a CPU without VNNI. Where libtorch's integers are
 * farther than one step, ONNX Runtime's have to be those of libtorch's operators in floats, which
 * PyTorch's documentation defines the layer by ("reference quantized model"), and the kernel has to
 * agree with weights of half the size, which no sum of two products overflows.
 *
 * @param layers that round to integers
 * @param numbers that all of them gave
 * @param differing how many of the numbers were the integer next to libtorch's
 * @param overflown how many were farther from libtorch's kernels, which are off what the layer
 *     means
 */
public record LayerParity(int layers, long numbers, long differing, long overflown) {

  /**
   * @param graph traced from the source, which came quantized
   * @param source the archive
   * @param choice of its logits
   * @param card of the source: what it takes
   * @param only the one batch size that the source takes; empty: 1, or else 2, whichever runs
   * @throws Failure (exit 3) naming the layer whose integers differ by more than one step
   */
  public static LayerParity check(
      Graph graph,
      Path source,
      OutputChoice choice,
      int opset,
      ModelCard card,
      Optional<Integer> only)
      throws IOException {
    List<Integer> sizes = only.map(List::of).orElse(List.of(1, 2));
    for (int size : sizes) {
      Tensor images = ParityInputs.uniform(size, card).references().get(0);
      try {
        return check(graph, source, choice, opset, images);
      } catch (Failure e) {
        // A traced archive may hold the batch size that it was traced with.
        if (e.code() != ExitCode.FAILED || size == sizes.get(sizes.size() - 1)) {
          throw e;
        }
      }
    }
    throw new IllegalStateException("no batch size");
  }

  private static LayerParity check(
      Graph graph, Path source, OutputChoice choice, int opset, Tensor images) throws IOException {
    QuantizedProgram program = new QuantizedProgram(graph);
    List<Rounding> layers = program.roundings();
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-layers")) {
      LayerRuns runs = new LayerRuns(program, source, opset, folder);
      List<Tensor> kernels = runs.source(images, choice);
      List<Tensor> inputs = runs.inputs(images, kernels);
      List<Tensor> found = runs.onnxRuntime(inputs);
      LayerParity parity = new LayerParity(0, 0, 0, 0);
      for (int i = 0; i < layers.size(); i++) {
        parity = parity.and(compared(layers.get(i), kernels.get(i), found.get(i)));
      }
      if (parity.overflown > 0) {
        requireOverflow(runs, inputs, kernels, found);
      }
      return parity;
    }
  }

  private static LayerParity compared(Rounding layer, Tensor kernel, Tensor found) {
    float[] theirs = kernel.toFloats();
    float[] ours = found.toFloats();
    long next = 0;
    long farther = 0;
    for (int k = 0; k < theirs.length; k++) {
      double steps = Math.rint(Math.abs((double) ours[k] - theirs[k]) / layer.scale());
      next += steps == 1 ? 1 : 0;
      farther += steps <= 1 ? 0 : 1;
    }
    return new LayerParity(1, theirs.length, next, farther);
  }

  private LayerParity and(LayerParity other) {
    return new LayerParity(
        layers + other.layers,
        numbers + other.numbers,
        differing + other.differing,
        overflown + other.overflown);
  }

  /** Whatever is farther than a step has to be so because sums in libtorch's kernels overflow. */
  private static void requireOverflow(
      LayerRuns runs, List<Tensor> inputs, List<Tensor> kernels, List<Tensor> found)
      throws IOException {
    List<Tensor> meant = runs.floats(inputs);
    LayerRuns halved = runs.withHalvedWeights();
    List<Tensor> halvedKernels = halved.kernels(inputs);
    List<Tensor> halvedFound = halved.onnxRuntime(inputs);
    List<Rounding> layers = runs.program().roundings();
    for (int i = 0; i < layers.size(); i++) {
      Rounding layer = layers.get(i);
      if (compared(layer, kernels.get(i), found.get(i)).overflown > 0
          && (compared(layer, meant.get(i), found.get(i)).overflown > 0
              || compared(layer, halvedKernels.get(i), halvedFound.get(i)).overflown > 0)) {
        throw refused(layer, kernels.get(i), found.get(i));
      }
    }
  }

  private static Failure refused(Rounding layer, Tensor kernel, Tensor found) {
    float[] theirs = kernel.toFloats();
    float[] ours = found.toFloats();
    double farthest = 0;
    for (int k = 0; k < theirs.length; k++) {
      farthest = Math.max(farthest, Math.abs((double) ours[k] - theirs[k]) / layer.scale());
    }
    String scope = layer.quantize().scope();
    return Failure.gate(
        "%s",
        Phrase.of(
            "parity refused: %s%s: ONNX Runtime's integers differ from libtorch's by %.0f steps"
                + " where 1 passes; if this CPU's sums of bytes overflow, quantize with"
                + " reduce_range; nothing was written",
            scope.isEmpty() ? "" : scope + ", ", layer.quantize().location(), farthest));
  }

  /** For people. */
  public String text() {
    String overflow =
        Phrase.of(
            "; %d of %d are the exact ones, where libtorch's sums overflow", overflown, numbers);
    return Phrase.of(
        "each of %d layers alone gives libtorch's integers, %.2f %% of them the next ones%s",
        layers, 100.0 * differing / Math.max(1, numbers), overflown == 0 ? "" : overflow);
  }
}
