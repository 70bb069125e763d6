package dev.lapidary.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launchers in trees that are not where they were built, with a Java that says what it is told.
 */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
  private static final Path BIN = Path.of("../bin");
  private static final Path DISTRIBUTED = Path.of("../distribution/src/main/dist/bin/launch");

  @TempDir Path folder;

  private final Map<String, String> environment = new HashMap<>();
  private Path home;
  private Path java;

  @BeforeEach
  void aTreeAndAJava() throws IOException {
    home = Files.createDirectories(folder.resolve("moved here")).toRealPath();
    for (String script :
        List.of("exporter", "launch", "options", "quickstart", "serve", "trainer")) {
      copy(BIN.resolve(script), home.resolve("bin").resolve(script));
    }
    java = folder.resolve("jdk");
    script(
        java.resolve("bin/java"),
        "#!/bin/sh\nfor word in \"$@\"; do echo \"$word\"; done\n"
            + "echo telemetry $ORT_DISABLE_TELEMETRY\n"
            + "echo malloc $MALLOC_ARENA_MAX $MALLOC_MMAP_MAX_ $MALLOC_TRIM_THRESHOLD_\n");
    Files.writeString(java.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
  }

  @Test
  void aCopyOfACheckoutRunsItsOwnLibrariesAndNoOthers() throws Exception {
    Path target = Files.createDirectories(home.resolve("serve/target"));
    Files.writeString(target.resolve("classpath"), "@lib@/core-0.2.0.jar:@lib@/x.jar");
    Files.createFile(target.resolve("serve-0.1.0.jar"));
    Files.createFile(target.resolve("serve-0.2.0.jar"));
    Files.createDirectories(home.resolve("target"));
    Files.writeString(home.resolve("target/built"), "");
    Path link = Files.createSymbolicLink(folder.resolve("served"), home.resolve("bin/serve"));
    assertThat(said(link, "run", "a b"))
        .containsSubsequence(
            "-Dlapidary.home=" + home,
            "-cp",
            "%1$s/serve/target/serve-0.2.0.jar:%1$s/target/lib/core-0.2.0.jar:%1$s/target/lib/x.jar"
                .formatted(home),
            "dev.lapidary.serve.cli.ServeMain",
            "run",
            "a b",
            "telemetry 1");
  }

  @Test
  void anUnpackedArchiveRunsByOneShortClassPath() throws Exception {
    copy(DISTRIBUTED, home.resolve("bin/launch"));
    Path link = Files.createSymbolicLink(folder.resolve("served"), home.resolve("bin/serve"));
    assertThat(said(link, "run", "a b"))
        .contains("-Donnxruntime.native.path=" + home + "/natives")
        .containsSubsequence(
            "-cp",
            home + "/lib/launch/serve.jar",
            "dev.lapidary.serve.cli.ServeMain",
            "run",
            "a b",
            "telemetry 1");
  }

  /** The quickstart without arguments is minutes of work. */
  @Test
  void onlyWhatEndsAtOnceIsCompiledLittle() throws Exception {
    copy(DISTRIBUTED, home.resolve("bin/launch"));
    String little = "-XX:TieredStopAtLevel=1";
    assertThat(said(home.resolve("bin/serve"))).contains(little);
    assertThat(said(home.resolve("bin/serve"), "run", "--help")).contains(little);
    assertThat(said(home.resolve("bin/serve"), "run", "--model", "m.onnx")).doesNotContain(little);
    assertThat(said(home.resolve("bin/quickstart"))).doesNotContain(little);
  }

  /** Large tensors are mapped anew in each step otherwise. */
  @Test
  void trainingKeepsFreedMemoryUnlessSomethingIsSaidAboutMalloc() throws Exception {
    copy(DISTRIBUTED, home.resolve("bin/launch"));
    assertThat(said(home.resolve("bin/trainer"), "run")).contains("malloc 1 0 4294967295");
    assertThat(said(home.resolve("bin/serve"), "run")).contains("malloc");
    environment.put("MALLOC_MMAP_THRESHOLD_", "131072");
    assertThat(said(home.resolve("bin/trainer"), "run")).contains("malloc");
    environment.remove("MALLOC_MMAP_THRESHOLD_");
    environment.put("MALLOC_ARENA_MAX", "2");
    assertThat(said(home.resolve("bin/trainer"), "run")).contains("malloc 2");
    environment.remove("MALLOC_ARENA_MAX");
    environment.put("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0");
    assertThat(said(home.resolve("bin/trainer"), "run")).contains("malloc");
  }

  /** Threads with memory of their own each hold what the others could use: 200 MB of a gigabyte. */
  @Test
  void anExportHasOneMemoryUnlessSomethingIsSaidAboutMalloc() throws Exception {
    copy(DISTRIBUTED, home.resolve("bin/launch"));
    assertThat(said(home.resolve("bin/exporter"), "onnx", "run")).contains("malloc 1");
    String[] int8 = {"onnx", "run", "--quantize=int8", "--calibration=images"};
    assertThat(said(home.resolve("bin/exporter"), int8)).contains("malloc 1");
    environment.put("MALLOC_ARENA_MAX", "2");
    assertThat(said(home.resolve("bin/exporter"), int8)).contains("malloc 2");
  }

  @Test
  void aJavaThatIsTooOldOrMissingIsSaid() throws Exception {
    copy(DISTRIBUTED, home.resolve("bin/launch"));
    Files.writeString(java.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");
    assertThat(said(home.resolve("bin/serve")))
        .containsExactly(
            "error: "
                + java.resolve("bin/java")
                + " is \"11.0.2\", expected Java 17 or newer; set JAVA_HOME");
    Files.delete(java.resolve("bin/java"));
    assertThat(said(home.resolve("bin/serve")))
        .singleElement()
        .asString()
        .startsWith("error: no Java at " + java + "; install a Java 17 runtime");
  }

  private List<String> said(Path script, String... arguments)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(script.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().keySet().removeIf(name -> name.matches("(MALLOC|GLIBC|ORT)_.*"));
    builder.environment().put("JAVA_HOME", java.toString());
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor();
    return said.lines().toList();
  }

  private static void copy(Path from, Path to) throws IOException {
    script(to, Files.readString(from));
  }

  private static void script(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
