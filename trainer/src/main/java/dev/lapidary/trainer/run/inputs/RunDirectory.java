package dev.lapidary.trainer.run.inputs;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.file.TextFile;
import dev.lapidary.models.weights.MatchReport;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one run. At most one process trains in it at a time: it holds a lock that the
 * system releases when the process ends, however it ends.
 *
 * <pre>
 * run.yaml          the resolved configuration, written before the first step
 * weights.json      what a weights file gave to the network and what not
 * checkpoints/      the newest two, and the best weights
 * features/         what the frozen part made of the images, while a stage uses it
 * metrics.jsonl     a line an epoch; equal runs, equal bytes
 * timing.jsonl      durations and rates
 * report.html       curves, mistakes, plan and data on one page; equal runs, equal bytes
 * test.json         what the delivered model measured on the test images, if there are any
 * tensorboard/      the curves for TensorBoard, with times
 * model.pt          the network alone, with its card
 * model.safetensors the same weights by name
 * </pre>
 */
public final class RunDirectory implements AutoCloseable {
  private static final String CONFIG = "run.yaml";
  private static final String LOCK = ".lock";
  private static final String CHECKPOINTS = "checkpoints";

  private final Path root;
  private final FileChannel lockFile;
  private final FileLock lock;

  private RunDirectory(Path root, FileChannel lockFile, FileLock lock) {
    this.root = root;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /** Refuses (exit 2) a folder that holds a run, or anything else. */
  public static void requireNew(Path root) {
    if (Files.exists(root.resolve(CONFIG))) {
      throw Failure.badInput(
          "%s holds a run already; go on with 'trainer resume %s' or choose another --out",
          root, root);
    }
    if (Files.exists(root, LinkOption.NOFOLLOW_LINKS) && !isEmptyFolder(root)) {
      throw Failure.badInput("%s exists and is not empty; choose another --out", root);
    }
  }

  /** Makes the folder with its configuration: from here on the run can be resumed. */
  public static RunDirectory create(Path root, RunConfig config) throws IOException {
    requireNew(root);
    Files.createDirectories(root);
    RunDirectory run = lock(root);
    try {
      Files.createDirectories(run.checkpoints());
      run.writeConfig(config);
      AtomicFile.syncFolder(root);
      return run;
    } catch (IOException | RuntimeException e) {
      run.close();
      throw e;
    }
  }

  /**
   * @throws Failure (exit 2) if it holds no run, or another process is training in it
   */
  public static RunDirectory open(Path root) throws IOException {
    requireRun(root);
    return lock(root);
  }

  /** Refuses (exit 2) what is no run directory. */
  public static void requireRun(Path root) {
    if (!Files.isDirectory(root)) {
      throw Failure.badInput("%s is no run directory: there is no such folder", root);
    }
    if (!Files.isRegularFile(root.resolve(CONFIG))) {
      throw Failure.badInput("%s is no run directory: it has no %s", root, CONFIG);
    }
  }

  public static boolean isRun(Path folder) {
    return Files.isRegularFile(folder.resolve(CONFIG));
  }

  public static RunConfig readConfig(Path root) throws IOException {
    requireRun(root);
    Path file = root.resolve(CONFIG);
    return RunYaml.read(TextFile.read(file), file.toString());
  }

  public void writeConfig(RunConfig config) throws IOException {
    AtomicFile.write(root.resolve(CONFIG), file -> Files.writeString(file, RunYaml.write(config)));
  }

  /** Keeps how the weights file fitted. */
  public void writeMatch(MatchReport report) throws IOException {
    AtomicFile.write(root.resolve("weights.json"), file -> Files.writeString(file, report.json()));
  }

  public Path root() {
    return root;
  }

  /** What to do where something has become NaN or infinite while training. */
  public String remedy() {
    return "the last good checkpoint is in %s; the likely causes are a learning rate that is too high, and a BatchNorm that sees one value a channel"
        .formatted(checkpoints());
  }

  public Path checkpoints() {
    return root.resolve(CHECKPOINTS);
  }

  public Path features() {
    return root.resolve("features");
  }

  public Path metrics() {
    return root.resolve("metrics.jsonl");
  }

  public Path timing() {
    return root.resolve("timing.jsonl");
  }

  public Path report() {
    return root.resolve("report.html");
  }

  public Path test() {
    return root.resolve("test.json");
  }

  public Path tensorboard() {
    return root.resolve("tensorboard");
  }

  public Path model() {
    return modelOf(root);
  }

  public static Path modelOf(Path root) {
    return root.resolve("model.pt");
  }

  public Path weights() {
    return root.resolve("model.safetensors");
  }

  @Override
  public void close() throws IOException {
    lock.release();
    lockFile.close();
  }

  private static RunDirectory lock(Path root) throws IOException {
    Path file = root.resolve(LOCK);
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = tryLock(channel);
    if (lock == null) {
      channel.close();
      throw Failure.badInput(
          "%s is in use: another process is training there; wait for it or stop it", root);
    }
    return new RunDirectory(root, channel, lock);
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** Empty, or left by a process that was killed before it had written the configuration. */
  private static boolean isEmptyFolder(Path root) {
    if (!Files.isDirectory(root)) {
      return false;
    }
    try (var entries = Files.newDirectoryStream(root)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        boolean leftover = name.equals(LOCK) || name.startsWith("." + CONFIG + ".");
        if (!leftover && !(name.equals(CHECKPOINTS) && isEmptyFolder(entry))) {
          return false;
        }
      }
      return true;
    } catch (IOException e) {
      throw Failure.badInput("%s cannot be read: %s", root, e);
    }
  }
}
