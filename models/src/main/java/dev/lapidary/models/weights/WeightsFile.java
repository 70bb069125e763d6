package dev.lapidary.models.weights;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.MappedFile;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.torchscript.archive.TorchSaveReader;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.script.StateDict;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A file of weights in any format that is in use; its first bytes say which, not its name. */
public final class WeightsFile {
  /** {@link NamedTensors#format} of a TorchScript archive. */
  public static final String TORCH_SCRIPT = "TorchScript";

  private WeightsFile() {}

  /**
   * Its tensors by name: safetensors, {@code torch.save} (zip and legacy), a TorchScript archive's
   * state_dict, or an ONNX model's initializers. No code of the file runs, and no tensor is copied.
   *
   * @param path of the file; of several that belong together ({@code model-00001-of-00002}) one of
   *     them, their index, or their folder
   * @throws Failure exit 2, naming the file, if it is none of these or damaged
   */
  public static NamedTensors read(Path path) {
    try {
      Optional<Shards> shards = Shards.of(path);
      return shards.isPresent()
          ? shards.get().read(WeightsFile::readOne)
          : read(MappedFile.open(path), path);
    } catch (Failure e) {
      String source = "[" + path.getFileName() + "]";
      throw String.valueOf(e.getMessage()).startsWith(source)
          ? e
          : e.at(String.valueOf(path.getFileName()));
    }
  }

  /**
   * The SHA-256 of a file; of several that belong together that of their names and SHA-256s, as
   * {@code sha256sum} lists them.
   *
   * @throws Failure exit 2 if one is missing, exit 1 if one cannot be read
   */
  public static String sha256(Path path) {
    Optional<Shards> shards = Shards.of(path);
    if (shards.isEmpty()) {
      return Sha256.of(path);
    }
    return Sha256.of(
        shards.get().files().stream()
            .map(file -> Sha256.of(file) + "  " + file.getFileName() + "\n")
            .collect(Collectors.joining()));
  }

  private static NamedTensors readOne(Path path) {
    try {
      return read(MappedFile.open(path), path);
    } catch (Failure e) {
      throw e.at(String.valueOf(path.getFileName()));
    }
  }

  private static NamedTensors read(MappedFile file, Path path) {
    if (TorchSaveReader.isLegacy(file)) {
      return SavedDict.tensors("torch.save legacy", TorchSaveReader.readLegacy(file));
    }
    if (file.size() >= 2 && file.slice(0, 2).getShort() == 0x4b50) {
      return TorchSaveReader.isTorchScript(file) || NetworkFile.isExported(file)
          ? torchScript(path)
          : SavedDict.tensors("torch.save zip", TorchSaveReader.readZip(file));
    }
    if (Safetensors.isSafetensors(file)) {
      return Safetensors.read(file);
    }
    if (OnnxInitializers.isOnnx(file)) {
      return OnnxInitializers.read(file);
    }
    throw Failure.badInput(
        "is no weights file: expected safetensors, torch.save (.pth), a TorchScript archive or"
            + " ONNX");
  }

  private static NamedTensors torchScript(Path path) {
    StateDict state = StateDict.of(NetworkFile.read(path));
    return new NamedTensors(TORCH_SCRIPT, state.tensors(), Map.of(), List.of());
  }
}
