package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageFiles;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.manifest.ImageList;
import dev.lapidary.core.manifest.Part;
import dev.lapidary.core.progress.WorkProgress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Images of which nobody says what they show. Their dataset has no labels. */
public final class UnlabelledImages {
  private UnlabelledImages() {}

  /**
   * @param paths folders, with all folders in them, and image files; those of a single folder are
   *     named from there, others as they were given
   * @param progress gets lines about what is passed over
   * @throws Failure (exit 2) if a place does not exist, or there is no image
   */
  public static Dataset of(List<Path> paths, WorkProgress progress) {
    if (paths.size() == 1 && Files.isDirectory(paths.get(0))) {
      return dataset(paths.get(0), names(paths.get(0), progress), paths);
    }
    List<String> names = new ArrayList<>();
    for (Path path : paths) {
      if (Files.isDirectory(path)) {
        names(path, progress).forEach(name -> names.add(path.resolve(name).toString()));
      } else if (Files.isRegularFile(path)) {
        names.add(path.toString());
      } else {
        throw Failure.badInput("%s does not exist; expected an image or a folder of images", path);
      }
    }
    return dataset(Path.of(""), names, paths);
  }

  /** Whether it is an image, or a folder whose images lie in it and in no folder of a class. */
  public static boolean isUnlabelled(Path path) {
    if (!Files.isDirectory(path)) {
      return Files.isRegularFile(path) && !ImageList.isList(path) && !IdxFormat.isImages(path);
    }
    if (IdxFormat.images(path, "train").isPresent()) {
      return false;
    }
    List<String> names = ImageFiles.of(path).paths();
    return !names.isEmpty() && names.stream().noneMatch(name -> name.contains("/"));
  }

  private static List<String> names(Path folder, WorkProgress progress) {
    ImageFiles files = ImageFiles.of(folder);
    files.passedOver().lines(folder).forEach(progress::say);
    return files.paths();
  }

  private static Dataset dataset(Path root, List<String> names, List<Path> paths) {
    if (names.isEmpty()) {
      throw Failure.badInput(
          "%s: expected images but found none", paths.size() == 1 ? paths.get(0) : paths);
    }
    List<Sample> samples =
        names.stream().map(name -> new Sample(name, List.of(), name, Part.ANY)).toList();
    FilePictures pictures = new FilePictures(root, ImageLimits.DEFAULT);
    return new Dataset(Task.MULTI_LABEL, List.of(), samples, pictures);
  }
}
