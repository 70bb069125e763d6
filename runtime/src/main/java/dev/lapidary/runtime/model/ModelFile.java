package dev.lapidary.runtime.model;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.onnx.OnnxEnding;
import dev.lapidary.runtime.session.OnnxSession;
import java.nio.file.Path;

/** A model to be opened: on disk, or in memory, as a jar's resource is. */
sealed interface ModelFile {
  /** The file's name, for messages. */
  String fileName();

  /** In hex. */
  String sha256();

  OnnxSession open(OrtSession.SessionOptions options) throws OrtException;

  /**
   * @throws Failure (exit 2) if it is no ONNX
   */
  Ending readEnding();

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
    public Ending readEnding() {
      return OnnxEnding.of(model);
    }
  }
}
