package dev.lapidary.runtime;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.runtime.session.Device;
import java.time.Duration;

/**
 * How a {@link Classifier} works. None of it changes an answer, but for a float sum's last bits.
 *
 * <pre>{@code
 * ClassifierOptions options = ClassifierOptions.DEFAULT.withThreads(2).withMaxBatch(16);
 * }</pre>
 *
 * @param device what the network runs on
 * @param threads that one run of the network uses; 0 for as many as there are processors
 * @param maxBatch the most images in one run
 * @param maxDelay how long an image of {@link Classifier#classifyAsync} may wait for its batch to
 *     fill; zero, the default, runs whatever has queued as soon as the network is free
 * @param limits what an image file may have, in bytes and pixels; all else is refused undecoded
 */
public record ClassifierOptions(
    Device device, int threads, int maxBatch, Duration maxDelay, ImageLimits limits) {
  public static final ClassifierOptions DEFAULT =
      new ClassifierOptions(Device.cpu(), 0, 32, Duration.ZERO, ImageLimits.DEFAULT);

  public ClassifierOptions {
    if (threads < 0 || maxBatch < 1 || maxDelay.isNegative()) {
      throw new IllegalArgumentException(
          "expected threads of 0 or more, batches of 1 or more images and no negative delay, but"
              + " found %d, %d and %s".formatted(threads, maxBatch, maxDelay));
    }
  }

  public ClassifierOptions withDevice(Device other) {
    return new ClassifierOptions(other, threads, maxBatch, maxDelay, limits);
  }

  public ClassifierOptions withThreads(int other) {
    return new ClassifierOptions(device, other, maxBatch, maxDelay, limits);
  }

  public ClassifierOptions withMaxBatch(int other) {
    return new ClassifierOptions(device, threads, other, maxDelay, limits);
  }

  public ClassifierOptions withMaxDelay(Duration other) {
    return new ClassifierOptions(device, threads, maxBatch, other, limits);
  }

  public ClassifierOptions withLimits(ImageLimits other) {
    return new ClassifierOptions(device, threads, maxBatch, maxDelay, other);
  }

  int threadsOrAll() {
    return threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
  }
}
