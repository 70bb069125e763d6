package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageFolder;
import dev.lapidary.core.image.ImageLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A folder with one sub-folder a class, in torchvision's order; or one with {@code train} and
 * {@code val}, each of that kind.
 */
final class FolderFormat {
  private FolderFormat() {}

  static Dataset read(Path root, ImageLimits limits) {
    Optional<Path> validation = validation(root);
    Dataset data =
        validation.isPresent()
            ? divided(root, validation.get(), limits)
            : dataset(ImageFolder.read(root), limits);
    if (data.labels().size() < 2) {
      throw Failure.badInput(
          "[%s] expected at least two class folders but found one, %s", root, data.labels().get(0));
    }
    return data;
  }

  private static Optional<Path> validation(Path root) {
    if (!Files.isDirectory(root.resolve("train"))) {
      return Optional.empty();
    }
    return List.of("val", "valid", "validation").stream()
        .map(root::resolve)
        .filter(Files::isDirectory)
        .findFirst();
  }

  private static Dataset dataset(ImageFolder folder, ImageLimits limits) {
    return new Dataset(
        folder.classes(),
        folder.images().stream().map(i -> new Sample(i.path(), i.label())).toList(),
        new FilePictures(folder.root(), limits));
  }

  private static Dataset divided(Path root, Path validation, ImageLimits limits) {
    ImageFolder train = ImageFolder.read(root.resolve("train"));
    ImageFolder val = ImageFolder.read(validation);
    TrainingData.requireSameLabels(validation, train.classes(), val.classes());
    List<Sample> samples = new ArrayList<>();
    add(samples, train, Sample.Part.TRAIN);
    add(samples, val, Sample.Part.VALIDATION);
    return new Dataset(train.classes(), samples, new FilePictures(root, limits));
  }

  private static void add(List<Sample> samples, ImageFolder folder, Sample.Part part) {
    for (ImageFolder.Image image : folder.images()) {
      String name = folder.root().getFileName() + "/" + image.path();
      samples.add(new Sample(name, List.of(image.label()), name, part));
    }
  }
}
