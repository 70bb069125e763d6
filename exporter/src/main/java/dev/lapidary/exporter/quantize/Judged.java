package dev.lapidary.exporter.quantize;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * What a quantized model does in another runtime than the one that its integers were chosen by, on
 * the guard's images.
 *
 * @param latency beside the float model in the same runtime
 */
public record Judged(Verdict verdict, Latency latency) {

  static Judged of(Guard guard, CalibrationSet images, LoadedModel float32, LoadedModel quantized) {
    List<float[]> answers =
        IntStream.range(0, images.count())
            .mapToObj(i -> quantized.run(image(images, i)).values())
            .toList();
    Tensor image = image(images, 0);
    Latency latency =
        ModelRuntime.onOneThread(
            () -> Latency.of(() -> float32.run(image), () -> quantized.run(image)));
    return new Judged(guard.judge(answers), latency);
  }

  private static Tensor image(CalibrationSet images, int index) {
    return Tensor.over(DType.FLOAT32, Storage.over(images.one(index)), images.shape(1));
  }

  /**
   * Says what the guard says.
   *
   * @throws Failure (exit 3) if it does not pass, and is not forced
   */
  void require(String method, boolean force, Consumer<String> log) {
    log.accept(method + ": " + verdict.words());
    if (verdict.passes()) {
      return;
    }
    String lost = method + " does not hold what it does in ONNX Runtime: " + verdict.words();
    if (!force) {
      throw Failure.gate(
          "%s; nothing is written: write an ONNX file with 'exporter onnx', give a greater"
              + " --max-drop, or write it all the same with --force",
          lost);
    }
    log.accept("warning: written by --force: " + lost);
  }
}
