package dev.lapidary.spark.score;

import dev.lapidary.core.tensor.Uniform;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Measures, on this machine, that an image's logits are the same to the bit whichever place it has
 * in a batch and whichever images are beside it. Where scales are shared by a batch (int8-dynamic)
 * they are not.
 */
record BatchIndependence(PaddedNetwork network, int inputLength) {

  /**
   * @return what depends on what; empty if nothing does
   * @throws Exception whatever the runtime throws
   */
  Optional<String> violation() throws Exception {
    int size = network.batchSize();
    float[][] images = new float[size][];
    for (int i = 0; i < size; i++) {
      images[i] = image(i, 1 + i);
    }
    float[][] together = run(images);
    for (int i = 0; i < size; i++) {
      float[][] alone = run(images[i]);
      if (!Arrays.equals(together[i], alone[0])) {
        return Optional.of(
            ("an image's logits depend on the images in the same batch: image %d of %d has %s,"
                    + " beside zeros %s")
                .formatted(i, size, first(together[i], alone[0]), first(alone[0], together[i])));
      }
    }
    return Optional.empty();
  }

  /** Of another range each, so that shared scales show; levels from 0 to 255 are whole. */
  private float[] image(int index, int range) {
    double[] u = Uniform.u("batch/" + index, inputLength);
    float[] image = new float[inputLength];
    for (int i = 0; i < inputLength; i++) {
      image[i] = (float) Math.floor((u[i] + 1) / 2 * Math.min(255, 4 * range));
    }
    return image;
  }

  private static String first(float[] logits, float[] others) {
    int at = Arrays.mismatch(logits, others);
    return "logit " + at + " of " + logits[at];
  }

  private float[][] run(float[]... images) throws Exception {
    FloatBuffer inputs = FloatBuffer.allocate(images.length * inputLength);
    for (float[] image : images) {
      inputs.put(image);
    }
    float[] outputs = network.run(inputs.flip(), images.length);
    int classes = outputs.length / images.length;
    float[][] logits = new float[images.length][];
    for (int i = 0; i < images.length; i++) {
      logits[i] = Arrays.copyOfRange(outputs, i * classes, (i + 1) * classes);
    }
    return logits;
  }
}
