package dev.lapidary.exporter.onnx;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One test of the ONNX backend suite: a folder with {@code model.onnx} and {@code test_data_set_0}
 * of {@code input_0.pb}, {@code output_0.pb} and so on.
 *
 * @see <a href="https://github.com/onnx/onnx/tree/main/onnx/backend/test/data">the suite</a>
 */
public record NodeCase(Path folder) {

  /** In the order of their names. */
  public static List<NodeCase> all(Path suite) {
    try (Stream<Path> folders = Files.list(suite)) {
      return folders.filter(Files::isDirectory).sorted().map(NodeCase::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String name() {
    return String.valueOf(folder.getFileName());
  }

  /** Of any domain and form, also those that our reader refuses. */
  public Set<String> operators() {
    return proto().getGraph().getNodeList().stream()
        .map(NodeProto::getOpType)
        .collect(Collectors.toSet());
  }

  public int opset() {
    return proto().getOpsetImportList().stream()
        .filter(opset -> opset.getDomain().isEmpty())
        .mapToInt(opset -> (int) opset.getVersion())
        .max()
        .orElse(0);
  }

  public OnnxGraph graph() {
    return OnnxReader.read(folder.resolve("model.onnx"));
  }

  public List<Tensor> inputs() {
    return tensors("input_");
  }

  public List<Tensor> outputs() {
    return tensors("output_");
  }

  private List<Tensor> tensors(String prefix) {
    List<Tensor> tensors = new ArrayList<>();
    for (int i = 0; ; i++) {
      Path file = folder.resolve("test_data_set_0/" + prefix + i + ".pb");
      if (!Files.exists(file)) {
        return tensors;
      }
      try {
        tensors.add(TensorReader.read(TensorProto.parseFrom(Files.readAllBytes(file)), name()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private ModelProto proto() {
    try {
      return ModelProto.parseFrom(Files.readAllBytes(folder.resolve("model.onnx")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
