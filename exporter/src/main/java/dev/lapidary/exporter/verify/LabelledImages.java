package dev.lapidary.exporter.verify;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.BadImage;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.core.manifest.ImageList;
import dev.lapidary.core.manifest.LabelledFolder;
import dev.lapidary.core.manifest.ModelLabels;
import dev.lapidary.core.manifest.Part;
import dev.lapidary.core.progress.WorkProgress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Images to measure a model with: a folder with a sub-folder a class, or a list, of which the part
 * for tests where it has one, as {@code trainer evaluate} takes them.
 *
 * @param location the folder or the list, for messages
 * @param root of the paths
 * @param labels that the images' labels are indices into: the model's, if it has any
 */
public record LabelledImages(
    Path location, Path root, List<String> labels, List<LabelledImages.Image> images) {
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
   * @param rule whether a class folder without images is left out
   * @param notes gets lines about what is left alone or passed over
   * @throws Failure (exit 2) if the images have labels that the model does not know, or several
   *     where it gives one
   */
  public static LabelledImages of(
      Path data, ModelCard card, OnBadImage rule, Consumer<String> notes) {
    ModelLabels model = new ModelLabels(card.labels(), card.scoring().several());
    return !Files.isDirectory(data) && ImageList.isList(data)
        ? listed(data, model, notes)
        : folder(data, model, rule, notes);
  }

  private static LabelledImages folder(
      Path data, ModelLabels model, OnBadImage rule, Consumer<String> notes) {
    LabelledFolder folder = LabelledFolder.readTest(data, model.labels(), rule);
    folder.notes().forEach(notes);
    List<Integer> indices = model.indices(data, folder.classes(), false);
    return new LabelledImages(
        data,
        folder.root(),
        model.labels().isEmpty() ? folder.classes() : model.labels(),
        folder.images().stream()
            .map(image -> new Image(image.path(), List.of(indices.get(image.label()))))
            .toList());
  }

  private static LabelledImages listed(Path data, ModelLabels model, Consumer<String> notes) {
    ImageList list = ImageList.read(data);
    List<Integer> indices = model.indices(data, list.labels(), list.multiLabel());
    List<ImageList.Image> test =
        list.images().stream().filter(image -> Part.of(image.split()) == Part.TEST).toList();
    boolean trained =
        list.images().stream().anyMatch(image -> Part.of(image.split()) == Part.TRAIN);
    if (test.isEmpty() && trained) {
      notes.accept(
          "[%s] has no part for tests: all images are measured, those to train on too"
              .formatted(data));
    }
    return new LabelledImages(
        data,
        list.folder(),
        model.labels().isEmpty() ? list.labels() : model.labels(),
        (test.isEmpty() ? list.images() : test)
            .stream().map(image -> new Image(image.path(), of(image.labels(), indices))).toList());
  }

  private static List<Integer> of(List<Integer> labels, List<Integer> indices) {
    return labels.stream().map(indices::get).sorted().toList();
  }

  /**
   * Decodes them in order.
   *
   * @param alpha what transparent ones are put on
   * @param use gets each with its pixels; no more of them once one is bad and ends the work
   * @return those that could be read
   * @throws Failure (exit 2) naming the bad ones, if they are not to be left out, or all are bad
   */
  LabelledImages read(
      Background alpha, OnBadImage rule, WorkProgress progress, BiConsumer<Image, RgbImage> use) {
    List<Image> good = new ArrayList<>();
    List<BadImage> bad = new ArrayList<>();
    for (Image image : images) {
      progress.count("verifying", good.size() + bad.size(), images.size());
      try {
        RgbImage pixels = ImageFile.read(root, image.path(), ImageLimits.DEFAULT, alpha);
        if (bad.isEmpty() || rule == OnBadImage.SKIP) {
          use.accept(image, pixels);
          good.add(image);
        }
      } catch (UndecodableImage e) {
        bad.add(BadImage.of(image.path(), e));
      }
    }
    progress.count("verifying", images.size(), images.size());
    BadImage.judge(location, bad, rule).forEach(progress::say);
    if (good.isEmpty()) {
      throw Failure.badInput("[%s] none of its %d images can be read", location, bad.size());
    }
    return new LabelledImages(location, root, labels, good);
  }
}
