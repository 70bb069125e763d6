package dev.lapidary.core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The golden data: recorded from PyTorch 1.13, torchvision 0.14 and Pillow. See golden/README.md.
 */
public final class Golden {
  /** The families of golden/torchscript; each has a scripted and a traced archive. */
  public static final List<String> FAMILIES =
      List.of(
          "resnet_bottleneck",
          "mobilenet_v2",
          "mobilenet_v3_small",
          "squeezenet",
          "densenet",
          "efficientnet",
          "regnet_y",
          "convnext",
          "vit",
          "swin");

  private Golden() {}

  /** {@code json("zoo.json")}. */
  public static JsonNode json(String name) {
    try (InputStream in = resource("/golden/" + name).openStream()) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What torchvision's networks gave, by name: zoo.json, and zoo-torchvision-0.29.json, recorded
   * the same way from a later torchvision of networks that are not in the first.
   */
  public static JsonNode zoo() {
    ObjectNode all = (ObjectNode) json("zoo.json");
    json("zoo-torchvision-0.29.json")
        .get("networks")
        .properties()
        .forEach(network -> all.set(network.getKey(), network.getValue()));
    return all;
  }

  /** The path of a golden file, copied out of the jar if it lies in one. */
  public static Path file(String name) {
    return resourceFile("/golden/" + name);
  }

  /** The same of any file for tests: {@code /weights/kinds.pt}. */
  public static Path resourceFile(String path) {
    try {
      URL url = resource(path);
      if (url.getProtocol().equals("file")) {
        return Path.of(url.toURI());
      }
      Path folder = Files.createTempDirectory("golden");
      Path copy = folder.resolve(String.valueOf(Path.of(path).getFileName()));
      folder.toFile().deleteOnExit(); // in the opposite order
      copy.toFile().deleteOnExit();
      try (InputStream in = url.openStream()) {
        Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
      }
      return copy;
    } catch (Exception e) {
      throw new IllegalStateException("file for tests " + path, e);
    }
  }

  /**
   * {@code archive("vit", "scripted")}; the four large ones only where {@code
   * -Dlapidary.golden=DIR} names a folder that has them, and empty, said on stderr, otherwise.
   */
  public static Optional<Path> archive(String family, String kind) {
    return find("torchscript/", family + "-" + kind + ".pt");
  }

  /** The same of what torch.export wrote; squeezenet is not among them. */
  public static Optional<Path> exported(String family) {
    return find("pt2/", family + ".pt2");
  }

  private static Optional<Path> find(String kept, String name) {
    if (Golden.class.getResource("/golden/" + kept + name) != null) {
      return Optional.of(file(kept + name));
    }
    String folder = System.getProperty("lapidary.golden");
    if (folder != null && !folder.isEmpty()) {
      for (Path file : List.of(Path.of(folder, kept + name), Path.of(folder, name))) {
        if (Files.exists(file)) {
          return Optional.of(file);
        }
      }
    }
    System.err.println("SKIPPED: " + name + " (give its folder by -Dlapidary.golden=DIR)");
    return Optional.empty();
  }

  /** Deterministic weights by the state_dict's name and shape. */
  public static Tensor fill(String name, long... shape) {
    String last = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    if (last.equals("num_batches_tracked")) {
      return Tensor.zeros(DType.INT64, shape);
    }
    int count = Math.toIntExact(Tensor.numel(shape));
    double[] u = Uniform.u(name, count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) value(last, u[i], count, shape);
    }
    return Tensor.of(values, shape);
  }

  private static double value(String last, double u, int count, long[] shape) {
    if (last.equals("running_var")) {
      return 1 + 0.5 * Math.abs(u);
    }
    if (last.equals("running_mean")) {
      return 0.1 * u;
    }
    if (shape.length >= 2) {
      return u * Math.sqrt(6 / ((double) count / shape[0]));
    }
    return last.equals("weight") ? 1 + 0.1 * u : 0.1 * u;
  }

  private static URL resource(String path) {
    URL url = Golden.class.getResource(path);
    if (url == null) {
      throw new IllegalArgumentException("no file for tests " + path);
    }
    return url;
  }
}
