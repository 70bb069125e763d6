package dev.lapidary.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxRoundTripTest {
  @TempDir Path folder;

  /** y = x W + b, then the shape that a constant of every kind of attribute asks for. */
  private static OnnxGraph linear() {
    OnnxGraph graph = new OnnxGraph("linear", 17);
    graph.metadata().put("lapidary.card", "{\"name\":\"Ä\"}");
    graph.addInput(ValueInfo.of("input", DType.FLOAT32, List.of(SymInt.BATCH, SymInt.of(2))));
    String weight = graph.addInitializer("weight", Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
    String bias = graph.addInitializer("bias", Tensor.of(new float[] {0.5f, -0.5f}, 2));
    graph.add(
        new OnnxNode(
            "gemm",
            "Gemm",
            List.of("input", weight, bias),
            List.of("h"),
            Map.of("transB", Attribute.of(1), "alpha", Attribute.of(2.0))));
    graph.add(new OnnxNode("relu", "Relu", List.of("h"), List.of("logits"), Map.of()));
    graph.addOutput(ValueInfo.of("logits", DType.FLOAT32, List.of(SymInt.BATCH, SymInt.of(2))));
    return graph;
  }

  @Test
  void aWrittenGraphReadsBackEqualAndWritesEqualBytes() throws Exception {
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(linear(), file);
    OnnxGraph back = OnnxReader.read(file);
    assertThat(back.nodes()).isEqualTo(linear().nodes());
    assertThat(back.inputs()).isEqualTo(linear().inputs());
    assertThat(back.outputs()).isEqualTo(linear().outputs());
    assertThat(back.metadata()).isEqualTo(linear().metadata());
    assertThat(back.opset()).isEqualTo(17);
    assertThat(OnnxWriter.bytes(back)).isEqualTo(Files.readAllBytes(file));
  }

  @Test
  void theBytesAreThoseThatProtobufWrites() throws Exception {
    byte[] bytes = OnnxWriter.bytes(linear());
    assertThat(ModelProto.parseFrom(bytes).toByteArray()).isEqualTo(bytes);
  }

  @Test
  void aConstantThatIsComputedIsWrittenWithoutKeepingIt() throws Exception {
    Storage weight = Storage.computed(16, to -> to.asFloatBuffer().put(new float[] {1, 2, 3, 4}));
    OnnxGraph graph = linear();
    graph.setInitializer("weight", Tensor.over(DType.FLOAT32, weight, 2, 2));
    assertThat(OnnxWriter.bytes(graph)).isEqualTo(OnnxWriter.bytes(linear()));
    assertThat(weight.isComputed()).isTrue();
  }

  @Test
  void whatTheFileHeldBeforeIsGone() throws Exception {
    Path file = folder.resolve("m.onnx");
    Files.write(file, new byte[10_000]);
    OnnxWriter.write(linear(), file);
    assertThat(file).hasBinaryContent(OnnxWriter.bytes(linear()));
  }

  @Test
  void onnxRuntimeRunsItAtAnyBatch() throws Exception {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(OnnxWriter.bytes(linear()))) {
      for (int batch : new int[] {1, 3}) {
        float[][] x = new float[batch][];
        java.util.Arrays.setAll(x, i -> new float[] {i + 1, 1});
        try (OnnxTensor in = OnnxTensor.createTensor(environment, x);
            OrtSession.Result result = session.run(Map.of("input", in))) {
          float[][] y = (float[][]) result.get(0).getValue();
          assertThat(y).hasDimensions(batch, 2);
          assertThat(y[0]).containsExactly(2 * 3 + 0.5f, 2 * 7 - 0.5f);
        }
      }
    }
  }

  @Test
  void everyElementTypeSurvives() {
    OnnxGraph graph = linear();
    for (DType dtype : DType.values()) {
      if (dtype != DType.QINT8 && dtype != DType.QUINT8 && dtype != DType.QINT32) {
        Tensor tensor = Tensor.zeros(dtype, 3);
        tensor.bytes().put(0, (byte) 1);
        graph.setInitializer("t" + dtype, tensor);
      }
    }
    OnnxGraph back = OnnxReader.read(ByteBuffer.wrap(OnnxWriter.bytes(graph)), "x");
    graph
        .initializers()
        .forEach(
            (name, tensor) -> {
              Tensor other = back.initializers().get(name);
              assertThat(other.dtype()).isEqualTo(tensor.dtype());
              assertThat(other.bytes()).isEqualTo(tensor.bytes());
            });
  }

  @Test
  void aStridedInitializerIsWrittenInRowMajorOrder() {
    OnnxGraph graph = linear();
    Tensor rows = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    graph.setInitializer("weight", rows.view(new long[] {2, 2}, new long[] {1, 2}, 0));
    OnnxGraph back = OnnxReader.read(ByteBuffer.wrap(OnnxWriter.bytes(graph)), "x");
    assertThat(back.initializers().get("weight").toFloats()).containsExactly(1, 3, 2, 4);
  }

  @Test
  void refusesDamagedFilesWithAMessage() {
    byte[] good = OnnxWriter.bytes(linear());
    Random random = new Random(1);
    int refused = 0;
    for (int i = 0; i < 500; i++) {
      byte[] bad =
          i % 2 == 0 ? java.util.Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
      if (i % 2 == 1) {
        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        OnnxReader.read(ByteBuffer.wrap(bad), "bad.onnx");
      } catch (Failure e) {
        refused++;
        assertThat(e.code()).isIn(ExitCode.BAD_INPUT, ExitCode.UNSUPPORTED);
        assertThat(e).hasMessageStartingWith("[bad.onnx] ");
      }
    }
    assertThat(refused).isGreaterThan(250);
  }

  @Test
  void refusesATensorThatClaimsMoreThanItHolds() {
    var proto =
        ai.onnx.proto.OnnxMl.TensorProto.newBuilder()
            .setName("w")
            .addDims(1L << 40)
            .addDims(1L << 40)
            .setDataType(1)
            .build();
    assertThatThrownBy(() -> TensorReader.read(proto, "m.onnx"))
        .hasMessage("[m.onnx] tensor w claims more elements than there are numbers");
    assertThatThrownBy(
            () -> TensorReader.read(proto.toBuilder().clearDims().addDims(9).build(), "m.onnx"))
        .hasMessage("[m.onnx] tensor w needs 9 elements but holds 0; the file is damaged");
  }

  @Test
  void refusesDataInOtherFiles() {
    var proto =
        ai.onnx.proto.OnnxMl.TensorProto.newBuilder()
            .setName("w")
            .setDataType(1)
            .setDataLocation(ai.onnx.proto.OnnxMl.TensorProto.DataLocation.EXTERNAL)
            .build();
    assertThatThrownBy(() -> TensorReader.read(proto, "m.onnx"))
        .hasMessage("[m.onnx] tensor w lies in another file; write the model with its data inside");
  }
}
