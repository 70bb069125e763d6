package dev.lapidary.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.graph.SymInt;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExternalDataTest {
  private static final int WIDTH = 160;

  @TempDir Path folder;

  /** y = (x A) B + c with A and B of 100 KiB each: both go into the second file, c stays. */
  private static OnnxGraph twoProducts(String seed) {
    return products(WIDTH, Uniform.tensor(seed, WIDTH, WIDTH), Uniform.tensor("b", WIDTH, WIDTH));
  }

  private static OnnxGraph products(long width, Tensor... weights) {
    OnnxGraph graph = new OnnxGraph("products", 17);
    graph.addInput(ValueInfo.of("x", DType.FLOAT32, List.of(SymInt.BATCH, SymInt.of(width))));
    String value = "x";
    for (int i = 0; i < weights.length; i++) {
      String weight = graph.addInitializer("w" + i, weights[i]);
      String product = "p" + i;
      graph.add(
          new OnnxNode(product, "MatMul", List.of(value, weight), List.of(product), Map.of()));
      value = product;
    }
    long last = weights[weights.length - 1].size(1);
    String c = graph.addInitializer("c", Uniform.tensor("c", last));
    graph.add(new OnnxNode("y", "Add", List.of(value, c), List.of("y"), Map.of()));
    graph.addOutput(ValueInfo.of("y", DType.FLOAT32, List.of(SymInt.BATCH, SymInt.of(last))));
    return graph;
  }

  private void write(OnnxGraph graph, Path file) throws IOException {
    OnnxOutput.write(file, 100_000, output -> output.write(graph));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  private static float[] run(Path file, float[] x) throws Exception {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(file.toString());
        OnnxTensor fed = OnnxTensor.createTensor(environment, new float[][] {x});
        OrtSession.Result result = session.run(Map.of("x", fed))) {
      return ((float[][]) result.get(0).getValue())[0];
    }
  }

  @Test
  void largeWeightsLieInOneFileBesideTheModel() throws Exception {
    Path file = folder.resolve("m.onnx");
    write(twoProducts("a"), file);
    assertThat(names()).hasSize(2).last().asString().isEqualTo("m.onnx");
    assertThat(names().get(0)).matches("m-[0-9a-f]{8}\\.onnx\\.data");
    assertThat(Files.size(file)).isLessThan(2_000);
    OnnxGraph back = OnnxReader.read(file);
    assertThat(OnnxWriter.bytes(back)).isEqualTo(OnnxWriter.bytes(twoProducts("a")));
    assertThat(OnnxReader.dataFiles(file)).containsExactly(folder.resolve(names().get(0)));

    Path inline = folder.resolve("inline.onnx");
    OnnxOutput.write(inline, OnnxOutput.MAX_INLINE_BYTES, output -> output.write(twoProducts("a")));
    float[] x = Uniform.tensor("x", WIDTH).toFloats();
    assertThat(run(file, x)).isEqualTo(run(inline, x));
    assertThat(names()).hasSize(3);
  }

  /** A folder in the file's place stands for a full disk: nothing can be written there either. */
  @ParameterizedTest
  @ValueSource(longs = {0, OnnxOutput.MAX_INLINE_BYTES})
  void whatCannotBeWrittenIsToldAndLeavesNothing(long maxInlineBytes) throws Exception {
    Path file = folder.resolve("m.onnx");
    assertThatThrownBy(
            () ->
                OnnxOutput.write(
                    file,
                    maxInlineBytes,
                    output -> {
                      Files.delete(output.model());
                      Files.createDirectory(output.model());
                      output.write(twoProducts("a"));
                    }))
        .isInstanceOf(Failure.class)
        .hasMessageMatching(
            ".*m\\.onnx cannot be written: .*Is a directory; nothing of it is left: make room, or"
                + " choose another --out")
        .extracting(e -> ((Failure) e).code())
        .isEqualTo(ExitCode.FAILED);
    assertThat(names()).isEmpty();
  }

  /** Small tensors stay in the model, and there may be no other. */
  @Test
  void whereNothingIsLargeThereIsNoSecondFile() throws Exception {
    Path file = folder.resolve("m.onnx");
    OnnxGraph small = products(4, Uniform.tensor("w", 4, 4));
    OnnxOutput.write(file, 0, output -> output.write(small));
    assertThat(names()).containsExactly("m.onnx");
    assertThat(OnnxReader.dataFiles(file)).isEmpty();
    assertThat(run(file, new float[4])).hasSize(4);
  }

  @Test
  void equalGraphsGiveEqualFilesAndAnotherOneReplacesBoth() throws Exception {
    Path file = folder.resolve("m.onnx");
    write(twoProducts("a"), file);
    List<String> first = names();
    byte[] model = Files.readAllBytes(file);
    write(twoProducts("a"), file);
    assertThat(names()).isEqualTo(first);
    assertThat(Files.readAllBytes(file)).isEqualTo(model);
    write(twoProducts("other"), file);
    assertThat(names()).hasSize(2).doesNotContain(first.get(0));
    OnnxOutput.write(file, OnnxOutput.MAX_INLINE_BYTES, output -> output.write(twoProducts("a")));
    assertThat(names()).containsExactly("m.onnx");
  }

  @Test
  void aFailureLeavesTheOldPairAndNothingElse() throws Exception {
    Path file = folder.resolve("m.onnx");
    write(twoProducts("a"), file);
    List<String> before = names();
    byte[] model = Files.readAllBytes(file);
    for (String seed : List.of("a", "other")) {
      assertThatThrownBy(
              () ->
                  OnnxOutput.write(
                      file,
                      100_000,
                      output -> {
                        output.write(twoProducts(seed));
                        throw Failure.gate("refused");
                      }))
          .hasMessage("refused");
      assertThat(names()).isEqualTo(before);
      assertThat(Files.readAllBytes(file)).isEqualTo(model);
    }
  }

  @Test
  void theSecondWriteOfOneOutputCounts() throws Exception {
    Path file = folder.resolve("m.onnx");
    OnnxOutput.write(
        file,
        100_000,
        output -> {
          output.write(twoProducts("a"));
          output.write(twoProducts("other"));
        });
    assertThat(names()).hasSize(2);
    assertThat(OnnxWriter.bytes(OnnxReader.read(file)))
        .isEqualTo(OnnxWriter.bytes(twoProducts("other")));
  }

  private Path referring(String location, String offset, String length) throws IOException {
    write(twoProducts("a"), folder.resolve("m.onnx"));
    ModelProto.Builder model =
        ModelProto.parseFrom(Files.readAllBytes(folder.resolve("m.onnx"))).toBuilder();
    TensorProto.Builder tensor = model.getGraphBuilder().getInitializerBuilder(0);
    String real = tensor.getExternalData(0).getValue();
    tensor.getExternalDataBuilder(0).setValue(location.isEmpty() ? real : location);
    tensor.getExternalDataBuilder(1).setValue(offset);
    tensor.getExternalDataBuilder(2).setValue(length);
    return Files.write(folder.resolve("bad.onnx"), model.build().toByteArray());
  }

  private static void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> OnnxReader.read(file))
        .isInstanceOf(Failure.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesWhatLiesElsewhere() throws Exception {
    String length = Integer.toString(4 * WIDTH * WIDTH);
    for (String place : List.of("../m.onnx", "/etc/passwd", "sub/w", "a\\b", "..")) {
      assertRefused(referring(place, "0", length), "[bad.onnx] tensor w0 lies in ");
    }
    assertRefused(referring("gone.data", "0", length), "gone.data, which is not there; keep it");
    Path outside = Files.write(folder.resolve("outside"), new byte[4 * WIDTH * WIDTH]);
    Files.createSymbolicLink(folder.resolve("soft"), outside);
    Files.createLink(folder.resolve("hard"), outside);
    assertRefused(referring("soft", "0", length), "soft, which is a link or no file");
    assertRefused(referring("hard", "0", length), "hard, which is a link or no file");
  }

  @Test
  void refusesWhatTheFileDoesNotHold() throws Exception {
    String length = Integer.toString(4 * WIDTH * WIDTH);
    assertRefused(referring("", "0", "8"), "needs 102400 bytes but lies in 8 bytes of m-");
    assertRefused(referring("", "999999999999999999", length), "the file is cut off");
    assertRefused(referring("", "196608", length), "ends at byte 299008 of m-");
    assertRefused(referring("", "-1", length), "has the offset or length '-1'");
    assertRefused(referring("", "0", "99999999999999999999"), "has the offset or length");
  }

  /** Three weights of 1 GB each, all but zeros; the disk holds them for a moment. */
  @Test
  @Tag("proof")
  void aModelOfThreeGigabytesIsWrittenReadAndRun() throws Exception {
    int width = 16_000;
    Path sparse = folder.resolve("sparse");
    try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw");
        FileChannel channel = file.getChannel()) {
      file.setLength(4L * width * width);
      ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_WRITE, 0, file.length());
      bytes.order(java.nio.ByteOrder.LITTLE_ENDIAN);
      bytes.putFloat(0, 2).putFloat(4 * width + 4, 3).putFloat(bytes.capacity() - 4, 5);
      Tensor weight = Tensor.over(DType.FLOAT32, Storage.over(bytes), width, width);
      Path model = folder.resolve("huge.onnx");
      OnnxOutput.write(
          model,
          OnnxOutput.MAX_INLINE_BYTES,
          output -> output.write(products(width, weight, weight, weight)));
      float[] x = new float[width];
      x[0] = 1;
      x[1] = 1;
      x[width - 1] = 1;
      float[] y = run(model, x);
      float[] c = Uniform.tensor("c", width).toFloats();
      assertThat(y[0]).isEqualTo(8 + c[0]);
      assertThat(y[1]).isEqualTo(27 + c[1]);
      assertThat(y[width - 1]).isEqualTo(125 + c[width - 1]);
      assertThat(OnnxReader.read(model).initializers().get("w2").toString())
          .isEqualTo("FLOAT32[16000, 16000]");
    }
  }
}
