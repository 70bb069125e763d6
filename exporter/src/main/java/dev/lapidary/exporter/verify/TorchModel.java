package dev.lapidary.exporter.verify;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.models.surgery.NewerCalls;
import dev.lapidary.models.surgery.NewerCalls.RefusedText;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.script.Definition;
import dev.lapidary.torchscript.script.Program;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/** A TorchScript archive in libtorch, through DJL. */
final class TorchModel implements LoadedModel {
  /** Weights that were saved on a GPU are read into this machine's memory. */
  private static final Map<String, String> HERE = Map.of("mapLocation", "true");

  private final Model model;
  private final OutputChoice choice;
  private final Path file;
  private final List<NewerCalls.Change> lacks;
  private final Map<String, List<String>> fields = new HashMap<>();

  /**
   * @param lacks what was left out of the text for libtorch to load it
   */
  private TorchModel(Model model, OutputChoice choice, Path file, List<NewerCalls.Change> lacks) {
    this.model = model;
    this.choice = choice;
    this.file = file;
    this.lacks = lacks;
  }

  static TorchModel load(Path file, OutputChoice choice) {
    Path absolute = file.toAbsolutePath();
    try {
      return new TorchModel(opened(absolute), choice, absolute, List.of());
    } catch (RefusedText e) {
      return older(absolute, choice)
          .orElseThrow(
              () ->
                  Failure.badInput(
                      "[%s] libtorch cannot load it: %s",
                      absolute.getFileName(), LoadedModel.reason(e)));
    }
  }

  private static Model opened(Path file) throws RefusedText {
    String name = String.valueOf(file.getFileName());
    Model model = NativeLibraries.libtorch().newModel(name, Device.cpu());
    // Per thread; with the optimizer on, the first and the later calls differ in the last bits.
    JniUtils.setGraphExecutorOptimize(false);
    NativeLibraries.begin();
    try {
      model.load(file.getParent(), name, HERE);
      return model;
    } catch (IOException | MalformedModelException | RuntimeException e) {
      model.close();
      throw new RefusedText(e);
    } finally {
      NativeLibraries.done();
    }
  }

  /** Without the calls of a newer PyTorch; empty if those are not why libtorch refuses it. */
  private static Optional<TorchModel> older(Path file, OutputChoice choice) {
    String name = String.valueOf(file.getFileName());
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-older")) {
      NewerCalls.Loaded<Model> older =
          NewerCalls.load(
              ArchiveReader.read(file),
              archive -> {
                Files.deleteIfExists(folder.resolve(name));
                ArchiveWriter.write(archive, folder.resolve(name));
                return opened(folder.resolve(name));
              });
      if (older.changes().isEmpty()) {
        older.loaded().close();
        return Optional.empty();
      }
      return Optional.of(new TorchModel(older.loaded(), choice, file, older.changes()));
    } catch (RefusedText e) {
      return Optional.empty();
    } catch (IOException e) {
      throw Failure.failed("[%s] the text for libtorch: %s", name, Failure.reason(e));
    }
  }

  @Override
  public String label() {
    String libtorch = ModelRuntime.LIBTORCH.label();
    String all = lacks.stream().map(TorchModel::shown).collect(Collectors.joining("; "));
    return all.isEmpty() ? libtorch : libtorch + " (it lacks " + all + ")";
  }

  private static String shown(NewerCalls.Change change) {
    return change.lacked() + (change.leftOut() ? ", left out" : ", to which no input here comes");
  }

  private Failure failed(RuntimeException error) {
    return NewerCalls.raised(String.valueOf(error.getMessage()))
        .<Failure>map(operator -> new UnknownOperator(file, operator))
        .orElseGet(
            () ->
                Failure.failed(
                    "[%s] libtorch cannot run it: %s",
                    file.getFileName(), LoadedModel.reason(error)));
  }

  @Override
  public Logits run(Tensor batch) {
    return forward(
        List.of(batch),
        (output, arrays) -> {
          NDArray logits = chosen(output).toTensor(arrays);
          return new Logits(
              (int) batch.size(0), logits.toType(DataType.FLOAT32, false).toFloatArray());
        });
  }

  /** What an archive gives for FLOAT32 tensors that gives a list of such. */
  List<Tensor> all(List<Tensor> inputs) {
    return forward(
        inputs,
        (output, arrays) -> {
          try (NDList list = output.toNDList(arrays)) {
            return list.stream()
                .map(array -> Tensor.of(array.toFloatArray(), array.getShape().getShape()))
                .toList();
          }
        });
  }

  private <T> T forward(List<Tensor> inputs, BiFunction<IValue, PtNDManager, T> read) {
    NativeLibraries.begin();
    try (PtNDManager manager = (PtNDManager) model.getNDManager().newSubManager()) {
      IValue[] fed =
          inputs.stream().map(i -> IValue.from(array(manager, i))).toArray(IValue[]::new);
      try (IValue output = ((PtSymbolBlock) model.getBlock()).forward(fed)) {
        return read.apply(output, manager);
      } finally {
        Arrays.stream(fed).forEach(IValue::close);
      }
    } catch (EngineException | IllegalStateException | UnsupportedOperationException e) {
      throw failed(e);
    } finally {
      NativeLibraries.done();
    }
  }

  private static PtNDArray array(NDManager manager, Tensor tensor) {
    Shape shape = new Shape(tensor.shape());
    return (PtNDArray) manager.create(LoadedModel.direct(tensor), shape, DataType.FLOAT32);
  }

  private IValue chosen(IValue output) {
    if (output.isTensor()) {
      return output;
    }
    if (output.isMap()) {
      Map<String, IValue> entries = new TreeMap<>(output.toIValueMap());
      List<IValue> values = List.copyOf(entries.values());
      return values.get(choice.ofDict(List.copyOf(entries.keySet()), tensors(values)));
    }
    List<IValue> items =
        List.of(output.isTuple() ? output.toIValueTuple() : output.toIValueArray());
    return items.get(choice.ofTuple(fields(output), tensors(items)));
  }

  private static List<Boolean> tensors(List<IValue> values) {
    return values.stream().map(IValue::isTensor).toList();
  }

  /**
   * The names of a named tuple's elements: libtorch says its class, the archive's code the rest.
   */
  private List<String> fields(IValue output) {
    return fields.computeIfAbsent(
        output.getType(),
        type ->
            new Program(ArchiveReader.read(file).code())
                .find(type)
                .filter(Definition.ClassDef.class::isInstance)
                .map(Definition.ClassDef.class::cast)
                .filter(definition -> definition.base().equals("NamedTuple"))
                .map(definition -> List.copyOf(definition.attributes().keySet()))
                .orElse(List.of()));
  }

  @Override
  public void close() {
    model.close();
  }
}
