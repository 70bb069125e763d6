package dev.lapidary.runtime.model;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.onnx.OnnxEnding;
import dev.lapidary.core.onnx.OnnxMetadata;
import dev.lapidary.core.thread.DaemonThreads;
import dev.lapidary.runtime.session.OnnxSession;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** A model to be opened: on disk, or in memory, as a jar's resource is. */
sealed interface ModelFile {
  /** The file's name, for messages. */
  String fileName();

  /** In hex. */
  String sha256();

  /**
   * Found beside what the caller does until it asks, by a thread of its own: a host's common pool
   * may be busy for as long as it likes.
   */
  default Supplier<String> sha256Meanwhile() {
    CompletableFuture<String> found =
        CompletableFuture.supplyAsync(
            this::sha256, task -> DaemonThreads.start("lapidary-digest", task));
    return () -> {
      try {
        return found.join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof Failure reason ? reason : e;
      }
    };
  }

  OnnxSession open(OrtSession.SessionOptions options) throws OrtException;

  /**
   * @throws Failure (exit 2) if it is no ONNX
   */
  Ending readEnding();

  /**
   * {@code metadata_props[key]}.
   *
   * @throws Failure (exit 2) if it is no ONNX
   */
  Optional<String> readMetadata(String key);

  /**
   * {@code metadata_props[key]} as the file has it: ONNX Runtime's Java interface hands text over
   * in Java's own form of UTF-8, in which characters of more than 16 bits, such as emoji, are lost,
   * and some of what comes behind them.
   *
   * @param given by ONNX Runtime, which reads files of its own form too
   */
  default String metadata(String key, String given) {
    try {
      return readMetadata(key).orElse(given);
    } catch (Failure e) {
      return given;
    }
  }

  /** ONNX Runtime reads files of its own form too, whose nodes are not to be seen. */
  default Ending ending() {
    try {
      return readEnding();
    } catch (Failure e) {
      return Ending.LOGITS;
    }
  }

  /** A file; weights may lie beside it. */
  record OnDisk(Path file) implements ModelFile {
    @Override
    public String fileName() {
      return String.valueOf(file.getFileName());
    }

    @Override
    public String sha256() {
      return Sha256.of(file);
    }

    @Override
    public OnnxSession open(OrtSession.SessionOptions options) throws OrtException {
      return OnnxSession.open(file, options);
    }

    @Override
    public Optional<String> readMetadata(String key) {
      return OnnxMetadata.of(file, key);
    }

    @Override
    public Ending readEnding() {
      return OnnxEnding.of(file);
    }
  }

  /**
   * @param model a whole file's bytes
   * @param fileName its name
   */
  @SuppressWarnings("ArrayRecordComponent") // read, never compared
  record InMemory(byte[] model, String fileName) implements ModelFile {
    @Override
    public String sha256() {
      return Sha256.of(model);
    }

    @Override
    public OnnxSession open(OrtSession.SessionOptions options) throws OrtException {
      return OnnxSession.open(model, options);
    }

    @Override
    public Optional<String> readMetadata(String key) {
      return OnnxMetadata.of(model, key);
    }

    @Override
    public Ending readEnding() {
      return OnnxEnding.of(model);
    }
  }
}
