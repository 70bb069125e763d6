package dev.lapidary.benchmarks.gpu;

import static dev.lapidary.benchmarks.gpu.TrainingProofs.sameLosses;

import dev.lapidary.trainer.program.TorchDevice;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * One proof, in a process of its own: a library that crashes takes its row and no other.
 *
 * @param seconds it may take
 * @param environment of its process
 */
record ProofRow(String name, int seconds, Map<String, String> environment, Proof proof) {
  /** Convolutions and matrix products in whole float32, in every library of NVIDIA's. */
  private static final Map<String, String> NO_TF32 = Map.of("NVIDIA_TF32_OVERRIDE", "0");

  /** Of float32: a network's sums in another order. */
  private static final double FLOAT32 = 1e-4;

  /** TF32 has 11 bits where float32 has 24, through 53 layers. */
  private static final double TF32 = 1e-2;

  /** float16 has as many, and sums may be rounded to them too. */
  private static final double FLOAT16 = 3e-2;

  /** Of the first loss after some steps, each of which begins with what the one before rounded. */
  private static final double LOSS = 1e-3;

  private static final double LOSS_TF32 = 1e-2;

  /** bfloat16 has 8 bits. */
  private static final double LOSS_BFLOAT16 = 3e-2;

  @FunctionalInterface
  interface Proof {
    /**
     * @param models a folder with what {@code bin/gpu-proof} has exported
     */
    ProofOutcome of(TorchDevice device, Path models) throws Exception;
  }

  /** ONNX Runtime's first, which need the least of the machine. */
  static List<ProofRow> all() {
    return List.of(
        onnx("onnx float32", 60, NO_TF32, ProofProvider.CUDA_FLOAT32, FLOAT32),
        onnx("onnx TF32", 45, Map.of(), ProofProvider.CUDA_TF32, TF32),
        onnx("onnx float16", 45, Map.of(), ProofProvider.CUDA_FLOAT16, FLOAT16),
        new ProofRow("onnx golden images", 45, NO_TF32, OnnxProofs::golden),
        new ProofRow("serve, batched", 120, Map.of(), ServeProof::bench),
        onnx("onnx TensorRT", 90, Map.of(), ProofProvider.TENSORRT, TF32),
        training("train float32", NO_TF32, device -> sameLosses(device, false, LOSS)),
        training("train TF32", Map.of(), device -> sameLosses(device, false, LOSS_TF32)),
        training("train bfloat16", Map.of(), device -> sameLosses(device, true, LOSS_BFLOAT16)),
        new ProofRow(
            "train resume",
            90,
            Map.of(),
            (device, models) -> ResumeProof.goesOn(device, models.resolve("images"), LOSS)),
        training("train speed", Map.of(), TrainingProofs::speed));
  }

  private static ProofRow onnx(
      String name, int seconds, Map<String, String> more, ProofProvider provider, double bound) {
    return new ProofRow(
        name,
        seconds,
        more,
        (device, models) -> OnnxProofs.sameLogits(device, models, provider, bound));
  }

  private static ProofRow training(
      String name, Map<String, String> more, Function<TorchDevice, ProofOutcome> proof) {
    return new ProofRow(name, 90, more, (device, models) -> proof.apply(device));
  }
}
