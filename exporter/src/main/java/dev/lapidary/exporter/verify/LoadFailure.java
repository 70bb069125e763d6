package dev.lapidary.exporter.verify;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** ONNX Runtime refuses a file: exit 2, for whoever gave the file. */
public final class LoadFailure extends Failure {
  private static final long serialVersionUID = 1L;
  private static final Pattern NODE =
      Pattern.compile("(?:node with name '|node:'|in node \\()([^')]+)");
  private static final Pattern WRAPPING =
      Pattern.compile("Error code - \\w+ - message: |Load model from .* failed: ?");

  private final String reason;

  LoadFailure(Path file, String reason) {
    super(
        ExitCode.BAD_INPUT,
        "[%s] ONNX Runtime cannot load it: %s".formatted(file.getFileName(), reason));
    this.reason = reason;
  }

  /**
   * The same where the file was just made (exit 4): the runtime has no kernel for an operator's
   * element types, and what it says of that names a node.
   *
   * @param origins for nodes' names, the operators that they are of, with their places
   * @param source the archive's name
   */
  public Failure ofMade(Map<String, String> origins, String source) {
    Matcher node = NODE.matcher(reason);
    Optional<String> origin =
        node.find() ? Optional.ofNullable(origins.get(node.group(1))) : Optional.empty();
    return Failure.unsupported(
        "[%s] %s: ONNX Runtime has no kernel for what it becomes here (%s); of float32 numbers,"
            + " x.float(), it may have one",
        source,
        origin.orElse("an operator of the network"),
        WRAPPING.matcher(reason).replaceAll("").strip());
  }
}
