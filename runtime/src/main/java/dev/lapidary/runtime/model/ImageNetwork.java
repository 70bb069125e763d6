package dev.lapidary.runtime.model;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.runtime.tensor.TensorNetwork;
import java.nio.FloatBuffer;

/**
 * A classifier's forward pass in whatever runs it: one input of images, one output {@code [N,
 * classes]} float32. Thread-safe. Logits of one image may differ in the last bits with the size of
 * the batch that it runs in.
 */
public interface ImageNetwork extends AutoCloseable {
  /** What runs it. */
  InferenceEngine engine();

  /** Of what runs it, such as {@code 1.29.0}: with another, a run may take another time. */
  String engineVersion();

  /**
   * The same network, of tensors: levels, NHWC uint8, or normalized numbers, NCHW float32. Sizes
   * that it leaves open are -1; N is 1 if it runs no batches.
   */
  TensorNetwork tensors();

  /** What it runs on. */
  Device device();

  /** That one run uses. */
  int threads();

  /** Whether another network of the same process may run with another number of threads. */
  boolean hasThreadsOfItsOwn();

  /**
   * The same file once more, to be closed.
   *
   * @param sha256 that the file still has
   * @throws Failure (exit 2) if it has changed, or cannot be opened any more
   */
  ImageNetwork again(int threads, String sha256);

  /**
   * One forward pass.
   *
   * @param inputs direct; its remaining floats are {@code count} images in the network's form
   * @return {@code [count, classes]} logits
   * @throws Exception if what runs it fails on them
   */
  float[] run(FloatBuffer inputs, int count, int channels, int height, int width) throws Exception;

  /** Waits for the runs that are under way. */
  @Override
  void close();
}
