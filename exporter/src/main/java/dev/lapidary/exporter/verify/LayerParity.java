package dev.lapidary.exporter.verify;

import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.torchscript.InferenceArchive;
import dev.lapidary.exporter.verify.QuantizedProgram.Rounding;
import dev.lapidary.models.archive.ArchiveReader;
import dev.lapidary.models.archive.ArchiveWriter;
import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.failure.ExitCode;
import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.file.TemporaryFolder;
import dev.lapidary.models.graph.Graph;
import dev.lapidary.models.tensor.Tensor;
import dev.lapidary.models.trace.OutputChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Lets a quantized network pass only if each of its layers, alone, gives libtorch's integers, or
 * the next ones: libtorch runs the source's own operators and tells the integers behind each of
 * them, ONNX Runtime gets those as every layer's input.
 *
 * <p>The logits alone could not prove that. Two runtimes add up in different orders and round what
 * lies between two integers differently, and a deep network makes much of a single step.
 *
 * @param layers that round to integers
 * @param numbers that all of them gave
 * @param differing how many of the numbers were the integer next to libtorch's
 */
public record LayerParity(int layers, long numbers, long differing) {

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
      Graph graph, Path source, OutputChoice choice, int opset, Tensor input) throws IOException {
    QuantizedProgram program = new QuantizedProgram(graph);
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-layers")) {
      List<Tensor> expected = sources(program, source, choice, input, folder.resolve("source.pt"));
      List<Tensor> found = files(program, expected, opset, input, folder.resolve("layers.onnx"));
      return compared(program.roundings(), expected, found);
    }
  }

  /**
   * What libtorch's kernels give at each rounding, in a program that is proven to be the source.
   */
  private static List<Tensor> sources(
      QuantizedProgram program, Path source, OutputChoice choice, Tensor input, Path file) {
    ArchiveWriter.write(
        InferenceArchive.asTraced(program.source(), ArchiveReader.read(source)), file);
    List<Tensor> all;
    try (TorchModel model = TorchModel.load(file, OutputChoice.FIRST)) {
      all = model.all(input);
    }
    float[] logits;
    try (TorchModel model = TorchModel.load(source, choice)) {
      logits = model.run(input).values();
    }
    if (!Arrays.equals(logits, all.get(all.size() - 1).toFloats())) {
      throw Failure.gate(
          "parity refused: the trace of [%s], run by libtorch, does not give its logits bit by bit;"
              + " nothing was written",
          source.getFileName());
    }
    return all.subList(0, all.size() - 1);
  }

  /** What ONNX Runtime gives at each rounding, from the integers that libtorch gave before it. */
  private static List<Tensor> files(
      QuantizedProgram program, List<Tensor> expected, int opset, Tensor input, Path file)
      throws IOException {
    List<Rounding> read = program.read();
    List<Tensor> inputs = new ArrayList<>(List.of(input));
    read.forEach(rounding -> inputs.add(expected.get(program.roundings().indexOf(rounding))));
    OnnxGraph apart = GraphLowering.lower(program.apart(read), opset, "output_0");
    Passes.run(apart);
    OnnxWriter.write(apart, file);
    try (OrtModel model = OrtModel.load(file, Preparation.BRIEF)) {
      return model.all(inputs);
    }
  }

  private static LayerParity compared(
      List<Rounding> roundings, List<Tensor> expected, List<Tensor> found) {
    long numbers = 0;
    long differing = 0;
    for (int i = 0; i < roundings.size(); i++) {
      float[] theirs = expected.get(i).toFloats();
      float[] ours = found.get(i).toFloats();
      for (int k = 0; k < theirs.length; k++) {
        double steps = Math.rint(Math.abs((double) ours[k] - theirs[k]) / roundings.get(i).scale());
        if (!(steps <= 1)) {
          throw refused(roundings.get(i), steps);
        }
        differing += (long) steps;
      }
      numbers += theirs.length;
    }
    return new LayerParity(roundings.size(), numbers, differing);
  }

  private static Failure refused(Rounding rounding, double steps) {
    String layer = rounding.quantize().scope();
    return Failure.gate(
        "%s",
        String.format(
            Locale.ROOT,
            "parity refused: %s%s: ONNX Runtime's integers differ from libtorch's by %.0f steps"
                + " where 1 passes; nothing was written",
            layer.isEmpty() ? "" : layer + ", ",
            rounding.quantize().location(),
            steps));
  }

  /** For people. */
  public String text() {
    return String.format(
        Locale.ROOT,
        "each of %d layers alone gives libtorch's integers, %.2f %% of them the next ones",
        layers,
        100.0 * differing / Math.max(1, numbers));
  }
}
