package dev.lapidary.runtime.session;

import ai.onnxruntime.OrtEnvironment;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Runtime's environment in this process, which everything native needs: sessions, runs of them
 * and tensors. Thread-safe.
 *
 * <p>Its Java interface (1.29, {@code OrtEnvironment}) registers a shutdown hook, {@code
 * OrtEnvCloser}, that frees the environment. Hooks run at the same time, in no order, and the
 * program's threads go on beside them: a run that has to plan its memory then (a batch size not run
 * before) or a session that is made then reads freed memory, and the JVM dies by SIGSEGV, whatever
 * its exit status was to be. No hook of ours can come before that one, and it cannot be taken back,
 * since nobody is handed its thread. But the native environment counts its references: {@code
 * CreateEnv} adds one, the closer takes one away, and the last one frees it. So this class takes
 * one more, which nothing gives back: the environment lives as long as the process ({@link
 * #outlivesHooks}), and a session may run in the host's own hooks and beside {@code System.exit}.
 *
 * <p>The one way that the Java interface leaves to take it: its constructor creates the native
 * environment first and its hook's thread second, and keeps itself third. If the thread cannot be
 * created, the environment has its reference and no closer. Making a thread asks the maker's
 * inheritable thread-locals for the child's value, and one that throws stops it there.
 *
 * <p>If the host has opened ONNX Runtime itself before, the environment is there already, and the
 * reference cannot be taken. Then sessions refuse to run once the JVM's shutdown has begun; a run
 * that is under way at that moment can still crash. A host that uses both opens this one first.
 */
public final class OnnxRuntime {
  /** Held while the library loads, and by the exit until it has: see {@link #awaitWhole}. */
  private static final ReentrantLock LOADING = new ReentrantLock();

  private static volatile @Nullable OrtEnvironment environment;

  /** Whether the environment stays until the process ends, through all shutdown hooks. */
  private static volatile boolean outlivesHooks;

  private static volatile boolean shutdown;

  private OnnxRuntime() {}

  /** Stops the making of a thread; never seen outside. */
  private static final class NoThread extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoThread() {
      super("no thread is made here", null, false, false);
    }
  }

  /**
   * Loads ONNX Runtime at the first call.
   *
   * @throws IllegalStateException if it is not loaded yet and the JVM is shutting down
   * @throws dev.lapidary.core.failure.Failure (exit 4) if there is no library for this machine
   */
  public static OrtEnvironment environment() {
    OrtEnvironment loaded = environment;
    return loaded == null ? load() : loaded;
  }

  /** Of the library: {@code 1.29.0}. */
  public static String version() {
    return environment().getVersion();
  }

  /**
   * A hint to append to what the runtime refuses: {@code ; 2 ONNX Runtimes are on the class path:
   * …}, of which the one that is taken may be too old for a file; empty if it is one.
   */
  public static String several() {
    return OnnxLibrary.several();
  }

  /**
   * @throws IllegalStateException if the environment may be gone
   */
  static void requireThere() {
    if (shutdown && !outlivesHooks) {
      throw new IllegalStateException(
          "the JVM is shutting down, and ONNX Runtime's environment with it, since it was opened"
              + " before Lapidary's; open Lapidary's first");
    }
  }

  private static OrtEnvironment load() {
    LOADING.lock();
    try {
      OrtEnvironment loaded = environment;
      if (loaded == null) {
        // First: once the shutdown has begun it throws, and nothing is loaded.
        Runtime.getRuntime().addShutdownHook(new Thread(OnnxRuntime::awaitWhole, "await-onnx"));
        loaded = DeepStack.call(OnnxRuntime::create);
        environment = loaded;
      }
      return loaded;
    } finally {
      LOADING.unlock();
    }
  }

  private static OrtEnvironment create() {
    try {
      OrtEnvironment.getAvailableProviders(); // loads the library, before the trick below
    } catch (LinkageError | RuntimeException e) {
      throw OnnxLibrary.cannotLoad(e);
    }
    outlivesHooks = takeReference();
    return OrtEnvironment.getEnvironment();
  }

  /** See above. Returns false if the environment was there already. */
  private static boolean takeReference() {
    InheritableThreadLocal<Boolean> noThread =
        new InheritableThreadLocal<>() {
          @Override
          protected Boolean childValue(Boolean parentValue) {
            throw new NoThread();
          }
        };
    noThread.set(true);
    try {
      OrtEnvironment.getEnvironment();
      return false;
    } catch (NoThread e) {
      return true;
    } finally {
      noThread.remove();
    }
  }

  /**
   * The hook: a library whose objects are destroyed while it makes them ends the process by
   * SIGABRT. What is loaded later finds that the shutdown has begun.
   */
  @SuppressWarnings("LockNotBeforeTry") // nothing is done between, only waited for
  private static void awaitWhole() {
    shutdown = true;
    LOADING.lock();
    LOADING.unlock();
  }
}
