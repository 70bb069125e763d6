package dev.lapidary.exporter.verify;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.lower.GraphLowering;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.pass.Passes;
import dev.lapidary.exporter.torchscript.InferenceArchive;
import dev.lapidary.exporter.verify.QuantizedProgram.Rounding;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * A quantized network's layers in libtorch and in ONNX Runtime, each from integers that are given;
 * every run gives what the integers of {@link QuantizedProgram#roundings} mean.
 *
 * @param source the archive
 * @param folder for the programs that are run
 */
record LayerRuns(QuantizedProgram program, Path source, int opset, TemporaryFolder folder) {

  /** libtorch's kernels one after the other, in a program that is proven to be the source. */
  List<Tensor> source(Tensor images, OutputChoice choice) {
    List<Tensor> all = libtorch(program.source(), List.of(images), "source.pt");
    float[] logits;
    try (TorchModel model = TorchModel.load(source, choice)) {
      logits = model.run(images).values();
    }
    if (!Arrays.equals(logits, all.get(all.size() - 1).toFloats())) {
      throw Failure.gate(
          "parity refused: the trace of [%s], run by libtorch, does not give its logits bit by bit;"
              + " nothing was written",
          source.getFileName());
    }
    return all.subList(0, all.size() - 1);
  }

  /** For the other runs: the images, and what the layers gave that others read. */
  List<Tensor> inputs(Tensor images, List<Tensor> given) {
    List<Tensor> inputs = new ArrayList<>(List.of(images));
    Set<Rounding> read = Set.copyOf(program.read());
    for (int i = 0; i < given.size(); i++) {
      if (read.contains(program.roundings().get(i))) {
        inputs.add(given.get(i));
      }
    }
    return inputs;
  }

  /** The same layers with weights whose products no sum of two overflows. */
  LayerRuns withHalvedWeights() {
    return new LayerRuns(program.withHalvedWeights(), source, opset, folder);
  }

  /** libtorch's kernels for integers. */
  List<Tensor> kernels(List<Tensor> inputs) {
    return libtorch(program.sourceApart(), inputs, "kernels.pt");
  }

  /** libtorch's operators in floats that the kernels stand for. */
  List<Tensor> floats(List<Tensor> inputs) {
    return libtorch(program.apart(), inputs, "floats.pt");
  }

  private List<Tensor> libtorch(Graph graph, List<Tensor> inputs, String name) {
    Path file = folder.resolve(name);
    ArchiveWriter.write(InferenceArchive.asTraced(graph, ArchiveReader.read(source)), file);
    try (TorchModel model = TorchModel.load(file, OutputChoice.FIRST)) {
      return model.all(inputs);
    }
  }

  /** The exported file's operators, optimized as ONNX Runtime does. */
  List<Tensor> onnxRuntime(List<Tensor> inputs) throws IOException {
    Path file = folder.resolve("layers.onnx");
    OnnxGraph apart = GraphLowering.lower(program.apart(), opset, "output_0");
    Passes.run(apart);
    OnnxWriter.write(apart, file);
    try (OrtModel model = OrtModel.load(file, Preparation.BRIEF)) {
      return model.all(inputs);
    }
  }
}
