package dev.lapidary.pytorch.libtorch;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * libtorch in this process: loaded by the first call, with one number of threads, and no call of it
 * is under way when the process ends. A library whose objects are destroyed while it computes ends
 * the process by SIGSEGV or SIGABRT, whatever its exit status was to be.
 */
final class LibtorchCalls {
  private static final long LONGEST_CALL_SECONDS = 60;

  /** Read while libtorch loads or computes, and written by the end, for good. */
  private static final ReentrantReadWriteLock CALLS = new ReentrantReadWriteLock();

  /**
   * Flags of a thread: with the graph executor's optimizer on, the first and the later calls of a
   * method differ in the last bits and take very different times.
   */
  private static final ThreadLocal<Boolean> PREPARED = ThreadLocal.withInitial(() -> false);

  private static @Nullable Engine engine;
  private static int threads;

  private LibtorchCalls() {}

  /**
   * Loads libtorch at the first call.
   *
   * @param wanted threads of a run; libtorch has one number of them a process
   * @throws Failure (exit 4) if there is no libtorch for this machine
   * @throws IllegalStateException if it runs already, with another number
   */
  static synchronized Engine engine(int wanted) {
    Engine loaded = engine;
    if (loaded == null) {
      // First: once the shutdown has begun it throws, and nothing is loaded.
      Runtime.getRuntime().addShutdownHook(new Thread(LibtorchCalls::end, "await-libtorch"));
      loaded = whole(() -> load(wanted));
      engine = loaded;
      threads = wanted;
    }
    if (threads != wanted) {
      throw new IllegalStateException(
          "libtorch runs with %d threads in this process, expected no other number but %d was asked"
                  .formatted(threads, wanted)
              + " for");
    }
    return loaded;
  }

  /** Before any thread computes: each takes the number when it computes for the first time. */
  private static Engine load(int wanted) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    // DJL looks for CUDA, which is not used here; through JNA, which would run ldconfig for it.
    System.setProperty("jna.platform.library.path", "");
    try {
      Engine loaded = Engine.getEngine("PyTorch");
      JniUtils.setNumThreads(wanted);
      return loaded;
    } catch (LinkageError | RuntimeException e) {
      throw new Failure(
          ExitCode.UNSUPPORTED,
          "libtorch cannot be loaded on %s-%s: %s; expected its natives on the class path"
                  .formatted(
                      System.getProperty("os.name").toLowerCase(Locale.ROOT),
                      System.getProperty("os.arch"),
                      reason(e))
              + " (pytorch-native-cpu with this machine's classifier) and a folder in the home, or"
              + " at DJL_CACHE_DIR, to unpack them to",
          e);
    }
  }

  /** A call of libtorch that the exit waits for; none begins after the end. */
  static <T> T whole(Supplier<T> call) {
    CALLS.readLock().lock();
    try {
      return call.get();
    } finally {
      CALLS.readLock().unlock();
    }
  }

  /** The same of a computation, by a thread that libtorch knows what to do for. */
  static <T> T computed(Supplier<T> call) {
    return whole(
        () -> {
          if (!PREPARED.get()) {
            JniUtils.setGraphExecutorOptimize(false);
            JniUtils.setGradMode(false);
            PREPARED.set(true);
          }
          return call.get();
        });
  }

  /** The hook: waits for the calls that are under way, and lets none begin. */
  private static void end() {
    try {
      if (!CALLS.writeLock().tryLock(LONGEST_CALL_SECONDS, TimeUnit.SECONDS)) {
        System.err.printf("libtorch did not end within %d seconds%n", LONGEST_CALL_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Of the innermost cause the line that says what is wrong: libtorch's interpreter ends with it.
   */
  static String reason(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    var lines = String.valueOf(root.getMessage()).lines().filter(l -> !l.isBlank()).toList();
    if (lines.isEmpty()) {
      return root.getClass().getSimpleName();
    }
    boolean traceback = lines.get(0).contains("failed in the TorchScript interpreter");
    return lines.get(traceback ? lines.size() - 1 : 0).strip();
  }
}
