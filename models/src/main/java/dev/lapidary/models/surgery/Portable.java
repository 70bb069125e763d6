package dev.lapidary.models.surgery;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.archive.PyValue.PyDevice;
import dev.lapidary.torchscript.archive.PyValue.PyTensor;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.script.Expression;
import dev.lapidary.torchscript.script.Expression.Call;
import dev.lapidary.torchscript.script.SourceFile;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * An archive as a CPU runs it on float32 images: what was saved on a GPU names it in its code and
 * values, and a network of {@code half()}, {@code bfloat16()} or {@code double()} multiplies
 * numbers of its own type only.
 */
public final class Portable {
  private static final Pattern ELSEWHERE = Pattern.compile("(cuda|hip|mps|xpu)(:\\d+)?");
  private static final PyDevice CPU = new PyDevice("cpu");

  private Portable() {}

  /** A copy, whose other tensors are shared; empty if the archive is so already. */
  public static Optional<TorchScriptArchive> of(TorchScriptArchive archive) {
    Set<DType> types = weights(archive);
    boolean converts = !types.isEmpty() && !types.contains(DType.FLOAT32);
    SortedMap<String, String> code = new TreeMap<>(archive.code());
    code.replaceAll(
        (path, text) ->
            ELSEWHERE.matcher(text).find()
                ? SourceFile.parse(path, text).with(Portable::onCpu)
                : text);
    if (!converts && code.equals(archive.code()) && !namesAnotherDevice(archive)) {
      return Optional.empty();
    }
    ValueRewrite rewrite = new ValueRewrite(leaf -> portable(leaf, converts));
    return Optional.of(
        new TorchScriptArchive(
            archive.name(),
            archive.version(),
            code,
            (PyValue.PyObject) rewrite.of(archive.root()),
            rewrite.of(archive.constants()),
            archive.extra()));
  }

  private static Expression onCpu(Expression expression) {
    if (expression instanceof Call call
        && call.function().dottedName().filter("torch.device"::equals).isPresent()
        && call.arguments().size() == 1
        && call.arguments().get(0) instanceof Expression.Text name
        && ELSEWHERE.matcher(name.value()).matches()) {
      Expression cpu = new Expression.Text(name.at(), CPU.name());
      return new Call(call.at(), call.function(), List.of(cpu), call.keywords());
    }
    return expression;
  }

  /** The type of the weights, if all have one that is not float32. */
  public static Optional<DType> otherType(TorchScriptArchive archive) {
    Set<DType> types = weights(archive);
    return types.contains(DType.FLOAT32) ? Optional.empty() : types.stream().findFirst();
  }

  private static PyValue portable(PyValue leaf, boolean converts) {
    if (leaf instanceof PyDevice) {
      return CPU;
    }
    if (converts && leaf instanceof PyTensor weight && weight.tensor().dtype().isFloating()) {
      Tensor single = Tensor.of(weight.tensor().toFloats(), weight.tensor().shape());
      return new PyTensor(single, weight.requiresGrad());
    }
    return leaf;
  }

  private static Set<DType> weights(TorchScriptArchive archive) {
    Set<DType> types = EnumSet.noneOf(DType.class);
    for (PyValue leaf : leaves(List.of(archive.root()))) {
      if (leaf instanceof PyTensor weight
          && weight.tensor().rank() > 0
          && weight.tensor().dtype().isFloating()) {
        types.add(weight.tensor().dtype());
      }
    }
    return types;
  }

  private static boolean namesAnotherDevice(TorchScriptArchive archive) {
    List<PyValue> all = new ArrayList<>(archive.constants());
    all.add(archive.root());
    return leaves(all).stream().anyMatch(leaf -> leaf instanceof PyDevice && !leaf.equals(CPU));
  }

  private static List<PyValue> leaves(List<PyValue> roots) {
    List<PyValue> leaves = new ArrayList<>();
    ValueRewrite visit =
        new ValueRewrite(
            leaf -> {
              leaves.add(leaf);
              return leaf;
            });
    visit.of(roots);
    return leaves;
  }
}
