package dev.lapidary.trainer.run.round;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.program.TorchDevice;
import dev.lapidary.trainer.program.TorchDevices;
import dev.lapidary.trainer.run.inputs.RunInputs;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * On several devices of this machine, each in a process of its own: the workers are dealt out, and
 * all devices compute at the same time. Which device does a worker's part changes nothing.
 */
final class WorkersOnDevices implements WorkerGroup {
  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  private final List<Child> children = new ArrayList<>();
  private final int worldSize;

  private WorkersOnDevices(int worldSize) {
    this.worldSize = worldSize;
  }

  /**
   * @param device as messages name it
   */
  private record Child(
      String device, Process process, ObjectOutputStream orders, ObjectInputStream replies) {}

  /** A device may be named twice. */
  static WorkersOnDevices open(RunInputs inputs, List<TorchDevice> devices, Path checkpoints) {
    WorkersOnDevices workers = new WorkersOnDevices(inputs.config().rounds().worldSize());
    try {
      for (TorchDevice device : devices) {
        workers.children.add(start(device, inputs, checkpoints));
      }
    } catch (IOException e) {
      workers.close();
      throw Failure.failed("a process for workers does not start: %s", Failure.reason(e));
    }
    return workers;
  }

  /** It sees no device but its own. */
  private static Child start(TorchDevice device, RunInputs inputs, Path checkpoints)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx" + (Runtime.getRuntime().maxMemory() >> 20) + "m",
            "-XX:+UseSerialGC",
            "-Dai.djl.offline=true",
            "-DOPT_OUT_TRACKING=true",
            WorkerProcess.class.getName());
    Map<String, String> environment = builder.environment();
    environment.put("CLASSPATH", System.getProperty("java.class.path", ""));
    if (device.isGpu()) {
      environment.put(
          VISIBLE, visible(device.index(), Optional.ofNullable(environment.get(VISIBLE))));
    }
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    ObjectOutputStream orders =
        new ObjectOutputStream(new BufferedOutputStream(process.getOutputStream()));
    RunConfig own =
        inputs.config().on(new TorchDevices(List.of(device.isGpu() ? new TorchDevice(0) : device)));
    orders.writeObject(
        new WorkerProcess.Start(RunYaml.write(own), inputs.identity(), checkpoints.toString()));
    orders.flush();
    return new Child(
        device.toString(),
        process,
        orders,
        new ObjectInputStream(new BufferedInputStream(process.getInputStream())));
  }

  /** CUDA numbers those that a process sees, in the order in which the variable names them. */
  static String visible(int index, Optional<String> before) {
    String[] names = before.filter(text -> !text.isBlank()).orElse("").split(",", -1);
    return index < names.length && !names[index].isBlank() ? names[index].strip() : "" + index;
  }

  @Override
  public Meeting round(Round round) {
    for (int i = 0; i < children.size(); i++) {
      List<Integer> numbers = new ArrayList<>();
      for (int worker = i; worker < worldSize; worker += children.size()) {
        numbers.add(worker);
      }
      order(children.get(i), new WorkerProcess.Order(round, numbers));
    }
    List<Contribution> shares = new ArrayList<>();
    children.forEach(child -> shares.addAll(shares(child)));
    shares.sort(Comparator.comparingInt(share -> share.head().worker()));
    return Meeting.of(shares);
  }

  /** What a process that has ended said before is in its replies. */
  private static void order(Child child, WorkerProcess.Order order) {
    try {
      child.orders().writeObject(order);
      child.orders().reset();
      child.orders().flush();
    } catch (IOException e) {
      shares(child);
      throw ended(child, e);
    }
  }

  private static List<Contribution> shares(Child child) {
    try {
      WorkerProcess.Reply reply = (WorkerProcess.Reply) child.replies().readObject();
      if (reply instanceof WorkerProcess.Refused refused) {
        throw new Failure(refused.code(), child.device() + ": " + refused.message());
      }
      return ((WorkerProcess.Shares) reply).shares();
    } catch (IOException | ClassNotFoundException e) {
      throw ended(child, e);
    }
  }

  private static Failure ended(Child child, Exception error) {
    child.process().destroy();
    String status;
    try {
      status = "status " + child.process().waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      status = Failure.reason(error);
    }
    return new Failure(
        ExitCode.FAILED,
        "%s: its process ended (%s); trainer resume goes on from the last checkpoint"
            .formatted(child.device(), status),
        error);
  }

  /** They end where their orders end. */
  @Override
  public void close() {
    for (Child child : children) {
      try {
        child.orders().close();
        child.process().waitFor();
      } catch (IOException e) {
        child.process().destroyForcibly(); // it has ended before
      } catch (InterruptedException e) {
        child.process().destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
