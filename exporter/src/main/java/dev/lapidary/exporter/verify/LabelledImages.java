package dev.lapidary.exporter.verify;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageFolder;
import dev.lapidary.core.manifest.ImageList;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Images to measure a model with: a folder with a sub-folder a class, or a list, of which the part
 * for tests where it has one, as {@code trainer evaluate} takes them.
 *
 * @param root of the paths
 * @param labels that the images' labels are indices into
 */
public record LabelledImages(Path root, List<String> labels, List<LabelledImages.Image> images) {
  private static final List<String> TEST = List.of("test", "testing");

  /**
   * @param path relative to the root
   * @param labels of a model of exclusive classes exactly one
   */
  public record Image(String path, List<Integer> labels) {}

  public LabelledImages {
    labels = List.copyOf(labels);
    images = List.copyOf(images);
  }

  /**
   * @throws Failure (exit 2) if the images have labels that the model does not know, or several
   *     where it gives one
   */
  public static LabelledImages of(Path data, ModelCard card) {
    LabelledImages images =
        Files.isRegularFile(data) && ImageList.isList(data)
            ? listed(data, card)
            : folder(data, card);
    List<String> known = card.labels();
    images.labels().stream()
        .filter(label -> !known.isEmpty() && !known.contains(label))
        .findFirst()
        .ifPresent(
            label -> {
              throw Failure.badInput(
                  "[%s] '%s' is no label of the model; its labels are %s",
                  data, label, known.stream().limit(20).toList());
            });
    return images;
  }

  private static LabelledImages folder(Path data, ModelCard card) {
    requireKind(data, card, false);
    ImageFolder folder = ImageFolder.read(data);
    return new LabelledImages(
        folder.root(),
        folder.classes(),
        folder.images().stream().map(i -> new Image(i.path(), List.of(i.label()))).toList());
  }

  private static LabelledImages listed(Path data, ModelCard card) {
    ImageList list = ImageList.read(data);
    requireKind(data, card, list.multiLabel());
    List<ImageList.Image> test =
        list.images().stream().filter(image -> TEST.contains(image.split())).toList();
    return new LabelledImages(
        list.folder(),
        list.labels(),
        (test.isEmpty() ? list.images() : test)
            .stream().map(i -> new Image(i.path(), i.labels())).toList());
  }

  private static void requireKind(Path data, ModelCard card, boolean several) {
    boolean expected = card.activation() == Activation.SIGMOID;
    if (several != expected) {
      throw Failure.badInput(
          "[%s] has %s an image, but the model gives %s",
          data,
          several ? "any number of labels" : "one label",
          expected ? "each of its labels or not: give a list with labels" : "exactly one class");
    }
  }
}
