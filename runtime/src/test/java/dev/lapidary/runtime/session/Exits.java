package dev.lapidary.runtime.session;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A host program of its own for {@link ExitTest}: it exits while threads of it are in the runtime.
 */
final class Exits {
  static final int STATUS = 7;
  private static final int THREADS = 2;

  private Exits() {}

  /** What its threads do, over and over. */
  enum Load {
    /** Runs of batch sizes not run before: each plans its memory. */
    RUN,
    /** Sessions made and closed. */
    OPEN,
    /** Nothing; its own shutdown hook runs and opens after the others. */
    DRAIN_IN_HOOK,
    /** The same, where the host opened the runtime before Lapidary. */
    DRAIN_IN_HOOK_AFTER_HOST,
    /** Nothing is loaded before; its shutdown hook opens a session. */
    LOAD_IN_HOOK
  }

  public static void main(String[] arguments) throws Exception {
    Load load = Load.valueOf(arguments[0]);
    if (load == Load.LOAD_IN_HOOK) {
      hook(() -> SmallNetwork.open().close());
      System.exit(STATUS);
    }
    if (load == Load.DRAIN_IN_HOOK_AFTER_HOST) {
      OrtEnvironment.getEnvironment();
    }
    OnnxSession session = SmallNetwork.open();
    if (load != Load.RUN && load != Load.OPEN) {
      hook(
          () -> {
            Thread.sleep(300); // in which ONNX Runtime's own hook has long ended
            System.out.println(SmallNetwork.run(session, 5));
            SmallNetwork.open().close();
          });
      System.exit(STATUS);
    }
    CountDownLatch begun = new CountDownLatch(THREADS);
    for (int i = 0; i < THREADS; i++) {
      Thread thread = new Thread(() -> work(load, session, begun));
      thread.setDaemon(true);
      thread.start();
    }
    begun.await();
    Thread.sleep(ThreadLocalRandom.current().nextInt(100));
    System.exit(STATUS);
  }

  private interface Work {
    void run() throws Exception;
  }

  private static void hook(Work work) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    work.run();
                    System.out.println("drained");
                  } catch (Exception e) {
                    System.out.println(e.getMessage());
                  }
                }));
  }

  private static void work(Load load, OnnxSession session, CountDownLatch begun) {
    try (OrtSession.SessionOptions options = OnnxSession.options()) {
      for (int batch = 1; ; batch++) {
        if (load == Load.RUN) {
          SmallNetwork.run(session, batch);
        } else {
          OnnxSession.open(SmallNetwork.bytes(), options).close();
        }
        begun.countDown();
      }
    } catch (OrtException | RuntimeException e) {
      System.out.println(e.getMessage());
    }
  }
}
