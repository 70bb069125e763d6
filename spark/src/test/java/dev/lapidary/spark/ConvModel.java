package dev.lapidary.spark;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.PngWriter;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** A convolutional classifier of ten classes with a card and a golden image. */
public final class ConvModel {
  private static final Size SMALL = new Size(24, 32);
  public static final List<String> LABELS =
      List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");

  /** Of the input, and of the layers between. */
  private record Size(int side, int channels) {
    Preprocessing preprocessing() {
      return new Preprocessing(
          Preprocessing.Resize.SHORTER_SIDE,
          side,
          Preprocessing.Interpolation.BILINEAR,
          side,
          side,
          List.of(0.4f, 0.5f, 0.6f),
          List.of(0.2f, 0.3f, 0.25f),
          Preprocessing.Colour.RGB);
    }
  }

  private ConvModel() {}

  /** In float32. */
  public static Path write(Path folder) throws IOException {
    return write(folder, SMALL, false, Optional.empty(), 0);
  }

  /** With the work of usual networks: 0.2 billion multiplications an image. */
  public static Path writeUsual(Path folder) throws IOException {
    return write(folder, new Size(80, 64), false, Optional.empty(), 0);
  }

  /** With a golden image whose first logit is another than the network's. */
  public static Path writeWrong(Path folder) throws IOException {
    return write(folder, SMALL, false, Optional.empty(), 1);
  }

  /**
   * The last layer on integers, whose scale is that of the whole batch.
   *
   * @param said whether the card says so
   */
  public static Path writeDynamic(Path folder, boolean said) throws IOException {
    return write(
        folder,
        SMALL,
        true,
        said
            ? Optional.of(
                new ModelCard.Quantization(
                    ModelCard.Quantization.DYNAMIC,
                    "",
                    0,
                    "",
                    0.1,
                    List.of(),
                    ModelCard.Quantization.CPU))
            : Optional.empty(),
        0);
  }

  private static Path write(
      Path folder,
      Size size,
      boolean dynamic,
      Optional<ModelCard.Quantization> quantization,
      float error)
      throws IOException {
    Path file = folder.resolve("conv.onnx");
    GraphProto graph = graph(size, dynamic);
    ModelCard card = card(size, quantization);
    Files.write(file, bytes(graph, card));
    byte[] png = PngWriter.encode(new RgbImage(size.side(), size.side(), pixels(size.side())));
    try (ServedModel model = ModelLoader.load(file, 1)) {
      Files.write(file, bytes(graph, card.withGolden(List.of(golden(model, png, error)))));
    }
    return file;
  }

  private static byte[] pixels(int side) {
    double[] u = Uniform.u("golden", 3 * side * side);
    byte[] pixels = new byte[u.length];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (int) ((u[i] + 1) * 127);
    }
    return pixels;
  }

  private static ModelCard.GoldenImage golden(ServedModel model, byte[] png, float error) {
    float[] input = model.inputOf(png, ImageLimits.DEFAULT);
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * input.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(input);
    List<Float> logits = new ArrayList<>();
    for (float logit : run(model, input)) {
      logits.add(logits.isEmpty() ? logit + error : logit);
    }
    return new ModelCard.GoldenImage(
        Base64.getEncoder().encodeToString(png), Sha256.of(bytes), logits, 1e-3);
  }

  /** One image by itself. */
  public static float[] run(ServedModel model, float[] input) {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(Float.BYTES * input.length)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    try {
      return model.network().run(buffer.put(input).flip(), 1);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static ModelCard card(Size size, Optional<ModelCard.Quantization> quantization) {
    return new ModelCard(
        "conv",
        "3",
        "conv",
        LABELS,
        Activation.SOFTMAX,
        Scores.LOGITS,
        new ModelCard.Input("input", "NCHW", 3, size.side(), size.side(), "float32"),
        Optional.of(size.preprocessing()),
        Optional.empty(),
        new TreeMap<>(),
        ModelCard.Provenance.UNKNOWN,
        quantization,
        Optional.of(new ModelCard.Parity("libtorch", "onnxruntime", "u", "", 1e-6, 1, 1e-4, 1)),
        List.of());
  }

  private static byte[] bytes(GraphProto graph, ModelCard card) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
        .setGraph(graph)
        .addMetadataProps(
            StringStringEntryProto.newBuilder()
                .setKey(ModelCard.METADATA_KEY)
                .setValue(CardJson.write(card)))
        .build()
        .toByteArray();
  }

  private static GraphProto graph(Size size, boolean dynamic) {
    int channels = size.channels();
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("conv")
            .addInput(value("input", 3, size.side(), size.side()))
            .addOutput(value("logits", LABELS.size()))
            .addInitializer(weights("w1", 0.4, channels, 3, 3, 3))
            .addInitializer(weights("w2", 0.12, channels, channels, 3, 3))
            .addNode(node("Conv", List.of("input", "w1"), "c1"))
            .addNode(node("Relu", List.of("c1"), "r1"))
            .addNode(node("Conv", List.of("r1", "w2"), "c2"))
            .addNode(node("Relu", List.of("c2"), "r2"))
            .addNode(node("GlobalAveragePool", List.of("r2"), "mean"))
            .addNode(node("Flatten", List.of("mean"), "features"));
    if (!dynamic) {
      return graph
          .addInitializer(weights("w3", 1, channels, LABELS.size()))
          .addNode(node("MatMul", List.of("features", "w3"), "logits"))
          .build();
    }
    byte[] integers = new byte[channels * LABELS.size()];
    double[] u = Uniform.u("w3", integers.length);
    for (int i = 0; i < integers.length; i++) {
      integers[i] = (byte) (int) (u[i] * 127);
    }
    return graph
        .addInitializer(
            TensorProto.newBuilder()
                .setName("w3")
                .setDataType(TensorProto.DataType.INT8.getNumber())
                .addAllDims(List.of((long) channels, (long) LABELS.size()))
                .setRawData(ByteString.copyFrom(integers)))
        .addInitializer(
            TensorProto.newBuilder()
                .setName("step")
                .setDataType(TensorProto.DataType.FLOAT.getNumber())
                .addFloatData(1f / 127))
        .addNode(
            NodeProto.newBuilder()
                .setOpType("DynamicQuantizeLinear")
                .addInput("features")
                .addAllOutput(List.of("q", "scale", "zero")))
        .addNode(node("MatMulInteger", List.of("q", "w3", "zero"), "sums"))
        .addNode(
            node("Cast", List.of("sums"), "floats").toBuilder()
                .addAttribute(
                    AttributeProto.newBuilder()
                        .setName("to")
                        .setType(AttributeProto.AttributeType.INT)
                        .setI(1))
                .build())
        .addNode(node("Mul", List.of("floats", "scale"), "scaled"))
        .addNode(node("Mul", List.of("scaled", "step"), "logits"))
        .build();
  }

  private static TensorProto weights(String name, double range, long... dims) {
    long count = 1;
    TensorProto.Builder tensor =
        TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.FLOAT.getNumber());
    for (long dim : dims) {
      count *= dim;
      tensor.addDims(dim);
    }
    for (double u : Uniform.u(name, (int) count)) {
      tensor.addFloatData((float) (u * range));
    }
    return tensor.build();
  }

  private static NodeProto node(String op, List<String> inputs, String output) {
    return NodeProto.newBuilder().setOpType(op).addAllInput(inputs).addOutput(output).build();
  }

  private static ValueInfoProto value(String name, int... dims) {
    TensorShapeProto.Builder shape =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"));
    for (int dim : dims) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(TensorProto.DataType.FLOAT.getNumber())
                        .setShape(shape)))
        .build();
  }
}
