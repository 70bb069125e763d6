package dev.lapidary.exporter.verify;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/**
 * A model file in its runtime. Only files that our own readers accepted come here, since this is
 * native code. For one thread; close it.
 */
public sealed interface LoadedModel extends AutoCloseable
    permits TorchModel, OrtModel, TrunkAndHead {

  /** Loads on the CPU; the choice is for libtorch, a written file has its logits first. */
  static LoadedModel open(ModelRuntime runtime, Path file, OutputChoice choice) {
    return open(runtime, file, choice, Preparation.SERVED);
  }

  /** The same, prepared for many runs or for few. */
  static LoadedModel open(
      ModelRuntime runtime, Path file, OutputChoice choice, Preparation preparation) {
    return switch (runtime) {
      case LIBTORCH -> TorchModel.load(file, choice);
      case ONNX_RUNTIME -> OrtModel.load(file, preparation);
    };
  }

  /** A file of features, and behind it one that takes them, in ONNX Runtime. */
  static LoadedModel headed(Path trunk, Path head, Preparation preparation) {
    return TrunkAndHead.load(trunk, head, preparation);
  }

  /**
   * @param batch FLOAT32 [N, C, H, W], or UINT8 [N, H, W, C] for a file with embedded preprocessing
   * @throws Failure (exit 1) if the runtime cannot run it
   */
  Logits run(Tensor batch);

  /** What runs it, as certificates say it, with what was changed for that. */
  String label();

  @Override
  void close();

  /** A copy outside of the heap, in the machine's byte order. */
  static ByteBuffer direct(Tensor batch) {
    ByteBuffer direct =
        ByteBuffer.allocateDirect(batch.bytes().remaining()).order(ByteOrder.nativeOrder());
    if (batch.dtype() == DType.UINT8) {
      return direct.put(batch.bytes()).flip();
    }
    direct.asFloatBuffer().put(batch.bytes().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
    return direct;
  }

  /**
   * Of the innermost cause the line that says what is wrong: libtorch's interpreter ends with it.
   */
  static String reason(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    List<String> lines =
        String.valueOf(root.getMessage()).lines().filter(line -> !line.isBlank()).toList();
    if (lines.isEmpty()) {
      return "no message";
    }
    boolean traceback = lines.get(0).contains("failed in the TorchScript interpreter");
    return lines.get(traceback ? lines.size() - 1 : 0).strip();
  }
}
