package dev.lapidary.exporter.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.cli.CommandTree;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.runtime.model.ModelLoader;
import dev.lapidary.runtime.model.ServedModel;
import dev.lapidary.runtime.session.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes {@code ARTIFACT-VERSION.jar} and {@code .pom} of an exported file. */
public final class ModelJar {
  private static final long LARGEST = Integer.MAX_VALUE - 8L;

  /** Equal models give equal jars. */
  private static final LocalDateTime DATE = LocalDateTime.of(2026, 1, 1, 0, 0, 0);

  private final Coordinates name;
  private final byte[] model;
  private final ModelCard card;

  private ModelJar(Coordinates name, byte[] model, ModelCard card) {
    this.name = name;
    this.model = model;
    this.card = card;
  }

  /**
   * What was written.
   *
   * @param compiled whether the class is in the jar, and not its source alone
   * @param constants how many labels have one
   */
  public record Written(Path jar, Path pom, boolean compiled, int constants) {}

  /**
   * Proves the model first: it is opened as programs will, from memory, and answers its golden
   * images.
   *
   * @throws Failure (exit 2) if the file has no card, or weights beside it, (exit 3) if it answers
   *     its golden images otherwise
   */
  public static Written write(Path file, Coordinates name, Path folder, boolean force)
      throws IOException {
    Path jar = folder.resolve(name.fileName() + ".jar");
    Path pom = folder.resolve(name.fileName() + ".pom");
    AtomicFile.requireAbsent(jar, force);
    AtomicFile.requireAbsent(pom, force);
    if (!Files.isRegularFile(file)) {
      throw Failure.badInput("%s is no file; expected an ONNX file of exporter onnx", file);
    }
    if (Files.size(file) > LARGEST) {
      throw Failure.badInput(
          "[%s] has %d bytes, and a jar's resource is read whole: at most %d",
          file, Files.size(file), LARGEST);
    }
    byte[] model = Files.readAllBytes(file);
    ModelJar made = new ModelJar(name, model, proven(file, model));
    return made.write(jar, pom);
  }

  private static ModelCard proven(Path file, byte[] model) {
    String where = String.valueOf(file.getFileName());
    try (ServedModel opened = ModelLoader.load(model, where, Device.cpu(), 1)) {
      Optional<String> failure = opened.goldenFailure();
      if (failure.isPresent()) {
        throw Failure.gate("[%s] %s; export it again", where, failure.get());
      }
      return opened
          .card()
          .orElseThrow(() -> Failure.badInput("[%s] has no card; export it again", where));
    }
  }

  private Written write(Path jar, Path pom) throws IOException {
    String resource = name.artifact() + ".onnx";
    String source = TypedClass.of(name, card, resource);
    Optional<byte[]> compiled = Compilation.of(name, source);
    String maven = "META-INF/maven/" + name.group() + "/" + name.artifact() + "/";
    Map<String, byte[]> entries = new TreeMap<>();
    entries.put(name.folder() + resource, model);
    entries.put(name.folder() + name.className() + ".java", source.getBytes(UTF_8));
    compiled.ifPresent(bytes -> entries.put(name.folder() + name.className() + ".class", bytes));
    entries.put(maven + "pom.xml", pom().getBytes(UTF_8));
    entries.put(
        maven + "pom.properties",
        "groupId=%s%nartifactId=%s%nversion=%s%n"
            .formatted(name.group(), name.artifact(), name.version())
            .replace("\r", "")
            .getBytes(UTF_8));
    AtomicFile.write(jar, file -> pack(file, entries));
    AtomicFile.write(pom, file -> Files.writeString(file, pom()));
    return new Written(jar, pom, compiled.isPresent(), LabelConstants.of(card.labels()).size());
  }

  private void pack(Path file, Map<String, byte[]> entries) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      put(
          zip,
          "META-INF/MANIFEST.MF",
          ("Manifest-Version: 1.0\nAutomatic-Module-Name: " + name.packageName() + "\n")
              .getBytes(UTF_8));
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        put(zip, entry.getKey(), entry.getValue());
      }
    }
  }

  private static void put(ZipOutputStream zip, String path, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry(path);
    entry.setTimeLocal(DATE);
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }

  private String pom() {
    return """
        <?xml version="1.0" encoding="UTF-8"?>
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <groupId>%s</groupId>
          <artifactId>%s</artifactId>
          <version>%s</version>
          <dependencies>
            <dependency>
              <groupId>dev.lapidary</groupId>
              <artifactId>runtime</artifactId>
              <version>%s</version>
            </dependency>
          </dependencies>
        </project>
        """
        .formatted(name.group(), name.artifact(), name.version(), CommandTree.versionNumber());
  }
}
