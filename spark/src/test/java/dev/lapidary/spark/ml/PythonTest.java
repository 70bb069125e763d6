package dev.lapidary.spark.ml;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.spark.Cluster;
import dev.lapidary.spark.ConvModel;
import dev.lapidary.spark.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code pip install pyspark} of the same version, in the Python that LAPIDARY_PYTHON names. */
@ExtendWith(Cluster.class)
class PythonTest {
  @TempDir private Path folder;

  @Test
  void pythonScoresSavesAndLoads() throws Exception {
    String python = System.getenv().getOrDefault("LAPIDARY_PYTHON", "python3");
    String version = pyspark(python);
    SparkSession session = Cluster.session();
    if (!version.equals(session.version())) {
      String why =
          "SKIPPED: OnnxClassifier in Python: %s has %s, expected pyspark %s with numpy (pip install 'pyspark[ml]'; set LAPIDARY_PYTHON)"
              .formatted(python, version.isEmpty() ? "no pyspark.ml" : version, session.version());
      System.err.println(why);
      Assumptions.abort(why);
    }
    Path table = folder.resolve("photos");
    TestImages.table(session, 6, 3).write().parquet(table.toString());
    ProcessBuilder builder =
        new ProcessBuilder(
            python,
            Path.of("src/test/resources/onnx_classifier.py").toString(),
            ConvModel.write(folder).toString(),
            table.toString(),
            folder.resolve("pipeline").toString());
    builder.environment().remove("SPARK_HOME"); // pip's own
    builder.environment().remove("SPARK_SCALA_VERSION");
    builder.environment().put("PYTHONPATH", jar().toString());
    builder
        .environment()
        .put(
            "PYSPARK_SUBMIT_ARGS",
            "--master local[1] --conf spark.ui.enabled=false --driver-class-path "
                + Cluster.classPath()
                + " pyspark-shell");
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    List<String> rows = output.lines().filter(line -> line.startsWith("row ")).toList();
    assertThat(rows).hasSize(6);
    for (int i = 0; i < rows.size(); i++) {
      assertThat(rows.get(i))
          .matches(
              TestImages.isBroken(i, 3)
                  ? "row " + i + " None 0 \\S.*"
                  : "row " + i + " [a-j] 3 None");
    }
  }

  /** Empty if there is none. */
  private static String pyspark(String python) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(python, "-c", "import pyspark.ml; print(pyspark.__version__)")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String version = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
      return process.waitFor() == 0 ? version : "";
    } catch (IOException e) {
      return "";
    }
  }

  /** The module's classes and its Python, as the jar has them. */
  private Path jar() throws IOException {
    Path classes = Path.of("target/classes");
    Path jar = folder.resolve("spark.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.toList()) {
        String name = classes.relativize(file).toString().replace('\\', '/');
        if (!name.isEmpty()) {
          boolean directory = Files.isDirectory(file);
          out.putNextEntry(new JarEntry(directory ? name + "/" : name));
          if (!directory) {
            Files.copy(file, out);
          }
          out.closeEntry();
        }
      }
    }
    return jar;
  }
}
