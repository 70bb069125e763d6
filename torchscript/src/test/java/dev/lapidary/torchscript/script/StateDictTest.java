package dev.lapidary.torchscript.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue.PyBool;
import dev.lapidary.torchscript.archive.PyValue.PyNone;
import dev.lapidary.torchscript.archive.PyValue.PyObject;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.StateDict.Kind;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StateDictTest {
  private static final String CODE =
      """
      class Net(Module):
        __parameters__ = ["scale", "gone", ]
        __buffers__ = ["mean", ]
        child : __torch__.Leaf
      class Leaf(Module):
        __parameters__ = ["weight", ]
        weight : Tensor
        count : Tensor
      """;

  @Test
  void ordersParametersThenBuffersThenChildren() {
    PyObject root = root();
    StateDict dict = StateDict.of(archive(root));
    assertThat(dict.entries())
        .extracting(StateDict.Entry::name)
        .containsExactly("scale", "mean", "a.weight", "a.count", "b.weight", "b.count");
    assertThat(dict.entries())
        .extracting(StateDict.Entry::kind)
        .containsExactly(
            Kind.PARAMETER, Kind.BUFFER, Kind.PARAMETER, Kind.BUFFER, Kind.PARAMETER, Kind.BUFFER);
    StateDict.Entry weight = dict.find("b.weight").orElseThrow();
    assertThat(weight.owner()).isSameAs(root.attributes().get("b"));
    assertThat(weight.attribute()).isEqualTo("weight");
    assertThat(dict.tensors()).hasSize(6);
  }

  @Test
  void refusesAModuleThatContainsItself() {
    PyObject root = root();
    root.attributes().put("self", root);
    assertThatThrownBy(() -> StateDict.of(archive(root)))
        .hasMessage("module self.: it contains itself, or modules nest deeper than 200");
  }

  @Test
  void refusesAnObjectWithoutAClass() {
    assertThatThrownBy(() -> StateDict.of(archive(new PyObject("__torch__.Other"))))
        .hasMessage(
            "the archive holds an object of class __torch__.Other, and its code has no such"
                + " class");
  }

  private static PyObject root() {
    PyObject root = new PyObject("__torch__.Net");
    PyObject a = leaf();
    root.attributes().put("training", new PyBool(false));
    root.attributes().put("a", a);
    root.attributes().put("mean", tensor());
    root.attributes().put("gone", PyNone.NONE);
    root.attributes().put("b", leaf());
    root.attributes().put("scale", tensor());
    return root;
  }

  private static PyObject leaf() {
    PyObject leaf = new PyObject("__torch__.Leaf");
    leaf.attributes().put("count", tensor());
    leaf.attributes().put("weight", tensor());
    return leaf;
  }

  private static PyTensor tensor() {
    return new PyTensor(Tensor.of(new float[] {1}, 1), false);
  }

  private static TorchScriptArchive archive(PyObject root) {
    return new TorchScriptArchive(
        "t", 10, new TreeMap<>(Map.of("__torch__.py", CODE)), root, List.of(), new TreeMap<>());
  }
}
