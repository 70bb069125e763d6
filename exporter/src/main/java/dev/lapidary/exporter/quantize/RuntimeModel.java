package dev.lapidary.exporter.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.runtime.session.OnnxRuntime;
import dev.lapidary.runtime.session.OnnxSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A graph loaded in ONNX Runtime on the CPU, all optimizations on. It goes there by files, whatever
 * its size: one message ends at 2 GiB, and the runtime maps a file where it would copy an array.
 * Close it.
 */
final class RuntimeModel implements AutoCloseable {
  private final OnnxSession session;
  private final String input;
  private final String output;

  private RuntimeModel(OnnxSession session, OnnxGraph graph) {
    this.session = session;
    this.input = graph.inputs().get(0).name();
    this.output = graph.outputs().get(0).name();
  }

  /**
   * With a fixed number of threads, so that a latency means something. With one, and images one by
   * one, the runtime gives the same bits on machines with any number of processors.
   */
  static RuntimeModel load(OnnxGraph graph, int threads) {
    return load(graph, List.of(), threads);
  }

  /** With more values of the graph to ask for, all of them float32; each call on one thread. */
  static RuntimeModel observing(OnnxGraph graph, Collection<String> values) {
    return load(graph, values, 1);
  }

  private static RuntimeModel load(OnnxGraph graph, Collection<String> observed, int threads) {
    try (OrtSession.SessionOptions options = options(threads)) {
      return new RuntimeModel(session(graph, moreOutputs(graph, observed), options), graph);
    } catch (OrtException e) {
      throw refused(e);
    }
  }

  /** Lets ONNX Runtime write the graph that it would really run, its weights beside it. */
  static void writeOptimized(OnnxGraph graph, Path to) {
    try (OrtSession.SessionOptions options = options(1)) {
      options.setOptimizedModelFilePath(to.toString());
      options.addConfigEntry(
          "session.optimized_model_external_initializers_file_name", to.getFileName() + ".data");
      session(graph, new byte[0], options).close();
    } catch (OrtException e) {
      throw refused(e);
    }
  }

  /** The files are needed no longer than the runtime reads them. */
  private static OnnxSession session(
      OnnxGraph graph, byte[] more, OrtSession.SessionOptions options) throws OrtException {
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-onnx")) {
      Path model = folder.resolve("model.onnx");
      OnnxWriter.writeInTwo(graph, model);
      Files.write(model, more, StandardOpenOption.APPEND);
      return OnnxSession.open(model, options);
    } catch (IOException e) {
      throw Failure.failed(
          "a model goes to ONNX Runtime by the folder of temporary files: %s; make room, or"
              + " name another one by LAPIDARY_JAVA_OPTS=-Djava.io.tmpdir=FOLDER",
          Failure.reason(e));
    }
  }

  /**
   * What makes values of a written model outputs: in protobuf a message behind another one is
   * merged into it. They have no shape: ONNX Runtime infers it.
   */
  private static byte[] moreOutputs(OnnxGraph graph, Collection<String> values) {
    ModelProto.Builder model = ModelProto.newBuilder();
    var type = TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT.getNumber());
    for (String value : values) {
      if (!graph.isOutput(value)) {
        model
            .getGraphBuilder()
            .addOutput(
                ValueInfoProto.newBuilder()
                    .setName(value)
                    .setType(TypeProto.newBuilder().setTensorType(type)));
      }
    }
    return model.build().toByteArray();
  }

  private static OrtSession.SessionOptions options(int threads) throws OrtException {
    OrtSession.SessionOptions options = OnnxSession.options();
    options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
    // What goes wrong comes as an exception, and is said once.
    options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
    options.addConfigEntry("session.intra_op.allow_spinning", "0");
    if (threads > 0) {
      options.setIntraOpNumThreads(threads);
    }
    return options;
  }

  private static Failure refused(OrtException e) {
    return Failure.failed("ONNX Runtime refuses the model: %s", firstLine(e));
  }

  private static String firstLine(OrtException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  /** Row-major [n, classes] for a row-major batch of n. */
  float[] logits(ByteBuffer batch, long[] shape) {
    return run(batch, shape, List.of(output)).get(0).toFloats();
  }

  /** The values asked for, in that order, as float32. */
  List<Tensor> run(ByteBuffer batch, long[] shape, List<String> values) {
    try (OnnxTensor x = tensor(batch, shape);
        OrtSession.Result result = session.run(Map.of(input, x), Set.copyOf(values))) {
      List<Tensor> tensors = new ArrayList<>();
      for (String value : values) {
        OnnxTensor y = (OnnxTensor) result.get(value).orElseThrow();
        Storage storage = Storage.over(y.getByteBuffer());
        tensors.add(Tensor.over(DType.FLOAT32, storage, y.getInfo().getShape()));
      }
      return tensors;
    } catch (OrtException e) {
      throw cannotRun(e);
    }
  }

  /** The shapes of some values, in that order, by a run that keeps none of their memory. */
  Map<String, long[]> shapes(ByteBuffer batch, long[] shape, List<String> values) {
    try (OnnxTensor x = tensor(batch, shape);
        OrtSession.RunOptions options = new OrtSession.RunOptions()) {
      options.addRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
      Map<String, long[]> shapes = new LinkedHashMap<>();
      try (OrtSession.Result result = session.run(Map.of(input, x), Set.copyOf(values), options)) {
        for (String value : values) {
          OnnxTensor y = (OnnxTensor) result.get(value).orElseThrow();
          shapes.put(value, y.getInfo().getShape());
        }
      }
      return shapes;
    } catch (OrtException e) {
      throw cannotRun(e);
    }
  }

  /** Memory for values of these shapes. */
  ValueBuffers buffers(Map<String, long[]> shapes) {
    try {
      return new ValueBuffers(shapes);
    } catch (OrtException e) {
      throw cannotRun(e);
    }
  }

  /** Leaves the values that there are buffers for in these, and gives them back. */
  ValueBuffers run(ByteBuffer batch, long[] shape, ValueBuffers into) {
    try (OnnxTensor x = tensor(batch, shape)) {
      session.runInto(Map.of(input, x), into.tensors());
      return into;
    } catch (OrtException e) {
      throw cannotRun(e);
    }
  }

  private static Failure cannotRun(OrtException e) {
    return Failure.failed("ONNX Runtime cannot run the model: %s", firstLine(e));
  }

  private static OnnxTensor tensor(ByteBuffer batch, long[] shape) throws OrtException {
    return OnnxTensor.createTensor(OnnxRuntime.environment(), batch.asFloatBuffer(), shape);
  }

  @Override
  public void close() {
    session.close();
  }
}
