package dev.lapidary.quickstart.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/**
 * Cuts Fashion-MNIST (Xiao, Rasul and Vollgraf, arXiv:1708.07747; MIT) into image folders: five
 * classes that the backbone is pretrained on, five that it has never seen. The rule is the label's
 * parity, so that nobody picked the easy ones.
 */
public final class FashionImages {
  /** By label, as in the dataset's README. */
  static final List<String> CLASSES =
      List.of(
          """
          T-shirt Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Ankle-boot
          """
              .split("\\s+"));

  /** Which half of the classes. */
  public enum Half {
    /** Even labels: T-shirt, Pullover, Coat, Shirt, Bag. */
    PRETRAIN,
    /** Odd labels: Trouser, Dress, Sandal, Sneaker, Ankle-boot. */
    TRANSFER;

    boolean has(int label) {
      return label % 2 == (this == PRETRAIN ? 0 : 1);
    }
  }

  private FashionImages() {}

  /**
   * Writes {@code out/train/<class>/<index>.png} from the train file and {@code
   * out/val/<class>/<index>.png} from the test file; gray 8-bit PNG, 28x28. The first images of
   * each class in the file's order are taken.
   *
   * @param trainPerClass at most so many a class, as {@code valPerClass}
   */
  public static void write(Path from, Path out, Half half, int trainPerClass, int valPerClass)
      throws IOException {
    if (Files.exists(out)) {
      throw Failure.badInput("%s exists; choose another --out", out);
    }
    write(IdxFiles.read(from, "train"), out.resolve("train"), half, trainPerClass);
    write(IdxFiles.read(from, "t10k"), out.resolve("val"), half, valPerClass);
  }

  /**
   * Writes {@code out/train} and {@code out/val} of images that the seed draws from the train file,
   * each into one of them at most.
   */
  public static void writeSample(
      Path from, Path out, Half half, long seed, int trainPerClass, int valPerClass)
      throws IOException {
    IdxFiles idx = IdxFiles.read(from, "train");
    for (int label = 0; label < CLASSES.size(); label++) {
      if (!half.has(label)) {
        continue;
      }
      List<Integer> own = new ArrayList<>();
      for (int i = 0; i < idx.count(); i++) {
        if (idx.label(i) == label) {
          own.add(i);
        }
      }
      Collections.shuffle(own, new Random(31 * seed + label));
      write(idx, own.subList(0, trainPerClass), out.resolve("train"));
      write(idx, own.subList(trainPerClass, trainPerClass + valPerClass), out.resolve("val"));
    }
  }

  private static void write(IdxFiles idx, List<Integer> images, Path out) throws IOException {
    for (int i : images) {
      Path folder = Files.createDirectories(out.resolve(CLASSES.get(idx.label(i))));
      png(idx, i, folder.resolve(Phrase.of("%05d.png", i)));
    }
  }

  private static void write(IdxFiles idx, Path out, Half half, int perClass) throws IOException {
    int[] written = new int[CLASSES.size()];
    for (int i = 0; i < idx.count(); i++) {
      int label = idx.label(i);
      if (half.has(label) && written[label]++ < perClass) {
        Path folder = Files.createDirectories(out.resolve(CLASSES.get(label)));
        png(idx, i, folder.resolve(Phrase.of("%05d.png", i)));
      }
    }
  }

  private static void png(IdxFiles idx, int index, Path file) {
    BufferedImage image =
        new BufferedImage(idx.width(), idx.height(), BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setDataElements(0, 0, idx.width(), idx.height(), idx.image(index));
    try {
      if (!ImageIO.write(image, "png", file.toFile())) {
        throw new IOException("this JDK has no PNG writer");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
  }
}
