package dev.lapidary.trainer.program;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.models.surgery.NewerCalls;
import dev.lapidary.models.surgery.NewerCalls.RefusedText;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Brings an archive into libtorch, so that it can be trained. */
final class ProgramLoader {
  private static final int LINES = 3;

  private ProgramLoader() {}

  /**
   * @param device a name that {@link TorchDevice#of} takes
   * @throws Failure (exit 2) if libtorch cannot load it
   */
  static NewerCalls.Loaded<Model> load(TorchScriptArchive program, String device) {
    try {
      return NewerCalls.load(program, archive -> opened(archive, device));
    } catch (RefusedText e) {
      throw refuse(program, e);
    } catch (IOException e) {
      throw Failure.failed("[%s] writing the training program: %s", program.name(), e);
    }
  }

  private static Model opened(TorchScriptArchive program, String device)
      throws RefusedText, IOException {
    Model model = Model.newInstance("program", TorchDevice.of(device).inDjl(), "PyTorch");
    try {
      load(model, program);
      return model;
    } catch (EngineException | MalformedModelException e) {
      model.close();
      throw new RefusedText(e);
    } catch (IOException e) {
      model.close();
      throw e;
    }
  }

  /** In libtorch's own words. */
  static Failure refuse(TorchScriptArchive network, Exception e) {
    String message = String.valueOf(e.getMessage());
    Stream<String> lines = message.lines().map(String::strip).filter(l -> !l.isEmpty());
    return Failure.badInput(
        "[%s] libtorch cannot load it: %s",
        network.name(), lines.limit(LINES).collect(Collectors.joining(" ")));
  }

  private static void load(Model model, TorchScriptArchive program)
      throws IOException, MalformedModelException {
    Path folder = Files.createTempDirectory("lapidary-program");
    Path file = folder.resolve("program.pt");
    try {
      ArchiveWriter.write(program, file);
      model.load(folder, "program", Map.of("trainParam", "true"));
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(folder);
    }
  }
}
