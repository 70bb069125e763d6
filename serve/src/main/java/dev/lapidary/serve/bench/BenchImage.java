package dev.lapidary.serve.bench;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.BadImage;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageFiles;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.core.measure.Argmax;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.model.ServedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

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
  private static final int MAX = 64;

  /**
   * At most 64 images of a folder and its folders, evenly spaced in the order of their names.
   *
   * @param notes gets lines about what is passed over and left out
   * @throws Failure (exit 2) if there is none that decodes, or a bad one that is not to be left out
   */
  static List<BenchImage> read(
      Path folder, ServedModel model, OnBadImage rule, Consumer<String> notes) {
    ImageFiles files = files(folder);
    files.passedOver().lines(folder).forEach(notes);
    List<BenchImage> images = new ArrayList<>();
    List<BadImage> bad = new ArrayList<>();
    for (String path : spaced(files)) {
      try {
        byte[] bytes = ImageFile.bytes(folder, path, ImageLimits.DEFAULT);
        float[] input = model.inputOf(bytes, ImageLimits.DEFAULT);
        images.add(new BenchImage(bytes, input, argmax(model, input)));
      } catch (UndecodableImage e) {
        bad.add(BadImage.of(path, e));
      }
    }
    BadImage.judge(folder, bad, rule).forEach(notes);
    if (images.isEmpty()) {
      throw Failure.badInput("%s holds no image that decodes; name a folder with --images", folder);
    }
    return images;
  }

  /** Of the folder that {@code --images} names. */
  static ImageFiles files(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw Failure.badInput("%s is no folder; name one with --images", folder);
    }
    return ImageFiles.of(folder);
  }

  /** At most 64 of them, evenly spaced in the order of their names. */
  static List<String> spaced(ImageFiles files) {
    List<String> paths = files.paths();
    int wanted = Math.min(MAX, paths.size());
    return IntStream.range(0, wanted)
        .mapToObj(i -> paths.get((int) ((long) i * paths.size() / wanted)))
        .toList();
  }

  private static int argmax(ServedModel model, float[] input) {
    try {
      return Argmax.of(model.network().run(FloatNetwork.direct(input), 1));
    } catch (Exception e) {
      throw new Failure(ExitCode.FAILED, "the network failed on an image: " + Failure.reason(e), e);
    }
  }
}
