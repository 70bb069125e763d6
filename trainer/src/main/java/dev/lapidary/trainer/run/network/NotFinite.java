package dev.lapidary.trainer.run.network;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.FiniteState;
import dev.lapidary.torchscript.script.StateDict;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What should be numbers is NaN or infinite: exit 1, naming what and the likely cause. */
public class NotFinite extends Failure {
  private static final long serialVersionUID = 1L;

  public NotFinite(String message) {
    super(ExitCode.FAILED, message);
  }

  /**
   * Refuses a file (exit 2) that no network can be computed with.
   *
   * @param file that the archive was read from
   */
  public static void requireFinite(TorchScriptArchive archive, Path file) {
    Optional<String> broken = FiniteState.broken(StateDict.of(archive).tensors());
    if (broken.isPresent()) {
      throw Failure.badInput(
          "[%s] %s, and a network with it answers nothing: the run that made it has diverged; take"
              + " an earlier checkpoint",
          file.getFileName(), broken.get());
    }
  }

  /**
   * @param subject as messages begin: {@code after step 12}
   * @param remedy what the user has and can do
   */
  public static void requireFinite(Map<String, Tensor> tensors, String subject, String remedy) {
    Optional<String> broken = FiniteState.broken(tensors);
    if (broken.isPresent()) {
      throw new NotFinite("%s %s; %s".formatted(subject, broken.get(), remedy));
    }
  }

  /**
   * @param subject whose numbers these are: {@code the answer to 'a/1.png'}
   * @param remedy what the user has and can do
   */
  public static void requireFinite(float[] numbers, String subject, String remedy) {
    for (float number : numbers) {
      if (!Float.isFinite(number)) {
        throw new NotFinite("%s is %s; %s".formatted(subject, FiniteState.word(number), remedy));
      }
    }
  }
}
