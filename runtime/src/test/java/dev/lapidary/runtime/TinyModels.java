package dev.lapidary.runtime;

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
import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.ModelCard.GoldenImage;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Trunk;
import dev.lapidary.core.image.Preprocessing;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import javax.imageio.ImageIO;

/**
 * A classifier whose answer anyone can compute: three classes, logit c is the mean of channel c in
 * [0, 1]. An image of one colour has that colour as its logits, so each image is told from another
 * by its answer.
 */
public final class TinyModels {
  public static final int SIDE = 8;
  public static final List<String> LABELS = List.of("red", "green", "blue");
  public static final Preprocessing PREPROCESSING =
      new Preprocessing(
          Preprocessing.Resize.SHORTER_SIDE,
          SIDE,
          Preprocessing.Interpolation.BILINEAR,
          SIDE,
          SIDE,
          List.of(0f, 0f, 0f),
          List.of(1f, 1f, 1f),
          Preprocessing.Colour.RGB);

  private TinyModels() {}

  /** With a card and one golden image that it passes. */
  public static Path write(Path folder) throws IOException {
    return write(folder, Optional.of(card(golden(0.001f))));
  }

  public static Path write(Path folder, Optional<ModelCard> card) throws IOException {
    return write(folder, card, true);
  }

  /**
   * @param batches whether the batch dimension is dynamic, or 1
   */
  public static Path write(Path folder, Optional<ModelCard> card, boolean batches)
      throws IOException {
    return write(folder, card, graph(batches));
  }

  /** The same classifier with embedded preprocessing: it takes levels, [N,H,W,C]. */
  public static Path writeLevels(Path folder, Optional<ModelCard> card) throws IOException {
    GraphProto.Builder graph =
        GraphProto.newBuilder()
            .setName("mean of levels")
            .addInput(value("levels", TensorProto.DataType.UINT8, true, SIDE, SIDE, 3))
            .addInitializer(
                TensorProto.newBuilder()
                    .setName("scale")
                    .setDataType(TensorProto.DataType.FLOAT.getNumber())
                    .addFloatData(255))
            .addNode(node("Transpose", List.of("levels"), "turned", ints("perm", 0L, 3L, 1L, 2L)))
            .addNode(node("Cast", List.of("turned"), "floats", integer("to", 1)))
            .addNode(node("Div", List.of("floats", "scale"), "input"))
            .mergeFrom(graph(true));
    return write(folder, card, graph.removeInput(1).build());
  }

  /** The same of images of any size, [N,H,W,3]: a mean needs no resize. */
  public static Path writeAnySize(Path folder, GoldenImage... golden) throws IOException {
    ModelCard card = card(golden);
    Path file = writeLevels(folder, Optional.of(card.withInput(card.input().asAnySize())));
    ModelProto.Builder model = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
    TensorShapeProto.Builder shape =
        model
            .getGraphBuilder()
            .getInputBuilder(0)
            .getTypeBuilder()
            .getTensorTypeBuilder()
            .getShapeBuilder();
    shape.getDimBuilder(1).setDimParam("H");
    shape.getDimBuilder(2).setDimParam("W");
    Files.write(file, model.build().toByteArray());
    return file;
  }

  /** The same network as one that gives features: its output has their name. */
  public static Path writeFeatures(Path folder) throws IOException {
    GraphProto.Builder graph = graph(true).toBuilder();
    graph.getNodeBuilder(1).setOutput(0, "features");
    graph.setOutput(0, value("features", TensorProto.DataType.FLOAT, true, 3));
    ModelCard card = card();
    return write(folder, Optional.of(card), graph.build());
  }

  /**
   * A head that gives some of a trunk's three features as its logits.
   *
   * @param trunk written by {@link #writeFeatures}
   * @param golden of the head
   * @param channels whose features are its logits, in its order
   */
  public static Path writeHead(Path file, Path trunk, Optional<GoldenImage> golden, int... channels)
      throws IOException {
    TensorProto.Builder indices =
        TensorProto.newBuilder()
            .setName("channels")
            .setDataType(TensorProto.DataType.INT64.getNumber())
            .addDims(channels.length);
    Arrays.stream(channels).forEach(indices::addInt64Data);
    GraphProto graph =
        GraphProto.newBuilder()
            .setName("head")
            .addInput(value("features", TensorProto.DataType.FLOAT, true, 3))
            .addOutput(value("logits", TensorProto.DataType.FLOAT, true, channels.length))
            .addInitializer(indices)
            .addNode(node("Gather", List.of("features", "channels"), "logits", integer("axis", 1)))
            .build();
    List<String> labels = Arrays.stream(channels).mapToObj(LABELS::get).toList();
    String sha256 = sha256(Files.readAllBytes(trunk));
    ModelCard card =
        card(labels, golden.stream().toArray(GoldenImage[]::new))
            .withTrunk(new Trunk(sha256, "features", 3));
    Path made = write(Files.createTempDirectory(".head"), Optional.of(card), graph);
    return Files.move(made, file, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The golden image of such a head. */
  public static GoldenImage goldenOfHead(float error, int... channels) {
    GoldenImage whole = golden(0);
    List<Float> logits =
        Arrays.stream(channels).mapToObj(c -> whole.logits().get(c) + error).toList();
    return new GoldenImage(whole.pngBase64(), whole.inputSha256(), logits, whole.tolerance());
  }

  /**
   * The same classifier with nodes behind it, each of the one before.
   *
   * @param outputs of the last one
   * @param operators such as {@code Softmax}
   */
  public static Path writeEndingIn(
      Path folder, Optional<ModelCard> card, int outputs, String... operators) throws IOException {
    GraphProto.Builder graph =
        graph(true).toBuilder()
            .clearOutput()
            .addOutput(value("end", TensorProto.DataType.FLOAT, true, outputs));
    String last = "logits";
    for (int i = 0; i < operators.length; i++) {
      String output = i == operators.length - 1 ? "end" : "end" + i;
      AttributeProto[] attributes =
          switch (operators[i]) {
            case "ArgMax" -> new AttributeProto[] {integer("axis", 1)};
            case "ReduceMax" -> new AttributeProto[] {ints("axes", 1L)};
            case "Cast" -> new AttributeProto[] {integer("to", 1)};
            default -> new AttributeProto[0];
          };
      graph.addNode(node(operators[i], List.of(last), output, attributes));
      last = output;
    }
    if (last.startsWith("end") && operators[operators.length - 1].equals("ArgMax")) {
      graph.setOutput(0, value("end", TensorProto.DataType.INT64, true, 1));
    }
    return write(folder, card, graph.build());
  }

  private static Path write(Path folder, Optional<ModelCard> card, GraphProto graph)
      throws IOException {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
            .setGraph(graph);
    card.ifPresent(
        c ->
            model.addMetadataProps(
                StringStringEntryProto.newBuilder()
                    .setKey(ModelCard.METADATA_KEY)
                    .setValue(CardJson.write(c))));
    Path file = folder.resolve("tiny.onnx");
    Files.write(file, model.build().toByteArray());
    return file;
  }

  private static GraphProto graph(boolean batches) {
    return GraphProto.newBuilder()
        .setName("mean")
        .addInput(value("input", TensorProto.DataType.FLOAT, batches, 3, SIDE, SIDE))
        .addOutput(value("logits", TensorProto.DataType.FLOAT, batches, 3))
        .addNode(node("GlobalAveragePool", List.of("input"), "mean"))
        .addNode(node("Flatten", List.of("mean"), "logits", integer("axis", 1)))
        .build();
  }

  private static NodeProto node(
      String op, List<String> inputs, String output, AttributeProto... attributes) {
    return NodeProto.newBuilder()
        .setOpType(op)
        .addAllInput(inputs)
        .addOutput(output)
        .addAllAttribute(List.of(attributes))
        .build();
  }

  private static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static AttributeProto ints(String name, Long... values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INTS)
        .addAllInts(List.of(values))
        .build();
  }

  private static ValueInfoProto value(
      String name, TensorProto.DataType type, boolean batches, int... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    TensorShapeProto.Dimension.Builder batch = TensorShapeProto.Dimension.newBuilder();
    shape.addDim(batches ? batch.setDimParam("N") : batch.setDimValue(1));
    for (int dim : dims) {
      shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(dim));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape)))
        .build();
  }

  public static ModelCard card(GoldenImage... golden) {
    return card(LABELS, golden);
  }

  /** The same with other labels. */
  public static ModelCard card(List<String> labels, GoldenImage... golden) {
    return new ModelCard(
        "tiny",
        "7",
        "mean",
        labels,
        Activation.SOFTMAX,
        Scores.LOGITS,
        new ModelCard.Input("input", "NCHW", 3, SIDE, SIDE, "float32"),
        Optional.of(PREPROCESSING),
        Optional.empty(),
        new TreeMap<>(),
        ModelCard.Provenance.UNKNOWN,
        Optional.empty(),
        Optional.empty(),
        List.of(golden));
  }

  /** The card of {@link #writeLevels}. */
  public static ModelCard levelsCard(GoldenImage... golden) {
    ModelCard card = card(golden);
    return card.withInput(card.input().asLevels());
  }

  /** As {@link #golden}, with the hash of the levels. */
  public static GoldenImage goldenLevels(float error) {
    return goldenLevels(error, SIDE, SIDE);
  }

  /** The same of an image of another size, which goes in as it is. */
  public static GoldenImage goldenLevels(float error, int width, int height) {
    byte[] levels = new byte[3 * width * height];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) (i % 3 == 0 ? 250 : i % 3 == 1 ? 100 : 30);
    }
    GoldenImage image = golden(error);
    String png = Base64.getEncoder().encodeToString(png(new Color(250, 100, 30), width, height));
    return new GoldenImage(png, sha256(levels), image.logits(), image.tolerance());
  }

  /** An image of one colour with the logits that it must have, plus {@code error} on the first. */
  public static GoldenImage golden(float error) {
    Color colour = new Color(250, 100, 30);
    ByteBuffer input =
        ByteBuffer.allocate(Float.BYTES * 3 * SIDE * SIDE).order(ByteOrder.LITTLE_ENDIAN);
    for (int level : new int[] {250, 100, 30}) {
      for (int i = 0; i < SIDE * SIDE; i++) {
        input.putFloat(level / 255f);
      }
    }
    return new GoldenImage(
        Base64.getEncoder().encodeToString(png(colour, SIDE, SIDE)),
        sha256(input.array()),
        List.of(250 / 255f + error, 100 / 255f, 30 / 255f),
        0.01);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  public static byte[] png(Color colour, int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(colour);
    graphics.fillRect(0, 0, width, height);
    graphics.dispose();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", bytes);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return bytes.toByteArray();
  }

  /** Softmax of the colour's channels: what the classifier must answer. */
  public static double probability(Color colour, int channel) {
    double[] e = {
      Math.exp(colour.getRed() / 255.0),
      Math.exp(colour.getGreen() / 255.0),
      Math.exp(colour.getBlue() / 255.0)
    };
    return e[channel] / (e[0] + e[1] + e[2]);
  }
}
