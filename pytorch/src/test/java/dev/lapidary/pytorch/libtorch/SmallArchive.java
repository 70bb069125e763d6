package dev.lapidary.pytorch.libtorch;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Archives of a few lines, of networks for images of 3x4x4. */
final class SmallArchive {
  /** Three classes, of {@code self.w}, [3, 48]. */
  static final String LOGITS = "return torch.matmul(torch.flatten(image, 1), torch.t(self.w))";

  private SmallArchive() {}

  static Tensor weights() {
    return Uniform.tensor("w", 3, 48);
  }

  static Path logits(Path folder) throws IOException {
    return write(folder, LOGITS, "");
  }

  /**
   * @param forward a line of text, in which the input is called {@code image}
   * @param method more lines of the class
   */
  static Path write(Path folder, String forward, String method) throws IOException {
    return write(folder, forward, method, Map.of());
  }

  /**
   * @param more classes and functions, by the path of their file
   */
  static Path write(Path folder, String forward, String method, Map<String, String> more)
      throws IOException {
    return write(folder, "Tensor", forward, method, more);
  }

  /** The same where forward gives something else than a tensor. */
  static Path giving(Path folder, String type, String forward) throws IOException {
    return write(folder, type, forward, "", Map.of());
  }

  private static Path write(
      Path folder, String type, String forward, String method, Map<String, String> more)
      throws IOException {
    PyObject root = new PyObject("__torch__.Net");
    root.attributes().put("training", new PyBool(true));
    root.attributes().put("w", new PyTensor(weights(), false));
    String code =
        """
        class Net(Module):
          __parameters__ = ["w", ]
          __buffers__ = []
          w : Tensor
          training : bool
          def forward(self: __torch__.Net,
            image: Tensor) -> %s:
            %s
        %s\
        """
            .formatted(type, forward.replace("\n", "\n    "), method);
    Map<String, String> files = new TreeMap<>(more);
    files.put("__torch__.py", code);
    Path file = folder.resolve("small.pt");
    Files.deleteIfExists(file); // never in place: it may be mapped
    ArchiveWriter.write(
        new TorchScriptArchive("small", 10, new TreeMap<>(files), root, List.of(), new TreeMap<>()),
        file);
    return file;
  }
}
