package dev.lapidary.models.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.zoo.Zoo;
import dev.lapidary.models.zoo.ZooOptions;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyDict;
import dev.lapidary.torchscript.archive.PyValue.PyFloat;
import dev.lapidary.torchscript.archive.PyValue.PyInt;
import dev.lapidary.torchscript.archive.PyValue.PyList;
import dev.lapidary.torchscript.archive.PyValue.PyOpaque;
import dev.lapidary.torchscript.archive.PyValue.PyString;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.PyValue.PyTuple;
import dev.lapidary.torchscript.archive.SavedObject;
import dev.lapidary.torchscript.script.StateDict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Which part of a checkpoint is the network, told by the network and not by what keys are called.
 */
class SavedDictTest {
  private final StateDict network =
      StateDict.of(Zoo.find("resnet20_cifar").build(ZooOptions.of(10, 1)));
  private final Map<String, Tensor> right = network.tensors();
  private final Map<String, Tensor> other =
      StateDict.of(Zoo.find("resnet20_cifar").build(ZooOptions.of(10, 2))).tensors();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cnn.",
        "student.",
        "_orig_mod.",
        "0.",
        "model.model.",
        "module.a.b.c.",
        "layer1.0."
      })
  void anyPrefixIsFound(String prefix) {
    MatchReport report = match(dict(right, prefix)).report();
    assertThat(report.fraction()).isEqualTo(1);
    assertThat(report.notes()).containsExactly("removed the prefix '" + prefix + "'");
    assertThat(report.missing()).isEmpty();
    assertThat(report.unexpected()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ema", "model_state", "net", "whatever", "a.b"})
  void anyEntryIsFound(String key) {
    PyDict optimizer = items("state", items(new PyInt(0), items("exp_avg", tensor(9))));
    PyDict root = items(key, dict(right, ""), "optimizer", optimizer, "best", tensor(1));
    MatchReport report = match(root).report();
    assertThat(report.fraction()).isEqualTo(1);
    assertThat(report.notes()).containsExactly("took the entry '" + key + "'");
    assertThat(report.unexpected()).isEmpty();
  }

  @Test
  void entriesAreFoundInListsObjectsAndSeveralDictsTogether() {
    PyOpaque config = new PyOpaque("easydict.EasyDict");
    config.items().put(new PyString("weights"), dict(right, "net."));
    PyValue list = new PyList("", new ArrayList<>(List.of(new PyInt(3), config)));
    assertThat(match(items("models", list)).report().notes())
        .containsExactly("took the entry 'models.1.weights'", "removed the prefix 'net.'");

    Map<String, Tensor> body = new LinkedHashMap<>(right);
    body.keySet().removeIf(name -> name.startsWith("fc."));
    Map<String, Tensor> head = new LinkedHashMap<>(right);
    head.keySet().removeIf(name -> !name.startsWith("fc."));
    PyDict split = items("backbone", dict(body, ""), "classifier", dict(head, ""));
    assertThat(match(split).report().fraction()).isEqualTo(1);
    PyDict mixed = dict(body, "backbone.");
    mixed.items().putAll(dict(head, "").items());
    assertThat(match(mixed).report().fraction()).isEqualTo(1);
  }

  /** What {@code torch.save(model)} of a whole module saves: read like its state_dict. */
  @Test
  void aPickledModuleIsItsStateDict() {
    PyOpaque fc = module(Map.of("weight", right.get("fc.weight"), "bias", right.get("fc.bias")));
    PyOpaque root = module(Map.of());
    ((PyDict) root.states().get(0).items().get(new PyString("_modules")))
        .items()
        .put(new PyString("fc"), fc);
    NamedTensors read =
        SavedDict.tensors("test", new SavedObject(items("model", root), List.of("my.Net")));
    assertThat(read.tensors()).containsOnlyKeys("fc.weight", "fc.bias");
    assertThat(read.notes())
        .containsExactly(
            "took the entry 'model'",
            "took the parameters and buffers of a pickled 'my.Net'",
            "not made, since no code of the file is run: my.Net");
  }

  @Test
  void ofEqualsTheAverageIsTaken() {
    Match match = match(items("model", dict(other, ""), "model_ema", dict(right, "module.")));
    assertThat(match.requireAtLeast(1).report().notes())
        .containsExactly("took the entry 'model_ema'", "removed the prefix 'module.'");
    Map<String, Tensor> partly = new LinkedHashMap<>(other);
    partly.keySet().removeIf(name -> name.contains("running"));
    assertThat(match(items("ema", dict(partly, ""), "model", dict(right, ""))).report().notes())
        .containsExactly("took the entry 'model'");
  }

  @Test
  void twoThatFitEquallyAreRefusedByName() {
    Match entries = match(items("student", dict(right, ""), "teacher", dict(other, "")));
    assertThatThrownBy(() -> entries.requireAtLeast(0.5))
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(
            "2 parts of the file fit the network equally and differ: 'student.', 'teacher.'; which"
                + " of them is meant cannot be told, so give a file with one of them only");
    PyDict both = dict(right, "encoder_q.");
    both.items().putAll(dict(other, "encoder_k.").items());
    assertThatThrownBy(() -> match(both).requireAtLeast(0.5))
        .hasMessageContaining("'encoder_q.', 'encoder_k.'");
    PyDict same = items("student", dict(right, ""), "teacher", dict(right, ""));
    assertThat(match(same).requireAtLeast(1).report().fraction()).isEqualTo(1);
  }

  /** A teacher's head does not become the student's. */
  @Test
  void aMissingTensorIsNotTakenFromAnotherNetwork() {
    Map<String, Tensor> headless = new LinkedHashMap<>(right);
    headless.remove("fc.bias");
    Map<String, Tensor> rest = new LinkedHashMap<>(other);
    rest.keySet().removeIf(name -> name.startsWith("layer3"));
    PyDict both = dict(headless, "student.");
    both.items().putAll(dict(rest, "teacher.").items());
    MatchReport report = match(both).report();
    assertThat(report.missing()).extracting(MatchReport.Absent::name).containsExactly("fc.bias");
  }

  @Test
  void weightsThatAreNoNumbersAreRefused() {
    Map<String, Tensor> broken = new LinkedHashMap<>(right);
    Tensor copy = right.get("bn1.running_var").copy();
    copy.bytes().putFloat(4, Float.NaN);
    broken.put("bn1.running_var", copy);
    assertThatThrownBy(() -> match(dict(broken, "")).requireAtLeast(0.5).apply())
        .isInstanceOfSatisfying(
            Failure.class, f -> assertThat(f.code()).isEqualTo(ExitCode.BAD_INPUT))
        .hasMessage(
            "bn1.running_var holds nan, and a network with it answers nothing: the run that made"
                + " these weights has diverged; take an earlier checkpoint");
  }

  @Test
  void whatContainsItselfOrIsDeepIsWalkedOnce() {
    PyDict root = items("state_dict", dict(right, ""));
    root.items().put(new PyString("self"), root);
    PyValue deep = new PyFloat(1);
    for (int i = 0; i < 100_000; i++) {
      deep = new PyTuple(List.of(deep));
    }
    root.items().put(new PyString("deep"), deep);
    assertThat(match(root).report().fraction()).isEqualTo(1);
    PyDict long60 = items("t", tensor(1));
    String key = "k".repeat(100_000);
    for (int i = 0; i < 60; i++) {
      long60 = items(key, long60, "u", tensor(1));
    }
    PyDict nested = long60;
    assertThatThrownBy(() -> match(nested))
        .hasMessageContaining("names in them have more than 16777216 characters");
  }

  @Test
  void namesWhatIsLeft() {
    PyDict root = items("fc.weight", tensor(4), "q", new PyOpaque("tensor of torch.uint16"));
    assertThat(SavedDict.tensors("test", new SavedObject(root, List.of())).notes())
        .containsExactly("left what is no plain tensor: 'q' (tensor of torch.uint16)");
    SavedObject nothing = new SavedObject(new PyOpaque("my.Net"), List.of("my.Net", "os.system"));
    assertThatThrownBy(() -> SavedDict.tensors("test", nothing))
        .hasMessage(
            "holds no tensors by name, found an object of my.Net (not made, since no code of the"
                + " file is run: my.Net, os.system); save a model's state_dict() instead");
  }

  private Match match(PyValue root) {
    return Match.of(SavedDict.tensors("test", new SavedObject(root, List.of())), network);
  }

  private static PyOpaque module(Map<String, Tensor> parameters) {
    PyOpaque module = new PyOpaque("my.Net");
    module
        .states()
        .add(
            items(
                "training", new PyInt(1),
                "_parameters", dict(parameters, ""),
                "_buffers", items(),
                "_modules", items()));
    return module;
  }

  private static PyTensor tensor(int size) {
    return new PyTensor(Tensor.of(new float[size], size), false);
  }

  private static PyDict dict(Map<String, Tensor> tensors, String prefix) {
    Map<PyValue, PyValue> items = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> items.put(new PyString(prefix + name), new PyTensor(tensor, true)));
    return new PyDict(items);
  }

  private static PyDict items(Object... keysAndValues) {
    Map<PyValue, PyValue> items = new LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      PyValue key =
          keysAndValues[i] instanceof String text ? new PyString(text) : (PyValue) keysAndValues[i];
      items.put(key, (PyValue) keysAndValues[i + 1]);
    }
    return new PyDict(items);
  }
}
