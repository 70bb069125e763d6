package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.runtime.Classifier;
import dev.lapidary.runtime.TinyModels;
import java.awt.Color;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JarCommandTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return ExporterMain.run(new PrintWriter(out), new PrintWriter(err), arguments);
  }

  private int jar(Path model, String artifact, Path to) {
    return run(
        "jar",
        model.toString(),
        "--group",
        "com.acme",
        "--artifact",
        artifact,
        "--version",
        "1.0",
        "--package",
        "com.acme.shoes",
        "--out",
        to.toString());
  }

  @Test
  void theJarHasAClassThatOpensTheModelAndNamesItsLabels() throws Exception {
    Path model = TinyModels.write(folder);
    assertThat(jar(model, "brown-shoes", folder.resolve("a"))).as(err.toString()).isZero();
    assertThat(err.toString()).isEmpty();
    Path jar = folder.resolve("a/brown-shoes-1.0.jar");
    Path pom = folder.resolve("a/brown-shoes-1.0.pom");
    assertThat(out.toString())
        .isEqualTo(
            ("%s: com.acme.shoes.BrownShoes, 3 constants of labels%n"
                    + "mvn install:install-file -Dfile=%s -DpomFile=%s%n")
                .formatted(jar, jar, pom));
    assertThat(pom)
        .content()
        .contains("<groupId>com.acme</groupId>", "<artifactId>runtime</artifactId>")
        .containsPattern("<version>\\d+\\.\\d+\\.\\d+</version>\\s+</dependency>");
    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {jar.toUri().toURL()}, getClass().getClassLoader())) {
      Class<?> type = loader.loadClass("com.acme.shoes.BrownShoes");
      assertThat(type.getField("GREEN").get(null)).isEqualTo("green");
      try (Classifier classifier = (Classifier) type.getMethod("open").invoke(null)) {
        byte[] image = TinyModels.png(new Color(0, 200, 9), 8, 8);
        assertThat(classifier.classify(image).best().label()).isEqualTo("green");
      }
    }
  }

  @Test
  void equalModelsGiveEqualJars() throws IOException {
    Path model = TinyModels.write(folder);
    assertThat(jar(model, "shoes", folder.resolve("a"))).isZero();
    assertThat(jar(model, "shoes", folder.resolve("b"))).isZero();
    assertThat(folder.resolve("a/shoes-1.0.jar"))
        .hasSameBinaryContentAs(folder.resolve("b/shoes-1.0.jar"));
    assertThat(jar(model, "shoes", folder.resolve("a"))).isEqualTo(2);
    assertThat(err.toString()).contains("exists; choose another --out or add --force");
  }

  @Test
  void whatMavenOrJavaWouldNotTakeIsRefused() throws IOException {
    Path model = TinyModels.write(folder);
    assertThat(jar(model, "brown shoes", folder)).isEqualTo(2);
    assertThat(err.toString())
        .contains("--artifact brown shoes: expected letters, digits, '.', '-' and '_'");
    assertThat(
            run(
                "jar",
                model.toString(),
                "--group=a",
                "--artifact=b",
                "--version=1",
                "--package=com.int.x"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--package com.int.x: expected a Java package's name");
    assertThat(Files.list(folder)).containsExactly(model);
  }

  @Test
  void aModelThatIsNoneOrDoesNotAnswerIsRefused() throws IOException {
    assertThat(jar(folder.resolve("no.onnx"), "shoes", folder)).isEqualTo(2);
    assertThat(err.toString()).contains("no.onnx is no file; expected an ONNX file");
    Optional<ModelCard> wrong = Optional.of(TinyModels.card(TinyModels.golden(0.5f)));
    assertThat(jar(TinyModels.write(folder, wrong), "shoes", folder)).isEqualTo(3);
    assertThat(err.toString()).contains("golden image 0: logit 0 is 0.980392");
    assertThat(folder.resolve("shoes-1.0.jar")).doesNotExist();
  }

  @Test
  void helpNamesItsOwnVersionAndNoOther() {
    assertThat(run("jar", "--help")).isZero();
    assertThat(out.toString()).contains("--version=VERSION", "-h, --help", "Exit codes:");
  }
}
