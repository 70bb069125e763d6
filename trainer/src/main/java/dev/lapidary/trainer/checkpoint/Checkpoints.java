package dev.lapidary.trainer.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.weights.NamedTensors;
import dev.lapidary.models.weights.Safetensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A run's checkpoints: each one file, a sound safetensors file for every reader of that format.
 *
 * <pre>
 * __metadata__.state             {@link TrainingState} as JSON
 * model.NAME                     parameters and buffers, by state_dict name
 * optimizer.NAME.SLOT            momentum_buffer, exp_avg, exp_avg_sq, ..., and step
 * average.NAME                   the moving average of the weights, if the run keeps one
 * sha256                         U8 [32], the last 32 bytes: SHA-256 of all bytes before
 * </pre>
 *
 * A file is written under another name, synced and moved into place; the newest two are kept, so
 * that a damaged one costs the steps since the one before.
 */
public record Checkpoints(Path folder) {
  private static final String SUFFIX = ".safetensors";
  private static final String PREFIX = "step-";
  private static final String BEST_PREFIX = "best-";
  private static final String STATE = "state";
  private static final String DIGEST = "sha256";
  private static final int DIGEST_BYTES = 32;
  private static final int GENERATIONS = 2;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .addModule(new Jdk8Module())
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  /** One checkpoint's content. */
  public record Saved(
      TrainingState state,
      Map<String, Tensor> model,
      Map<String, Tensor> optimizer,
      Map<String, Tensor> average) {}

  /** Writes it whole or not at all, then drops what is older than the newest two. */
  public void write(Saved saved) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    saved.model().forEach((name, tensor) -> tensors.put("model." + name, tensor));
    saved.optimizer().forEach((name, tensor) -> tensors.put("optimizer." + name, tensor));
    saved.average().forEach((name, tensor) -> tensors.put("average." + name, tensor));
    Path file = folder.resolve(PREFIX + "%09d".formatted(saved.state().position().step()) + SUFFIX);
    writeFile(file, tensors, Map.of(STATE, json(saved.state())));
    prune(saved.state());
  }

  /**
   * The newest sound checkpoint; a damaged one is named to {@code warning} and passed over.
   *
   * @return empty if there is none
   */
  public Optional<Saved> newest(Consumer<String> warning) throws IOException {
    for (Path file : files(PREFIX)) {
      Optional<String> fault = fault(file);
      if (fault.isEmpty()) {
        return Optional.of(read(file));
      }
      warning.accept(
          "checkpoint %s is damaged (%s); going on from the one before it"
              .formatted(file.getFileName(), fault.get()));
    }
    return Optional.empty();
  }

  /** Where the best weights of that step belong. */
  public static String bestName(long step) {
    return BEST_PREFIX + "%09d".formatted(step) + SUFFIX;
  }

  /**
   * Writes the best weights so far; the checkpoint that names the file is to be written after it.
   */
  public void writeBest(String name, Map<String, Tensor> model) throws IOException {
    writeFile(folder.resolve(name), model, Map.of());
  }

  /**
   * @throws Failure (exit 1) if the file is damaged
   */
  public Map<String, Tensor> readBest(String name) throws IOException {
    Path file = folder.resolve(name);
    Optional<String> fault = fault(file);
    if (fault.isPresent()) {
      throw Failure.failed(
          "[%s] the best weights are damaged: %s; add --set checkpoints.deliver=last to deliver the"
              + " last ones",
          file, fault.get());
    }
    Map<String, Tensor> tensors = new LinkedHashMap<>(Safetensors.read(file).tensors());
    tensors.remove(DIGEST);
    return tensors;
  }

  /** Newest first. */
  public List<Path> files() throws IOException {
    return files(PREFIX);
  }

  /** Deletes what a killed process left half-written. */
  public void dropTemporaryFiles() throws IOException {
    for (Path file : list()) {
      if (file.getFileName().toString().endsWith(".tmp")) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** Why a file is not what was written, or nothing if it is. */
  public static Optional<String> fault(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.of("it is missing");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long length = channel.size() - DIGEST_BYTES;
      if (length < 8) {
        return Optional.of("it has only " + channel.size() + " bytes");
      }
      ByteBuffer found = ByteBuffer.allocate(DIGEST_BYTES);
      int read = 0;
      while (found.hasRemaining() && read >= 0) {
        read = channel.read(found, length + found.position());
      }
      return Arrays.equals(found.array(), digest(channel, length))
          ? Optional.empty()
          : Optional.of("its SHA-256 differs from its content's");
    }
  }

  private static void writeFile(Path file, Map<String, Tensor> tensors, Map<String, String> texts)
      throws IOException {
    Map<String, Tensor> all = new LinkedHashMap<>(tensors);
    all.put(DIGEST, Tensor.zeros(DType.UINT8, DIGEST_BYTES));
    NamedTensors named = new NamedTensors("safetensors", all, texts, List.of());
    AtomicFile.write(
        file,
        temporary -> {
          Safetensors.write(named, temporary);
          try (FileChannel channel =
              FileChannel.open(temporary, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long length = channel.size() - DIGEST_BYTES;
            ByteBuffer digest = ByteBuffer.wrap(digest(channel, length));
            while (digest.hasRemaining()) {
              channel.write(digest, length + digest.position());
            }
          }
        });
  }

  private static byte[] digest(FileChannel channel, long length) throws IOException {
    MessageDigest digest = Sha256.digest();
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    for (long at = 0; at < length; ) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), length - at));
      int read = channel.read(buffer, at);
      if (read <= 0) {
        throw new IOException("the file became shorter while it was read");
      }
      digest.update(buffer.flip());
      at += read;
    }
    return digest.digest();
  }

  private static Saved read(Path file) {
    NamedTensors named = Safetensors.read(file);
    return new Saved(
        state(named.metadata().getOrDefault(STATE, "{}"), file),
        under("model.", named),
        under("optimizer.", named),
        under("average.", named));
  }

  private static Map<String, Tensor> under(String prefix, NamedTensors all) {
    Map<String, Tensor> found = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> tensor : all.tensors().entrySet()) {
      if (tensor.getKey().startsWith(prefix)) {
        found.put(tensor.getKey().substring(prefix.length()), tensor.getValue());
      }
    }
    return found;
  }

  private static TrainingState state(String json, Path file) {
    try {
      return JSON.readValue(json, TrainingState.class);
    } catch (JsonProcessingException e) {
      throw Failure.badInput(
          "[%s] its state is not readable by this version: %s", file, e.getOriginalMessage());
    }
  }

  private static String json(TrainingState state) {
    try {
      return JSON.writeValueAsString(state);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a state is always JSON", e);
    }
  }

  /** The checkpoint before the newest may still name another best file: both are kept. */
  private void prune(TrainingState state) throws IOException {
    for (Path old : files(PREFIX).stream().skip(GENERATIONS).toList()) {
      Files.deleteIfExists(old);
    }
    for (Path old : files(BEST_PREFIX).stream().skip(GENERATIONS).toList()) {
      String name = String.valueOf(old.getFileName());
      if (state.kept().stream().noneMatch(best -> best.file().equals(name))) {
        Files.deleteIfExists(old);
      }
    }
  }

  private List<Path> files(String prefix) throws IOException {
    return list().stream()
        .filter(file -> file.getFileName().toString().startsWith(prefix))
        .filter(file -> file.getFileName().toString().endsWith(SUFFIX))
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  private List<Path> list() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var paths = Files.list(folder)) {
      return paths.toList();
    }
  }
}
