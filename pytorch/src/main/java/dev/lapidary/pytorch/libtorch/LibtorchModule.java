package dev.lapidary.pytorch.libtorch;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
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
import dev.lapidary.models.surgery.NewerCalls;
import dev.lapidary.models.surgery.NewerCalls.RefusedText;
import dev.lapidary.torchscript.archive.ArchiveWriter;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/** An archive in libtorch, for inference. Runs go on beside each other; {@link #close} waits. */
final class LibtorchModule implements AutoCloseable {
  /** Weights that were saved on a GPU are read into this machine's memory. */
  private static final Map<String, String> HERE = Map.of("mapLocation", "true");

  private final Model model;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  private LibtorchModule(Model model) {
    this.model = model;
  }

  /**
   * @param logits row-major
   */
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  record Answer(long[] shape, ByteBuffer logits) {}

  /**
   * @throws Failure (exit 2) if libtorch cannot load it
   */
  static LibtorchModule load(Path file, TorchScriptArchive archive, Engine engine) {
    Path absolute = file.toAbsolutePath();
    try {
      return opened(absolute, engine);
    } catch (RefusedText e) {
      return withoutNewerCalls(absolute, archive, engine);
    }
  }

  /** What a newer PyTorch wrote: its program raises an exception where it makes such a call. */
  private static LibtorchModule withoutNewerCalls(
      Path file, TorchScriptArchive archive, Engine engine) {
    String name = String.valueOf(file.getFileName());
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-older")) {
      Path older = folder.resolve("older.pt");
      return NewerCalls.load(
              archive,
              text -> {
                Files.deleteIfExists(older);
                ArchiveWriter.write(text, older);
                return opened(older, engine);
              })
          .loaded();
    } catch (RefusedText e) {
      throw Failure.badInput("[%s] libtorch cannot load it: %s", name, LibtorchCalls.reason(e));
    } catch (IOException e) {
      throw Failure.failed("[%s] the text for libtorch: %s", name, Failure.reason(e));
    }
  }

  private static LibtorchModule opened(Path file, Engine engine) throws RefusedText {
    String name = String.valueOf(file.getFileName());
    Exception[] refused = new Exception[1];
    Model model = engine.newModel(name, Device.cpu());
    LibtorchCalls.computed(
        () -> {
          try {
            model.load(file.getParent(), name, HERE);
            JniUtils.enableInferenceMode((PtSymbolBlock) model.getBlock()); // Module.eval()
          } catch (IOException | MalformedModelException | RuntimeException e) {
            refused[0] = e;
          }
          return model;
        });
    if (refused[0] != null) {
      model.close();
      throw new RefusedText(refused[0]);
    }
    return new LibtorchModule(model);
  }

  /**
   * One forward pass.
   *
   * @param images direct, in the machine's byte order; float32 of that shape
   * @throws RuntimeException DJL's, if libtorch cannot run it
   * @throws IllegalStateException if it is closed
   */
  Answer run(ByteBuffer images, long... shape) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException("the model is closed");
      }
      return LibtorchCalls.computed(() -> forward(images, shape));
    } finally {
      lock.readLock().unlock();
    }
  }

  private Answer forward(ByteBuffer images, long... shape) {
    try (NDManager manager = model.getNDManager().newSubManager()) {
      PtNDManager arrays = (PtNDManager) manager;
      PtNDArray input = arrays.create(images, new Shape(shape), DataType.FLOAT32);
      PtSymbolBlock block = (PtSymbolBlock) model.getBlock();
      try (IValue fed = IValue.from(input);
          IValue output = block.forward(fed)) {
        PtNDArray logits = logits(output, arrays);
        PtNDArray floats = logits.toType(DataType.FLOAT32, false); // itself where it is
        ByteBuffer bytes = floats.toByteBuffer(false).order(ByteOrder.nativeOrder());
        return new Answer(floats.getShape().getShape(), bytes);
      }
    }
  }

  /** Of several outputs the one that the exporter takes. */
  private static PtNDArray logits(IValue output, PtNDManager arrays) {
    if (output.isTensor()) {
      return output.toTensor(arrays);
    }
    if (output.isMap()) {
      Map<String, IValue> entries = new TreeMap<>(output.toIValueMap());
      List<IValue> values = List.copyOf(entries.values());
      List<String> keys = List.copyOf(entries.keySet());
      return taken(values, OutputChoice.FIRST.ofDict(keys, tensors(values)), arrays);
    }
    List<IValue> items =
        List.of(output.isTuple() ? output.toIValueTuple() : output.toIValueArray());
    return taken(items, OutputChoice.FIRST.ofTuple(List.of(), tensors(items)), arrays);
  }

  private static PtNDArray taken(List<IValue> values, int index, PtNDManager arrays) {
    try {
      return values.get(index).toTensor(arrays);
    } finally {
      values.forEach(IValue::close);
    }
  }

  private static List<Boolean> tensors(List<IValue> values) {
    return Arrays.asList(values.stream().map(IValue::isTensor).toArray(Boolean[]::new));
  }

  /** Waits for the runs that are under way; a second call does nothing. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        LibtorchCalls.whole(
            () -> {
              model.close();
              return model;
            });
      }
    } finally {
      lock.writeLock().unlock();
    }
  }
}
