package dev.lapidary.runtime.session;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A model loaded in ONNX Runtime, which no thread can crash: it runs beside the JVM's shutdown
 * ({@link OnnxRuntime}), and {@link #close} waits for the runs that are under way. Installs no
 * signal handler. Thread-safe; runs go on beside each other.
 */
public final class OnnxSession implements AutoCloseable {
  private final OrtSession session;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  private OnnxSession(OrtSession session) {
    this.session = session;
  }

  /** Options at their defaults; to be closed. */
  public static OrtSession.SessionOptions options() {
    OnnxRuntime.environment(); // their class loads the library otherwise, unguarded
    return new OrtSession.SessionOptions();
  }

  /**
   * The same for a device, told whether threads go on spinning when a run has ended. That is a
   * little faster where nothing else wants the processor; beside decoders it takes from them what
   * they need: a server of one run of two threads used up to twice the processor time a request.
   * Within a run they spin in either case: an image alone is answered in 5/6 of the time by it.
   *
   * @param threads that one run uses
   * @throws Failure (exit 4) if this ONNX Runtime cannot use the device
   */
  public static OrtSession.SessionOptions options(Device device, int threads, boolean spins)
      throws OrtException {
    OrtSession.SessionOptions options = options();
    try {
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      if (!spins) {
        options.addConfigEntry("session.force_spinning_stop", "1");
      }
      device.addTo(options);
      return options;
    } catch (OrtException | RuntimeException e) {
      options.close();
      throw e;
    }
  }

  /**
   * @param options from {@link #options}; needed no longer than this call
   * @throws OrtException if the file is no model that the runtime can load
   */
  public static OnnxSession open(Path file, OrtSession.SessionOptions options) throws OrtException {
    return new OnnxSession(environment().createSession(file.toString(), options));
  }

  /**
   * The same of a file whose runs go on beside others' work.
   *
   * @param threads that one run uses
   * @throws Failure (exit 2) if it is no model that the runtime can load, (exit 4) if this one
   *     cannot use the device
   */
  public static OnnxSession open(Path file, Device device, int threads) {
    try (OrtSession.SessionOptions options = options(device, threads, false)) {
      return open(file, options);
    } catch (OrtException e) {
      throw Failure.badInput(
          "[%s] ONNX Runtime cannot load it, expected an ONNX model: %s",
          file.getFileName(), Failure.reason(e));
    }
  }

  /**
   * The same of a model in memory, under 2 GiB.
   *
   * @throws OrtException if the bytes are no model that the runtime can load
   */
  public static OnnxSession open(byte[] model, OrtSession.SessionOptions options)
      throws OrtException {
    return new OnnxSession(environment().createSession(model, options));
  }

  private static OrtEnvironment environment() {
    OrtEnvironment environment = OnnxRuntime.environment();
    OnnxRuntime.requireThere();
    return environment;
  }

  /** By name, in the graph's order. */
  public Map<String, NodeInfo> inputs() throws OrtException {
    return guarded(session::getInputInfo);
  }

  /** By name, in the graph's order. */
  public Map<String, NodeInfo> outputs() throws OrtException {
    return guarded(session::getOutputInfo);
  }

  /** {@code metadata_props[key]}. */
  public Optional<String> metadata(String key) throws OrtException {
    return guarded(() -> session.getMetadata().getCustomMetadataValue(key));
  }

  /**
   * One run, all outputs; the result is to be closed.
   *
   * @throws IllegalStateException if the session is closed, or its environment may be gone
   */
  public OrtSession.Result run(Map<String, OnnxTensor> inputs) throws OrtException {
    return guarded(() -> session.run(inputs));
  }

  /** The same for some values only. */
  public OrtSession.Result run(Map<String, OnnxTensor> inputs, Set<String> values)
      throws OrtException {
    return guarded(() -> session.run(inputs, values));
  }

  /** The same by a run's own options. */
  public OrtSession.Result run(
      Map<String, OnnxTensor> inputs, Set<String> values, OrtSession.RunOptions options)
      throws OrtException {
    return guarded(() -> session.run(inputs, values, options));
  }

  /**
   * One run for some values only, which it leaves in the tensors that are given for them; these
   * stay the caller's.
   *
   * @throws OrtException if a value has another shape than its tensor
   */
  public void runInto(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs)
      throws OrtException {
    guarded(() -> session.run(inputs, outputs)).close();
  }

  @FunctionalInterface
  private interface Call<T> {
    T run() throws OrtException;
  }

  private <T> T guarded(Call<T> call) throws OrtException {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the session is closed");
      }
      OnnxRuntime.requireThere();
      return call.run();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Waits for the runs that are under way; a second call does nothing. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        session.close();
      }
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime cannot close the session", e);
    } finally {
      lock.writeLock().unlock();
    }
  }
}
