package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.BadImage;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageFiles;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.core.manifest.ImageList;
import dev.lapidary.core.manifest.LabelNames;
import dev.lapidary.core.manifest.ModelLabels;
import dev.lapidary.core.manifest.Part;
import dev.lapidary.core.progress.WorkProgress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Chooses images by what is in them, and tells calibration from guard the same way: the first in
 * {@link ContentOrder} are calibrated on, the next are held out. What the files are called and how
 * they lie in folders says nothing but their labels.
 */
final class ImageChoice {
  /** Three to measure ranges on and one to hold them to; fewer say nothing. */
  static final int MIN = 4;

  /** Of the images of one folder, the share that is at least held out. */
  private static final int HELD_OUT = 4;

  private final ModelCard card;
  private final OnBadImage rule;
  private final WorkProgress log;

  /** Of the pixels of all that was taken, so that no image is in both sets. */
  private final Set<ByteBuffer> taken = new HashSet<>();

  private int copies;

  /**
   * @param card whose labels tell whether folders are classes
   * @param log gets lines about what is left out and passed over
   */
  ImageChoice(ModelCard card, OnBadImage rule, WorkProgress log) {
    this.card = card;
    this.rule = rule;
    this.log = log;
  }

  /** Up to so many, none held out. */
  ChosenImages withoutGuard(Path folder, int atMost) {
    ChosenImages.Selection chosen = new ChosenImages.Selection(folder, readable(folder, atMost));
    return new ChosenImages(chosen, new ChosenImages.Selection(folder, List.of()), List.of());
  }

  /** Up to so many to calibrate on, and of the rest up to so many held out, at least a quarter. */
  ChosenImages heldOut(Path folder, int calibration, int guard) {
    List<String> good = readable(folder, Math.addExact(calibration, guard));
    requireEnough(folder, good.size());
    int held =
        Math.max(Math.min(guard, Math.max(1, good.size() / HELD_OUT)), good.size() - calibration);
    List<String> guards = good.subList(good.size() - held, good.size());
    return new ChosenImages(
        new ChosenImages.Selection(folder, good.subList(0, good.size() - held)),
        new ChosenImages.Selection(folder, guards),
        labelsOfFolders(folder, guards));
  }

  /**
   * Up to so many of each place; an image that is in both is calibrated on.
   *
   * @param guarding a folder, or a list of labelled images
   */
  ChosenImages apart(Path folder, int calibration, Path guarding, int guard) {
    ChosenImages.Selection good = new ChosenImages.Selection(folder, readable(folder, calibration));
    requireEnough(folder, good.paths().size());
    int before = copies;
    boolean listed = !Files.isDirectory(guarding) && ImageList.isList(guarding);
    ChosenImages chosen = listed ? listed(good, guarding, guard) : folder(good, guarding, guard);
    if (chosen.guard().paths().isEmpty()) {
      throw Failure.badInput(
          "[%s] --guard needs images that --calibration does not have, but found none%s",
          guarding, copies > before ? ": " + copies(copies - before) : "");
    }
    return chosen;
  }

  private ChosenImages folder(ChosenImages.Selection calibration, Path guarding, int atMost) {
    List<String> guards = readable(guarding, atMost);
    ChosenImages.Selection guard = new ChosenImages.Selection(guarding, guards);
    return new ChosenImages(calibration, guard, labelsOfFolders(guarding, guards));
  }

  private ChosenImages listed(ChosenImages.Selection calibration, Path file, int atMost) {
    ImageList list = ImageList.read(file);
    List<Integer> indices =
        new ModelLabels(card.labels(), card.scoring().several())
            .indices(file, list.labels(), list.multiLabel());
    List<ImageList.Image> test =
        list.images().stream().filter(image -> Part.of(image.split()) == Part.TEST).toList();
    Map<String, List<Integer>> labels = new LinkedHashMap<>();
    for (ImageList.Image image : test.isEmpty() ? list.images() : test) {
      labels.put(image.path(), image.labels().stream().map(indices::get).sorted().toList());
    }
    List<String> guards = readable(file, list.folder(), List.copyOf(labels.keySet()), atMost);
    List<List<Integer>> known =
        card.labels().isEmpty()
            ? List.of()
            : guards.stream().map(path -> labels.getOrDefault(path, List.of())).toList();
    return new ChosenImages(calibration, new ChosenImages.Selection(list.folder(), guards), known);
  }

  private List<String> readable(Path folder, int atMost) {
    ImageFiles files = ImageFiles.of(folder);
    files.passedOver().lines(folder).forEach(log::say);
    return readable(folder, folder, files.paths(), atMost);
  }

  /**
   * The first in their contents' order that can be read and are not there yet. They are decoded
   * now, before the work begins that one of them would end.
   *
   * @throws Failure (exit 2) naming those that cannot be read, unless they are to be left out
   */
  private List<String> readable(Path source, Path root, List<String> paths, int atMost) {
    ContentOrder order = ContentOrder.of(root, paths);
    copies += order.copies();
    List<String> good = new ArrayList<>();
    List<BadImage> bad = new ArrayList<>();
    for (ContentOrder.Image image : order.images()) {
      if (good.size() + (rule == OnBadImage.FAIL ? bad.size() : 0) >= atMost) {
        break;
      }
      log.count("reading images", good.size(), Math.min(atMost, paths.size()));
      try {
        RgbImage pixels = ImageFile.read(root, image.path(), ImageLimits.DEFAULT);
        if (taken.add(ByteBuffer.wrap(ContentOrder.sha256(pixels)))) {
          good.add(image.path());
        } else {
          copies++;
        }
      } catch (UndecodableImage e) {
        bad.add(BadImage.of(image.path(), e));
      }
    }
    log.count("reading images", 1, 1);
    BadImage.judge(source, bad, rule).forEach(log::say);
    return good;
  }

  private void requireEnough(Path folder, int found) {
    if (found < MIN) {
      throw Failure.badInput(
          "[%s] int8 needs at least %d different images, some to measure ranges on and others to"
              + " hold the result to, but found %d%s; add images like those that the model will"
              + " see",
          folder, MIN, found, copies > 0 ? " and " + copies(copies) : "");
    }
  }

  private static String copies(int count) {
    return count == 1 ? "1 copy" : count + " copies";
  }

  /** By the folder that each lies in; empty if one of them is no class of the model. */
  private List<List<Integer>> labelsOfFolders(Path root, List<String> paths) {
    if (card.labels().isEmpty() || card.scoring().several() || paths.isEmpty()) {
      return List.of();
    }
    List<String> folders = paths.stream().map(ImageChoice::folder).toList();
    List<Integer> indices = LabelNames.indices(folders, card.labels());
    int unknown = indices.indexOf(-1);
    if (unknown >= 0) {
      if (!folders.get(unknown).isEmpty()) {
        log.say(
            "int8: [%s] folder '%s' is no class of the model: the answers are held to float32's,"
                    .formatted(root, folders.get(unknown))
                + " not to labels");
      }
      return List.of();
    }
    return IntStream.range(0, paths.size()).mapToObj(i -> List.of(indices.get(i))).toList();
  }

  private static String folder(String path) {
    String[] names = path.split("/");
    return names.length < 2 ? "" : names[names.length - 2];
  }
}
