package dev.lapidary.exporter.cli;

import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.exporter.artifact.Coordinates;
import dev.lapidary.exporter.artifact.ModelJar;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code exporter jar}. */
@Command(
    name = "jar",
    description = {
      "Writes a jar and a pom of an ONNX file, for Maven and Gradle: the model, and a class that"
          + " opens",
      "it and names its labels."
    })
final class JarCommand extends ProgramCommand {
  @Parameters(paramLabel = "MODEL", description = "an ONNX file that exporter onnx wrote")
  private Path model;

  @Option(names = "--group", required = true, paramLabel = "ID", description = "Maven's groupId")
  private String group;

  @Option(
      names = "--artifact",
      required = true,
      paramLabel = "ID",
      description = "Maven's artifactId")
  private String artifact;

  // In place of the --version that all other commands have, which is Lapidary's own.
  @Option(
      names = "--version",
      required = true,
      paramLabel = "VERSION",
      description = "the artifact's version")
  private String version;

  @Option(
      names = "--package",
      required = true,
      paramLabel = "NAME",
      description = "the class's package")
  private String packageName;

  @Option(
      names = "--class",
      paramLabel = "NAME",
      description = "the class's name; brown-shoes gives BrownShoes unless told")
  private @Nullable String className;

  @Option(names = "--out", paramLabel = "DIR", description = "the folder to write into")
  private Path out = Path.of(".");

  @Option(names = "--force", description = "replace existing files")
  private boolean force;

  @Override
  public Integer call() throws Exception {
    String name = className == null ? Coordinates.className(artifact) : className;
    Coordinates coordinates = new Coordinates(group, artifact, version, packageName, name);
    ModelJar.Written written = ModelJar.write(model, coordinates, out, force);
    if (!written.compiled()) {
      PrintWriter err = err();
      err.println(
          "note: this Java has no compiler, so the jar holds the class's source alone; run the"
              + " command with a JDK, or compile it in your project");
      err.flush();
    }
    PrintWriter to = out();
    to.printf(
        "%s: %s.%s, %d constants of labels%n",
        written.jar(), packageName, name, written.constants());
    to.printf("mvn install:install-file -Dfile=%s -DpomFile=%s%n", written.jar(), written.pom());
    to.flush();
    return 0;
  }
}
