package dev.lapidary.exporter.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.exporter.onnx.OnnxGraph;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A node of the graph that ONNX Runtime really runs, of its own operators too. */
record RuntimeNode(String operator, List<String> inputs, List<String> outputs) {
  RuntimeNode {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** All of a graph's, after every optimization for the CPU. */
  static List<RuntimeNode> optimized(OnnxGraph graph) {
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-optimized")) {
      Path file = folder.resolve("optimized.onnx");
      RuntimeModel.writeOptimized(graph, file);
      return ModelProto.parseFrom(Files.readAllBytes(file)).getGraph().getNodeList().stream()
          .map(n -> new RuntimeNode(n.getOpType(), n.getInputList(), n.getOutputList()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
