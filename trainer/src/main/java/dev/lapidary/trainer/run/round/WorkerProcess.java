package dev.lapidary.trainer.run.round;

import dev.lapidary.core.cli.StopSignal;
import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.checkpoint.TrainingState.Identity;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.inputs.RunInputs;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A process that does workers' parts on a device of its own, as another one tells it to on the
 * standard input, until that ends. libtorch's random generators and its flags belong to a process,
 * so that devices cannot share one.
 */
public final class WorkerProcess {
  private WorkerProcess() {}

  /**
   * @param config a whole {@code run.yaml}, with one device
   * @param identity of the run
   * @param checkpoints where the last good one is, for messages
   */
  record Start(String config, Identity identity, String checkpoints) implements Serializable {}

  /**
   * @param workers whose parts are to be done, in this order
   */
  record Order(Round round, List<Integer> workers) implements Serializable {}

  /** What comes back. */
  sealed interface Reply extends Serializable {}

  record Shares(List<Contribution> shares) implements Reply {}

  record Refused(ExitCode code, String message) implements Reply {}

  public static void main(String[] arguments) throws IOException, ClassNotFoundException {
    StopSignal.leaveInterruptsToOthers(); // the run's first process ends its step, then this one
    try (ObjectOutputStream out =
            new ObjectOutputStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)));
        ObjectInputStream in = new ObjectInputStream(new BufferedInputStream(System.in))) {
      System.setOut(System.err); // what a library says is no reply
      out.flush();
      Start start = (Start) in.readObject();
      RunConfig config = RunYaml.read(start.config(), "run.yaml");
      try {
        Libtorch.call(config.threads(), () -> work(start, config, in, out));
      } catch (Failure e) {
        reply(out, new Refused(e.code(), String.valueOf(e.getMessage())));
      }
    }
  }

  private static boolean work(
      Start start, RunConfig config, ObjectInputStream in, ObjectOutputStream out)
      throws IOException, ClassNotFoundException {
    RunInputs inputs = RunInputs.open(config, Progress.silent(), () -> false);
    requireSame(start.identity(), inputs.identity());
    try (Worker worker = new Worker(inputs, Path.of(start.checkpoints()))) {
      while (true) {
        Order order;
        try {
          order = (Order) in.readObject();
        } catch (EOFException e) {
          return true;
        }
        List<Contribution> shares = new ArrayList<>();
        for (int number : order.workers()) {
          try (Worker.Task task = worker.begin(order.round(), number)) {
            shares.add(task.work());
          }
        }
        reply(out, new Shares(shares));
      }
    }
  }

  /** What is not of the device; a file may have changed since the run's first process read it. */
  private static void requireSame(Identity run, Identity here) {
    if (!run.manifestSha256().equals(here.manifestSha256())
        || !run.initialSha256().equals(here.initialSha256())
        || !run.libtorch().equals(here.libtorch())
        || !run.capability().equals(here.capability())
        || run.threads() != here.threads()) {
      throw Failure.gate(
          "its process does not find what the run's first one did: %s there, %s here; let images"
              + " and weights alone while a run reads them",
          run, here);
    }
  }

  private static void reply(ObjectOutputStream out, Reply reply) throws IOException {
    out.writeObject(reply);
    out.reset(); // or it would keep all that it has ever written
    out.flush();
  }
}
