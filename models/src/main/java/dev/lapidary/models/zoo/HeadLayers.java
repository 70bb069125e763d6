package dev.lapidary.models.zoo;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.surgery.ModuleSwap;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict;
import java.util.Map;
import java.util.Optional;

/**
 * What comes before a head's own layer: a hidden layer with a ReLU ({@code --head-mlp}), then a
 * dropout ({@code --head-dropout}). The head keeps the names of its weight and bias; the hidden
 * layer is {@code fc.hidden}.
 *
 * @param hidden outputs of the hidden layer; empty: none
 * @param dropout probability; empty: none
 */
public record HeadLayers(Optional<Integer> hidden, Optional<Double> dropout) {
  public HeadLayers {
    if (hidden.isPresent() && hidden.get() < 1) {
      throw Failure.badInput("a hidden layer needs outputs but has %d", hidden.get());
    }
    if (dropout.isPresent() && !(dropout.get() >= 0 && dropout.get() < 1)) {
      throw Failure.badInput("dropout must be in [0, 1) but is %s", dropout.get());
    }
  }

  public boolean isEmpty() {
    return hidden.isEmpty() && dropout.isEmpty();
  }

  /**
   * The archive with these layers inside its head; a hidden layer makes the head's weight fresh.
   *
   * @param name of the head's module
   * @throws Failure (exit 2) if there is no such head
   */
  public TorchScriptArchive before(
      TorchScriptArchive archive, String name, HeadInit init, long seed) {
    if (isEmpty()) {
      return archive;
    }
    Head head = HeadSearch.named(archive, name);
    ModuleSwap swap = ModuleSwap.at(archive, name);
    PyObject module = new PyObject(swap.className("Head"));
    Map<String, PyValue> attributes = module.attributes();
    attributes.put("weight", weight(head, init, seed));
    head.bias().ifPresent(bias -> attributes.put("bias", bias.value()));
    attributes.put("training", new PyBool(false));
    String text = text(head, swap);
    if (hidden.isPresent()) {
      attributes.put("hidden", hiddenLayer(head, swap.className("Hidden"), seed));
      text += hiddenText(head, swap.className("Hidden"));
    }
    return swap.put(module, text);
  }

  private PyTensor weight(Head head, HeadInit init, long seed) {
    if (hidden.isEmpty()) {
      return head.weight().value();
    }
    long[] shape = head.weight().tensor().shape();
    shape[1] = hidden.get();
    return new PyTensor(init.weight(seed, head.name() + ".weight", shape), true);
  }

  private PyObject hiddenLayer(Head head, String className, long seed) {
    String name = head.name() + ".hidden.";
    long[] shape = head.weight().tensor().shape();
    shape[0] = hidden.orElseThrow();
    Tensor weight = HeadInit.DEFAULT.weight(seed, name + "weight", shape);
    Tensor bias = HeadInit.DEFAULT.bias(seed, name + "bias", shape[0], shape[1]);
    PyObject layer = new PyObject(className);
    layer.attributes().put("weight", new PyTensor(weight, true));
    layer.attributes().put("bias", new PyTensor(bias, true));
    layer.attributes().put("training", new PyBool(false));
    return layer;
  }

  private String text(Head head, ModuleSwap swap) {
    boolean bias = head.bias().isPresent();
    StringBuilder text = new StringBuilder("class Head(Module):\n");
    text.append("  __parameters__ = [\"weight\", ").append(bias ? "\"bias\", ]\n" : "]\n");
    text.append("  __buffers__ = []\n  weight : Tensor\n");
    text.append(bias ? "  bias : Tensor\n" : "").append("  training : bool\n");
    text.append(hidden.isPresent() ? "  hidden : " + swap.className("Hidden") + "\n" : "");
    text.append("  def forward(self: ").append(swap.className("Head"));
    text.append(",\n    x: Tensor) -> Tensor:\n");
    String last = "x";
    if (hidden.isPresent()) {
      text.append("    hidden = torch.relu((self.hidden).forward(x, ))\n");
      last = "hidden";
    }
    if (dropout.isPresent()) {
      String p = Forward.number(dropout.get());
      text.append("    dropped = torch.dropout(%s, %s, self.training)\n".formatted(last, p));
      last = "dropped";
    }
    return text.append("    return ")
        .append(product(head.weight(), last, bias ? "self.bias" : "None"))
        .append('\n')
        .toString();
  }

  private static String hiddenText(Head head, String className) {
    return "class Hidden(Module):\n"
        + "  __parameters__ = [\"weight\", \"bias\", ]\n  __buffers__ = []\n"
        + "  weight : Tensor\n  bias : Tensor\n  training : bool\n"
        + ("  def forward(self: " + className + ",\n    x: Tensor) -> Tensor:\n")
        + ("    return " + product(head.weight(), "x", "self.bias") + "\n");
  }

  private static String product(StateDict.Entry weight, String x, String bias) {
    return weight.tensor().rank() == 2
        ? "torch.linear(%s, self.weight, %s)".formatted(x, bias)
        : "torch.conv2d(%s, self.weight, %s, [1, 1], [0, 0], [1, 1], 1)".formatted(x, bias);
  }
}
