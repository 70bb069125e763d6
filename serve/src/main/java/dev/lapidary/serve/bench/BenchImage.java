package dev.lapidary.serve.bench;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.serve.model.ServedModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One image that is sent.
 *
 * @param file its bytes
 * @param input its tensor
 * @param argmax the class that the network gives it alone
 */
@SuppressWarnings("ArrayRecordComponent") // read, never compared
record BenchImage(byte[] file, float[] input, int argmax) {
  /** Enough that no cache holds them all, few enough to be in memory. */
  private static final int MOST = 64;

  /**
   * At most 64 images of a folder and its folders, evenly spaced in the order of their names.
   *
   * @throws Failure (exit 2) if there is none that decodes
   */
  static List<BenchImage> read(Path folder, ServedModel model) {
    List<Path> files = files(folder);
    List<BenchImage> images = new ArrayList<>();
    int wanted = Math.min(MOST, files.size());
    for (int i = 0; i < wanted; i++) {
      Path file = files.get((int) ((long) i * files.size() / wanted));
      try {
        byte[] bytes = ImageLimits.DEFAULT.read(file);
        float[] input = model.inputOf(bytes, ImageLimits.DEFAULT);
        images.add(new BenchImage(bytes, input, argmax(model, input)));
      } catch (UndecodableImage e) {
        // not sent: such as a labels.txt beside the images
      } catch (IOException e) {
        throw Failure.badInput("%s cannot be read: %s", file, Failure.reason(e));
      }
    }
    if (images.isEmpty()) {
      throw Failure.badInput(
          "%s holds no image that decodes among %d files; name a folder with --images",
          folder, files.size());
    }
    return images;
  }

  private static List<Path> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw Failure.badInput("%s is no folder; name one with --images", folder);
    }
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw Failure.badInput("%s cannot be listed: %s", folder, Failure.reason(e));
    }
  }

  private static int argmax(ServedModel model, float[] input) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Float.BYTES * input.length).order(ByteOrder.nativeOrder());
    float[] logits;
    try {
      logits = model.network().run(bytes.asFloatBuffer().put(input).flip(), 1);
    } catch (Exception e) {
      throw new Failure(ExitCode.FAILED, "the network failed on an image: " + Failure.reason(e), e);
    }
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }
}
