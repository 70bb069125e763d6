package dev.lapidary.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A classifier in hosts as they are, not as they should be; each a process of its own. */
@Timeout(600)
class HostTest {
  @TempDir Path folder;

  private final List<String> options = new ArrayList<>();
  private boolean damaged;

  /** ONNX Runtime 1.29 searches the command line with a stack of its own making: see DeepStack. */
  @Test
  void aCommandLineOfAnyLengthIsNoDanger() throws Exception {
    options.add("-Dlong=" + "x".repeat(100_000));
    assertThat(said("classify")).containsExactly("green");
  }

  @Test
  void anApplicationThatIsClosedAndDeployedAgainOpensItsModelAgain() throws Exception {
    assertThat(said("redeploy")).containsExactly("green", "green");
  }

  @Test
  void aMachineWithoutALibraryAndTwoRuntimesAreSaidInOneLine() throws Exception {
    options.add("-Dos.arch=riscv64");
    Path second = secondRuntime();
    assertThat(said("classify"))
        .singleElement()
        .asString()
        .startsWith("ONNX Runtime has no library that loads on ")
        .contains("-riscv64: ")
        .contains(
            "; its jar carries linux-x64, linux-aarch64 (both glibc), osx-aarch64 and win-x64;")
        .endsWith(bothNamed(second));
  }

  /** The first on the class path may be older than the file. */
  @Test
  void aFileThatTheFirstOfTwoRuntimesCannotLoadNamesBoth() throws Exception {
    Path second = secondRuntime();
    damaged = true;
    assertThat(said("classify"))
        .singleElement()
        .asString()
        .contains("] ONNX Runtime cannot load it, expected an ONNX model: ")
        .endsWith(bothNamed(second));
  }

  /** On the class path behind the one that is there. */
  private Path secondRuntime() throws IOException {
    Path second = folder.resolve("onnxruntime-old.jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(second))) {
      zip.putNextEntry(new ZipEntry("ai/onnxruntime/OrtEnvironment.class"));
    }
    options.addAll(List.of("-cp", classPath() + File.pathSeparator + second));
    return second;
  }

  private static String bothNamed(Path second) {
    String first =
        Arrays.stream(classPath().split(File.pathSeparator))
            .filter(entry -> entry.matches(".*[/\\\\]onnxruntime-[^/\\\\]*jar"))
            .findFirst()
            .orElseThrow();
    return "; 2 ONNX Runtimes are on the class path, of which the first is taken: %s, %s; keep one"
        .formatted(Path.of(first).getFileName(), second.getFileName());
  }

  /** As the shade and assembly plugins make them: of entries that are there twice the first. */
  @Test
  @Tag("proof")
  void aFatJarClassifies() throws Exception {
    Path jar = folder.resolve("fat.jar");
    Set<String> there = new HashSet<>();
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      zip.setLevel(Deflater.NO_COMPRESSION);
      for (String entry : classPath().split(File.pathSeparator)) {
        if (Files.isDirectory(Path.of(entry))) {
          putFolder(zip, Path.of(entry), there);
        } else if (entry.endsWith(".jar")) {
          putJar(zip, entry, there);
        }
      }
    }
    options.addAll(List.of("-cp", jar.toString()));
    assertThat(said("classify")).containsExactly("green");
  }

  private static void putFolder(ZipOutputStream zip, Path folder, Set<String> there)
      throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = folder.relativize(file).toString().replace(File.separatorChar, '/');
        if (there.add(name)) {
          zip.putNextEntry(new ZipEntry(name));
          Files.copy(file, zip);
        }
      }
    }
  }

  private static void putJar(ZipOutputStream zip, String jar, Set<String> there)
      throws IOException {
    try (ZipFile from = new ZipFile(jar)) {
      for (ZipEntry each : Collections.list(from.entries())) {
        if (!each.isDirectory() && there.add(each.getName())) {
          zip.putNextEntry(new ZipEntry(each.getName()));
          from.getInputStream(each).transferTo(zip);
        }
      }
    }
  }

  /** All that a program gets with the one dependency, and tests' own libraries beside it. */
  @Test
  void nothingOfAServerOrATrainerOrALogIsOnItsClassPath() {
    List<String> names =
        Arrays.stream(classPath().split(File.pathSeparator))
            .map(entry -> String.valueOf(Path.of(entry).getFileName()))
            .toList();
    assertThat(names).anyMatch(name -> name.startsWith("onnxruntime-"));
    assertThat(names)
        .noneMatch(
            name ->
                name.matches(
                    "(micronaut|pytorch|netty|slf4j-simple|slf4j-jdk14|slf4j-reload4j|logback|log4j"
                        + "|reload4j|jboss-logging|commons-logging|tinylog).*"))
        .noneMatch(name -> name.matches("(api|model-zoo|basicdataset)-0\\.\\d+.*jar"));
  }

  private static String classPath() {
    return System.getProperty("java.class.path");
  }

  private List<String> said(String what) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-CreateCoredumpOnCrash"));
    command.addAll(options);
    Path image =
        Files.write(folder.resolve("green.png"), TinyModels.png(new Color(30, 250, 100), 9, 9));
    Path model = TinyModels.write(folder);
    if (damaged) {
      byte[] bytes = Files.readAllBytes(model);
      Files.write(model, Arrays.copyOf(bytes, bytes.length / 2));
    }
    command.addAll(List.of(Hosts.class.getName(), what, model.toString(), image.toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("CLASSPATH", classPath());
    builder.environment().remove("ORT_DISABLE_TELEMETRY");
    Path errors = folder.resolve("errors.txt");
    Process process = builder.redirectError(errors.toFile()).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(() -> read(errors)).isZero();
    return said.lines().toList();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
