package dev.lapidary.runtime.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * A call on a thread with room for a long command line. ONNX Runtime 1.29 searches the process's
 * command line while its environment is made, with a regular expression that calls itself for each
 * character: on a usual thread some 4,000 of them end the process by SIGSEGV, without a word
 * (github.com/microsoft/onnxruntime/issues/32173). {@code ORT_DISABLE_TELEMETRY=1} in the process's
 * environment avoids the search, but no library can set that for its host.
 */
final class DeepStack {
  /** Some 250 were seen. Only what is used of a stack takes memory. */
  private static final long BYTES_A_CHARACTER = 1024;

  private static final long MIN = 8L << 20;
  private static final long MAX = 1L << 30;

  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

  private DeepStack() {}

  /**
   * The call's own exception or error comes back as it is. An interrupt waits: the library is not
   * to be left half loaded.
   */
  static <T> T call(Supplier<T> call) {
    try {
      return CompletableFuture.supplyAsync(call, DeepStack::start).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw e.getCause() instanceof RuntimeException own ? own : e;
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(null, task, "lapidary-onnx", stackBytes());
    thread.setDaemon(true);
    thread.start();
  }

  private static long stackBytes() {
    long characters;
    try {
      characters = Files.readAllBytes(COMMAND_LINE).length;
    } catch (IOException e) {
      characters = 1 << 16; // not Linux: as much as other systems allow, or nearly
    }
    return Math.min(MAX, Math.max(MIN, BYTES_A_CHARACTER * characters));
  }
}
