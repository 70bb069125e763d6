package dev.lapidary.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One Spark for all tests of the JVM, with executors in processes of their own. They start from
 * Maven's jars: Spark looks for a folder {@code jars/} and a file {@code RELEASE}.
 */
public final class Cluster implements BeforeAllCallback {
  /** As {@code bin/launch} has them. */
  private static final String EXECUTOR_OPTIONS = "-XX:+UseSerialGC -XX:+AlwaysPreTouch";

  /** Stopped before the JVM's shutdown, in which Spark would start its executors again. */
  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.GLOBAL)
        .getOrComputeIfAbsent(
            Cluster.class,
            key -> (AutoCloseable) () -> SparkSession.getDefaultSession().foreach(Cluster::stop));
  }

  private static Object stop(SparkSession session) {
    session.stop();
    return session;
  }

  /** Two executors of one core. */
  public static SparkSession session() {
    return Holder.SESSION;
  }

  private static final class Holder {
    static final SparkSession SESSION = start("local-cluster[2,1,1024]");
  }

  /** With another master; it is the JVM's only one. */
  public static SparkSession start(String master) {
    home();
    return SparkSession.builder()
        .master(master)
        .appName("lapidary test")
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "OFF")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", warehouse().toUri().toString())
        .config("spark.executor.extraClassPath", classPath())
        .config("spark.executor.extraJavaOptions", EXECUTOR_OPTIONS)
        .config("spark.executorEnv.ORT_DISABLE_TELEMETRY", "1")
        .getOrCreate();
  }

  /** Surefire puts the real one behind a jar of its own. */
  public static String classPath() {
    return System.getProperty(
        "surefire.test.class.path", System.getProperty("java.class.path", ""));
  }

  private static Path warehouse() {
    try {
      return Files.createTempDirectory("warehouse");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void home() {
    try {
      Path home = Path.of(System.getenv("SPARK_HOME"));
      Files.createDirectories(home.resolve("jars"));
      if (!Files.exists(home.resolve("RELEASE"))) {
        Files.createFile(home.resolve("RELEASE"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
