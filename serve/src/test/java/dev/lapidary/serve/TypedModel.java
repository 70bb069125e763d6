package dev.lapidary.serve;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A network that gives its inputs back, each of a type of its own: {@code x} as {@code same_x}. */
public final class TypedModel {
  private TypedModel() {}

  /** Numbers and words, three a row. */
  public static Path write(Path file) throws IOException {
    return write(file, Map.of("numbers", DataType.INT64, "words", DataType.STRING));
  }

  public static Path write(Path file, Map<String, DataType> inputs) throws IOException {
    GraphProto.Builder graph = GraphProto.newBuilder().setName("typed");
    inputs.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            e -> {
              graph
                  .addInput(value(e.getKey(), e.getValue()))
                  .addOutput(value("same_" + e.getKey(), e.getValue()))
                  .addNode(
                      NodeProto.newBuilder()
                          .setOpType("Identity")
                          .addInput(e.getKey())
                          .addOutput("same_" + e.getKey()));
            });
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
            .setGraph(graph)
            .build();
    return Files.write(file, model.toByteArray());
  }

  private static ValueInfoProto value(String name, DataType type) {
    TensorShapeProto shape =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"))
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(3))
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape)))
        .build();
  }
}
