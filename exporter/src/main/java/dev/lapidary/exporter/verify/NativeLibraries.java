package dev.lapidary.exporter.verify;

import ai.djl.engine.Engine;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.session.OnnxRuntime;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The runtimes' native libraries: loaded once, in the background where a command can wait. */
final class NativeLibraries {
  private static final FutureTask<Engine> LIBTORCH =
      new FutureTask<>(() -> whole(NativeLibraries::libtorchEngine));
  private static final FutureTask<String> ONNX_RUNTIME = new FutureTask<>(OnnxRuntime::version);

  private static final long LONGEST_CALL_SECONDS = 60;

  /**
   * Read while libtorch loads or computes, and written by the end, for good: a library whose
   * objects are destroyed meanwhile ends the process by SIGABRT or SIGSEGV, whatever the exit's
   * status. ONNX Runtime's are not destroyed ({@link OnnxRuntime}).
   */
  private static final ReentrantReadWriteLock CALLS = new ReentrantReadWriteLock();

  private static boolean ended;

  static {
    // For an exit that is no signal, such as after a refusal while libraries load.
    Runtime.getRuntime().addShutdownHook(new Thread(NativeLibraries::end, "await-libraries"));
  }

  private NativeLibraries() {}

  /** A call of libtorch that the exit waits for. */
  static <T> T whole(Supplier<T> call) {
    begin();
    try {
      return call.get();
    } finally {
      done();
    }
  }

  /** From here to {@link #done} this thread is in libtorch. Holds it for good after the end. */
  static void begin() {
    CALLS.readLock().lock();
  }

  static void done() {
    CALLS.readLock().unlock();
  }

  /** Waits for a call that is under way, and lets none begin. */
  static synchronized void end() {
    try {
      if (!ended && !CALLS.writeLock().tryLock(LONGEST_CALL_SECONDS, TimeUnit.SECONDS)) {
        System.err.printf("libtorch did not end within %d seconds%n", LONGEST_CALL_SECONDS);
      }
      ended = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Begins to load them, one after the other: each alone keeps a processor busy. What fails is
   * reported by whoever needs it.
   *
   * @param file any, better one that can be read
   */
  static void prepare(Path file, List<ModelRuntime> runtimes) {
    linkNativeMethods(file);
    Runnable all =
        () -> runtimes.forEach(r -> (r == ModelRuntime.LIBTORCH ? LIBTORCH : ONNX_RUNTIME).run());
    Thread thread = new Thread(all, "load-runtimes");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Calls those native methods of the JDK that a compilation calls. The JVM looks a native method
   * up at its first call, and glibc looks up nothing while it loads a library: a compilation beside
   * that would wait for its end. So would every thread, if the one that looks up is the JVM's own
   * for cleared references: it keeps a collection from beginning.
   */
  private static void linkNativeMethods(Path file) {
    ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    float single = Float.intBitsToFloat(Float.floatToRawIntBits(1));
    double twice = Double.longBitsToDouble(Double.doubleToRawLongBits(1));
    if (single != twice) {
      throw new IllegalStateException("bits of 1");
    }
    Inflater inflater = new Inflater();
    try (FileChannel channel = FileChannel.open(file)) {
      inflater.setInput(channel.map(FileChannel.MapMode.READ_ONLY, 0, 1));
      inflater.inflate(new byte[1]);
    } catch (IOException | DataFormatException e) {
      // Nothing is read here for its own sake: whoever needs the file says what is wrong with it.
    } finally {
      inflater.end();
    }
    WeakReference<Object> cleared = new WeakReference<>(new Object());
    try {
      System.gc();
    } finally {
      Reference.reachabilityFence(cleared);
    }
  }

  /**
   * @throws Failure (exit 1) if it cannot be loaded
   */
  static Engine libtorch() {
    return loaded(LIBTORCH, "libtorch");
  }

  /**
   * Its version.
   *
   * @throws Failure (exit 1) if it cannot be loaded
   */
  static String awaitOnnxRuntime() {
    return loaded(ONNX_RUNTIME, "ONNX Runtime");
  }

  private static Engine libtorchEngine() {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    // DJL looks for CUDA, which is not used here; through JNA, which would run ldconfig for it.
    System.setProperty("jna.platform.library.path", "");
    return Engine.getEngine("PyTorch");
  }

  private static <T> T loaded(FutureTask<T> task, String name) {
    task.run(); // does nothing if it has run, or runs in the background
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw Failure.failed("%s cannot be loaded on this machine: %s", name, LoadedModel.reason(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.failed("interrupted while %s was loaded", name);
    }
  }
}
