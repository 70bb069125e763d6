package dev.lapidary.trainer.run;

import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An archive of one linear layer {@code fc} from 3 x 8 x 8 pixels to three classes. */
public final class LinearNetwork {
  private static final String TEXT =
      """
      class Linear(Module):
        __parameters__ = ["weight", ]
        __buffers__ = []
        weight : Tensor
        training : bool
        def forward(self: __torch__.Linear, x: Tensor) -> Tensor:
          weight = self.weight
          return torch.linear(x, weight)
      class Net(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
        fc : __torch__.Linear
        def forward(self: __torch__.Net, x: Tensor) -> Tensor:
          fc = self.fc
          y = (fc).forward(torch.flatten(x, 1), )
          training = self.training
          if training:
            if CONDITION:
              z = CHANGED
            else:
              z = y
            answer = z
          else:
            answer = y
          return answer
      """;

  private LinearNetwork() {}

  /**
   * @param condition where it holds while the network trains, its answer y becomes {@code changed}
   */
  public static void write(Path file, String condition, String changed) throws IOException {
    PyObject linear = new PyObject("__torch__.Linear");
    linear.attributes().put("weight", new PyTensor(Uniform.tensor("p", 3, 192), true));
    linear.attributes().put("training", new PyBool(false));
    PyObject root = new PyObject("__torch__.Net");
    root.attributes().put("training", new PyBool(false));
    root.attributes().put("fc", linear);
    String text = TEXT.replace("CONDITION", condition).replace("CHANGED", changed);
    TreeMap<String, String> code = new TreeMap<>(Map.of("__torch__.py", text));
    ArchiveWriter.write(
        new TorchScriptArchive("net", 3, code, root, List.of(), new TreeMap<>()), file);
  }
}
