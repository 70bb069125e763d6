package dev.lapidary.serve.http;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.ImageSize;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.serve.admission.Pace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is slow only the first time is done before the server is ready: ONNX Runtime plans its
 * memory for each batch size, and the JVM compiles the decoder. It also says how fast both are, so
 * that the first requests are admitted by numbers.
 */
final class Warmup {
  private static final Logger LOG = LoggerFactory.getLogger(Warmup.class);

  /** A network that is slow is not run in larger batches for longer than this, together. */
  private static final long RUN_NANOS = 5_000_000_000L;

  private static final long DECODE_NANOS = 200_000_000L;
  private static final int DECODES = 40;
  private static final int WIDTH = 640;
  private static final int HEIGHT = 480;

  private Warmup() {}

  /** Settles how the network is run, if that is known, and does both beside each other. */
  static void run(Serving serving) {
    Thread decoding = new Thread(() -> guarded(() -> decodes(serving)), "lapidary-warm-up");
    decoding.setDaemon(true);
    decoding.start();
    boolean tuned = serving.tune();
    guarded(() -> batches(serving, tuned));
    join(decoding);
  }

  private interface Part {
    void run() throws Exception;
  }

  private static void guarded(Part part) {
    try {
      part.run();
    } catch (Exception e) {
      // The golden check has passed: what fails here fails for each image, and is said there.
      LOG.warn("the model could not be warmed up", e);
    }
  }

  private static void join(Thread decoding) {
    try {
      decoding.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // told to end: it need not be warm
    }
  }

  /**
   * 1, 2, 4, ... images, the largest batch last; twice, since the first run is the slow one.
   *
   * @param tuned the plan's executors have run its sizes; beside several the model's own network
   *     runs single images only
   */
  private static void batches(Serving serving, boolean tuned) throws Exception {
    int inputLength = serving.model().preprocessing().inputLength();
    int largest = tuned && serving.batcher().executors() > 1 ? 1 : serving.batcher().maxBatch();
    boolean known = serving.batcher().statistics().nanosPerImage(1).isPresent();
    long began = System.nanoTime();
    long last = 0;
    for (int size = 1; System.nanoTime() - began + 4 * last < RUN_NANOS; size *= 2) {
      int count = Math.min(size, largest);
      FloatBuffer inputs = ones(count, inputLength);
      serving.model().network().run(inputs.duplicate(), count);
      long second = System.nanoTime();
      serving.model().network().run(inputs.duplicate(), count);
      last = System.nanoTime() - second;
      if (!known) {
        serving.batcher().statistics().expect((double) last / count);
      }
      if (count == largest) {
        return;
      }
    }
  }

  private static FloatBuffer ones(int count, int inputLength) {
    FloatBuffer inputs =
        ByteBuffer.allocateDirect(Float.BYTES * count * inputLength)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    float[] image = new float[inputLength];
    Arrays.fill(image, 1);
    while (inputs.hasRemaining()) {
      inputs.put(image);
    }
    return inputs.flip();
  }

  private static void decodes(Serving serving) throws IOException {
    byte[] jpeg = jpeg();
    long weight = Pace.weight(ImageSize.pixels(jpeg));
    ServedModel model = serving.model();
    List<Long> nanos = new ArrayList<>();
    long until = System.nanoTime() + DECODE_NANOS;
    while (nanos.size() < DECODES && System.nanoTime() < until) {
      long began = System.nanoTime();
      model.inputOf(jpeg, ImageLimits.DEFAULT);
      nanos.add(System.nanoTime() - began);
    }
    // The first ones are compiled while they run, and say little of the others.
    List<Long> later = nanos.subList(nanos.size() / 2, nanos.size());
    later.stream().min(Long::compare).ifPresent(best -> serving.pace().decoded(weight, best));
  }

  /** Noise upon a gradient, as large as a photograph's. */
  private static byte[] jpeg() throws IOException {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    byte[] noise = new byte[WIDTH * HEIGHT];
    new Random(1).nextBytes(noise);
    int[] pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
    for (int i = 0; i < pixels.length; i++) {
      int level = (i % WIDTH + i / WIDTH) / 6 + (noise[i] & 31);
      pixels[i] = (level << 16) | ((255 - level) << 8) | (level / 2);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // In memory: the JVM's shutdown would close a cache file's stream beside a stop.
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(image, "jpeg", out);
    }
    return bytes.toByteArray();
  }
}
