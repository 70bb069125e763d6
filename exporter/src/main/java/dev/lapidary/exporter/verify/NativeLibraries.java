package dev.lapidary.exporter.verify;

import ai.djl.engine.Engine;
import ai.onnxruntime.OrtEnvironment;
import dev.lapidary.models.failure.Failure;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** The runtimes' native libraries: loaded once, in the background where a command can wait. */
final class NativeLibraries {
  private static final FutureTask<Engine> LIBTORCH =
      new FutureTask<>(NativeLibraries::libtorchEngine);
  private static final FutureTask<OrtEnvironment> ONNX_RUNTIME =
      new FutureTask<>(OrtEnvironment::getEnvironment);

  private NativeLibraries() {}

  /**
   * Begins to load them, one after the other: each alone keeps a processor busy. What fails is
   * reported by whoever needs it.
   */
  static void prepare(List<ModelRuntime> runtimes) {
    Runnable all = () -> runtimes.forEach(runtime -> task(runtime).run());
    Thread thread = new Thread(all, "load-runtimes");
    thread.setDaemon(true);
    thread.start();
  }

  private static FutureTask<?> task(ModelRuntime runtime) {
    return switch (runtime) {
      case LIBTORCH -> LIBTORCH;
      case ONNX_RUNTIME -> ONNX_RUNTIME;
    };
  }

  /**
   * @throws Failure (exit 1) if it cannot be loaded
   */
  static Engine libtorch() {
    return loaded(LIBTORCH, "libtorch");
  }

  /**
   * @throws Failure (exit 1) if it cannot be loaded
   */
  static OrtEnvironment onnxRuntime() {
    return loaded(ONNX_RUNTIME, "ONNX Runtime");
  }

  private static Engine libtorchEngine() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    return Engine.getEngine("PyTorch");
  }

  private static <T> T loaded(FutureTask<T> task, String name) {
    task.run(); // does nothing if it has run, or runs in the background
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw Failure.failed(
          "%s cannot be loaded on this machine: %s", name, LoadedModel.firstLine(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.failed("interrupted while %s was loaded", name);
    }
  }
}
