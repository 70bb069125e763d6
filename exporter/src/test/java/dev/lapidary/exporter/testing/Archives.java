package dev.lapidary.exporter.testing;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Small TorchScript archives around a line of text. */
public final class Archives {
  private Archives() {}

  /** {@code forward(x) = expression}, without weights. */
  public static Path of(Path folder, String expression) throws IOException {
    return of(folder, "  return " + expression + "\n", Map.of());
  }

  /**
   * @param body of forward, indented by two
   * @param weights become buffers: {@code self.w}
   */
  public static Path of(Path folder, String body, Map<String, Tensor> weights) throws IOException {
    Map<String, PyValue> attributes = new TreeMap<>();
    weights.forEach((name, tensor) -> attributes.put(name, new PyTensor(tensor, false)));
    return holding(folder, body, attributes, "");
  }

  /**
   * The same of a module that holds more than tensors.
   *
   * @param attributes tensors and objects: {@code self.conv}
   * @param definitions more classes of the same file
   */
  public static Path holding(
      Path folder, String body, Map<String, PyValue> attributes, String definitions)
      throws IOException {
    StringBuilder code = new StringBuilder(definitions).append("class M(Module):\n");
    PyObject root = new PyObject("__torch__.M");
    code.append("  __parameters__ = []\n  __buffers__ = [");
    attributes.forEach((name, value) -> code.append(isTensor(value) ? "\"" + name + "\", " : ""));
    code.append("]\n  training : bool\n");
    root.attributes().put("training", new PyBool(false));
    new TreeMap<>(attributes)
        .forEach(
            (name, value) -> {
              String type = value instanceof PyObject object ? object.className() : "Tensor";
              code.append("  %s : %s\n".formatted(name, type));
              root.attributes().put(name, value);
            });
    code.append("  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n");
    for (String line : body.split("\n")) {
      code.append("  ").append(line).append('\n');
    }
    TorchScriptArchive archive =
        new TorchScriptArchive(
            "m",
            10,
            new TreeMap<>(Map.of("__torch__.py", code.toString())),
            root,
            List.of(),
            new TreeMap<>());
    Path file = java.nio.file.Files.createTempFile(folder, "m", ".pt");
    ArchiveWriter.write(archive, file);
    return file;
  }

  private static boolean isTensor(PyValue value) {
    return !(value instanceof PyObject);
  }

  public static Tensor weight(String name, long... shape) {
    return Uniform.tensor(name, shape);
  }
}
