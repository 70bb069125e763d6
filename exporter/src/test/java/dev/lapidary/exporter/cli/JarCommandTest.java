package dev.lapidary.exporter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.exporter.artifact.Coordinates;
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
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    try (URLClassLoader loader = loader(jar)) {
      Class<?> type = loader.loadClass("com.acme.shoes.BrownShoes");
      assertThat(type.getField("GREEN").get(null)).isEqualTo("green");
      try (Classifier classifier = (Classifier) type.getMethod("open").invoke(null)) {
        byte[] image = TinyModels.png(new Color(0, 200, 9), 8, 8);
        assertThat(classifier.classify(image).best().label()).isEqualTo("green");
      }
    }
  }

  /** A class is called as the artifact is, also where Java has one of that name. */
  @ParameterizedTest
  @ValueSource(strings = {"classifier", "classifier-options", "string", "system", "failure"})
  void theClassMayHaveTheNameOfAnother(String artifact) throws Exception {
    Path model = TinyModels.write(folder);
    assertThat(jar(model, artifact, folder)).as(err.toString()).isZero();
    try (URLClassLoader loader = loader(folder.resolve(artifact + "-1.0.jar"))) {
      Class<?> type = loader.loadClass("com.acme.shoes." + Coordinates.className(artifact));
      assertThat(type.getField("GREEN").get(null)).isEqualTo("green");
      ((Classifier) type.getMethod("open").invoke(null)).close();
    }
  }

  /** Such as would end the string, or the line, that they stand in. */
  @Test
  void aConstantIsItsLabelWhateverStandsInIt() throws Exception {
    List<String> labels =
        List.of("say \"hi\"", "a\\b\u0007\n\rc\t\u007f", "Grüße \uD83D\uDC5F \\u0022");
    Path model = TinyModels.write(folder, Optional.of(TinyModels.card(labels)));
    assertThat(jar(model, "shoes", folder)).as(err.toString()).isZero();
    try (URLClassLoader loader = loader(folder.resolve("shoes-1.0.jar"))) {
      Class<?> type = loader.loadClass("com.acme.shoes.Shoes");
      for (String name : List.of("SAY_HI", "A_B_C", "GRUSSE_U0022")) {
        assertThat(labels).contains((String) type.getField(name).get(null));
      }
    }
  }

  private URLClassLoader loader(Path jar) throws IOException {
    return new URLClassLoader(new URL[] {jar.toUri().toURL()}, getClass().getClassLoader());
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
