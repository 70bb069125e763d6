package dev.lapidary.core.cli;

import java.util.concurrent.TimeUnit;

/** A program of its own for {@link StopSignalTest}: it signals itself, and says what happens. */
final class Stoppable {
  private Stoppable() {}

  public static void main(String[] arguments) throws Exception {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
    StopSignal signal =
        StopSignal.take(
            () -> {
              kill(arguments[0]); // a second one, which changes nothing
              sleep();
              System.out.println("stopped");
            });
    if (arguments.length > 1) {
      signal.close();
    }
    kill(arguments[0]);
    TimeUnit.SECONDS.sleep(30);
  }

  private static void sleep() {
    try {
      Thread.sleep(200);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void kill(String signal) {
    try {
      new ProcessBuilder("kill", "-" + signal, "" + ProcessHandle.current().pid())
          .start()
          .waitFor();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
