package dev.lapidary.runtime.tensor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OrtSession;
import dev.lapidary.runtime.session.OnnxSession;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every type that ONNX Runtime's Java interface takes comes back as it went in. */
class OnnxTensorsTest {
  private static final Map<DataType, TensorProto.DataType> TYPES =
      Map.ofEntries(
          Map.entry(DataType.BOOL, TensorProto.DataType.BOOL),
          Map.entry(DataType.UINT8, TensorProto.DataType.UINT8),
          Map.entry(DataType.INT8, TensorProto.DataType.INT8),
          Map.entry(DataType.INT16, TensorProto.DataType.INT16),
          Map.entry(DataType.INT32, TensorProto.DataType.INT32),
          Map.entry(DataType.INT64, TensorProto.DataType.INT64),
          Map.entry(DataType.FP16, TensorProto.DataType.FLOAT16),
          Map.entry(DataType.BF16, TensorProto.DataType.BFLOAT16),
          Map.entry(DataType.FP32, TensorProto.DataType.FLOAT),
          Map.entry(DataType.FP64, TensorProto.DataType.DOUBLE),
          Map.entry(DataType.BYTES, TensorProto.DataType.STRING));

  private static ValueInfoProto value(String name, TensorProto.DataType type) {
    TensorShapeProto shape =
        TensorShapeProto.newBuilder()
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimParam("N"))
            .addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(2))
            .build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.getNumber()).setShape(shape)))
        .build();
  }

  /** One input and one output a type. */
  private static OnnxSession identities(Iterable<DataType> types) throws Exception {
    GraphProto.Builder graph = GraphProto.newBuilder().setName("identities");
    for (DataType type : types) {
      TensorProto.DataType onnx = TYPES.getOrDefault(type, TensorProto.DataType.UINT16);
      graph
          .addInput(value("in-" + type, onnx))
          .addOutput(value("out-" + type, onnx))
          .addNode(
              NodeProto.newBuilder()
                  .setOpType("Identity")
                  .addInput("in-" + type)
                  .addOutput("out-" + type));
    }
    byte[] model =
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
            .setGraph(graph)
            .build()
            .toByteArray();
    try (OrtSession.SessionOptions options = OnnxSession.options()) {
      return OnnxSession.open(model, options);
    }
  }

  private static TypedTensor tensor(TensorSpec spec) {
    List<Long> shape = List.of(3L, 2L);
    if (spec.type() == DataType.BYTES) {
      List<byte[]> texts = new ArrayList<>();
      for (String text : List.of("a", "", "schön", "d", "e", "f")) {
        texts.add(text.getBytes(UTF_8));
      }
      return new TypedTensor.Texts(spec.name(), shape, texts);
    }
    ByteBuffer data = ByteBuffer.allocate(6 * spec.type().size());
    for (int i = 0; i < data.capacity(); i++) {
      data.put(i, (byte) (spec.type() == DataType.BOOL ? i % 2 : 1 + 7 * i));
    }
    return new TypedTensor.Numbers(spec.name(), spec.type(), shape, data);
  }

  @Test
  void eachTypeComesBack() throws Exception {
    try (OnnxSession session = identities(TYPES.keySet())) {
      OnnxTensors network = OnnxTensors.of(session, "identities");
      assertThat(network.isBatched()).isTrue();
      List<TypedTensor> inputs = network.inputs().stream().map(OnnxTensorsTest::tensor).toList();
      Set<String> all = Set.copyOf(network.outputs().stream().map(TensorSpec::name).toList());
      List<TypedTensor> outputs = network.run(inputs, all);
      assertThat(outputs).hasSameSizeAs(TYPES.keySet());
      for (int i = 0; i < outputs.size(); i++) {
        assertSame(inputs.get(i), outputs.get(i));
      }
    }
  }

  private static void assertSame(TypedTensor in, TypedTensor out) {
    assertThat(out.name()).isEqualTo(in.name().replace("in-", "out-"));
    assertThat(out.type()).isEqualTo(in.type());
    assertThat(out.shape()).isEqualTo(in.shape());
    if (in instanceof TypedTensor.Numbers numbers) {
      assertThat(((TypedTensor.Numbers) out).data()).as(out.name()).isEqualTo(numbers.data());
    } else {
      assertThat(((TypedTensor.Texts) out).elements())
          .containsExactlyElementsOf(((TypedTensor.Texts) in).elements());
    }
  }

  @Test
  void onlyWhatIsWantedComesBack() throws Exception {
    try (OnnxSession session = identities(List.of(DataType.FP32, DataType.INT64))) {
      OnnxTensors network = OnnxTensors.of(session, "identities");
      List<TypedTensor> inputs = network.inputs().stream().map(OnnxTensorsTest::tensor).toList();
      assertThat(network.run(inputs, Set.of("out-INT64")))
          .singleElement()
          .matches(tensor -> tensor.type() == DataType.INT64);
    }
  }

  @Test
  void aTypeThatJavaCannotGiveIsSaid() throws Exception {
    try (OnnxSession session = identities(List.of(DataType.UINT16))) {
      OnnxTensors network = OnnxTensors.of(session, "identities");
      TypedTensor in = tensor(network.inputs().get(0));
      assertThatThrownBy(() -> network.run(List.of(in), Set.of("out-UINT16")))
          .isInstanceOf(TensorNetwork.Unrunnable.class)
          .hasMessage(
              "ONNX Runtime's Java interface takes no UINT16: in-UINT16; cast it inside the graph");
    }
  }
}
