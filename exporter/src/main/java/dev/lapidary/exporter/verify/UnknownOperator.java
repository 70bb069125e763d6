package dev.lapidary.exporter.verify;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.nio.file.Path;

/** A network computes with an operator of a newer PyTorch, which libtorch does not know: exit 4. */
public final class UnknownOperator extends Failure {
  private static final long serialVersionUID = 1L;

  private final String operator;

  UnknownOperator(Path file, String operator) {
    super(
        ExitCode.UNSUPPORTED,
        "[%s] %s does not know how it calls %s, and it computes with that; write it with PyTorch"
                .formatted(file.getFileName(), ModelRuntime.LIBTORCH.label(), operator)
            + " 2.7 or older, or without that operator");
    this.operator = operator;
  }

  /** {@code aten::relu}. */
  public String operator() {
    return operator;
  }
}
