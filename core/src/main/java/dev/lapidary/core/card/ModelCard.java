package dev.lapidary.core.card;

import dev.lapidary.core.image.Preprocessing;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a file says of itself: {@code extra/card.json} in a TorchScript archive, {@code
 * metadata_props["lapidary.card"]} in ONNX. It holds no clock time, duration, path, host or folder
 * name, so that equal runs give equal files.
 *
 * @param name of the model, as a server shows it
 * @param version of the model, the user's own; {@code "1"} unless told
 * @param architecture the zoo's name, or the root class of a third party's archive
 * @param labels by class index; empty if unknown
 * @param activation what makes scores of the logits, and so what an answer is; JSON without it
 *     means softmax
 * @param scores what the file gives; JSON without it means logits, which the activation is applied
 *     to
 * @param preprocessing absent if a third party's file did not come with one
 * @param trunk present in a head: the file that gives what it takes
 * @param metrics by name, such as {@code val_accuracy} in [0, 1]
 * @param quantization present in a quantized file
 * @param parity present in an exported file
 * @param golden what a server must reproduce before it is ready; empty if not recorded
 */
public record ModelCard(
    String name,
    String version,
    String architecture,
    List<String> labels,
    Activation activation,
    Scores scores,
    Input input,
    Optional<Preprocessing> preprocessing,
    Optional<Trunk> trunk,
    SortedMap<String, Double> metrics,
    Provenance provenance,
    Optional<Quantization> quantization,
    Optional<Parity> parity,
    List<GoldenImage> golden) {

  /**
   * Version of the card's JSON that is read here: it grows where a reader that does not know what
   * is new would answer wrongly. A card of format 1 has no key {@code format}; one of format 2 has
   * {@link Input#anySize} or {@code preprocessing.alpha}.
   */
  public static final int FORMAT = 2;

  /** The key in ONNX {@code metadata_props}. */
  public static final String METADATA_KEY = "lapidary.card";

  public ModelCard {
    labels = List.copyOf(labels);
    metrics = new TreeMap<>(metrics);
    golden = List.copyOf(golden);
    Scoring.requireFit(scores, activation);
  }

  /**
   * @param name of the graph's input
   * @param layout {@code NCHW}, or {@code NHWC} with embedded preprocessing
   * @param channels of the network's own input, as height and width are
   * @param dtype {@code float32}, or {@code uint8} with embedded preprocessing
   * @param anySize true if the graph resizes and crops as well: it takes decoded images, {@code [N,
   *     H, W, 3]} of any one height and width; JSON without it means false
   */
  public record Input(
      String name,
      String layout,
      int channels,
      int height,
      int width,
      String dtype,
      boolean anySize) {
    private static final String LEVELS = "uint8";
    private static final int LONGEST_SIDE = 1 << 16;

    public Input {
      if (channels < 1 || height < 1 || width < 1) {
        throw new IllegalArgumentException(
            "an input of %dx%dx%d".formatted(channels, height, width));
      }
      if (channels > LONGEST_SIDE || height > LONGEST_SIDE || width > LONGEST_SIDE) {
        throw new IllegalArgumentException(
            "an input of %dx%dx%d, at most %d each"
                .formatted(channels, height, width, LONGEST_SIDE));
      }
      if (anySize && !(layout.equals("NHWC") && dtype.equals(LEVELS))) {
        throw new IllegalArgumentException(
            "an input of any size is NHWC %s, not %s %s".formatted(LEVELS, layout, dtype));
      }
    }

    /** Of one size, as it is with and without embedded preprocessing. */
    public Input(String name, String layout, int channels, int height, int width, String dtype) {
      this(name, layout, channels, height, width, dtype, false);
    }

    /** The same images as levels from 0 to 255: [N,H,W,C], scaled and normalized by the graph. */
    public Input asLevels() {
      return new Input(name, "NHWC", channels, height, width, LEVELS);
    }

    /** Decoded images of any size: resized and cropped by the graph, too. */
    public Input asAnySize() {
      return new Input(name, "NHWC", channels, height, width, LEVELS, true);
    }

    /** True with embedded preprocessing. */
    public boolean takesLevels() {
      return dtype.equals(LEVELS);
    }
  }

  /**
   * Where the weights come from; an empty string is "not known".
   *
   * @param runId hash of resolved configuration, data manifest and initial weights
   * @param datasetSha256 of the data manifest
   * @param weightsSource what training began from: a file's name, or {@code random}
   * @param weightsSha256 of that file
   */
  public record Provenance(
      String runId, String datasetSha256, String weightsSource, String weightsSha256) {
    public static final Provenance UNKNOWN = new Provenance("", "", "", "");
  }

  /**
   * @param method {@code int8-static-qdq}, {@code int8-static-libtorch}, {@link #DYNAMIC_ROWS},
   *     {@link #DYNAMIC}, {@code fp16}, or {@link #BEFORE_EXPORT}
   * @param calibrator such as {@code minmax}; empty if there is none
   * @param calibrationImages how many images set the ranges
   * @param calibrationSha256 of the images' input tensors, in order
   * @param logitNoise the largest |difference| to the fp32 file's logits that was measured; of a
   *     network that came quantized, the one to the source's that its certificate lets pass
   * @param fallbacks what stayed float, and why
   * @param target what its integers were written for: {@link #CPU} where the card does not say it,
   *     {@code portable}, {@code tensorrt} or {@code web}
   */
  public record Quantization(
      String method,
      String calibrator,
      int calibrationImages,
      String calibrationSha256,
      double logitNoise,
      List<Fallback> fallbacks,
      String target) {
    /** ONNX Runtime on a CPU with kernels for 8 bits; of other methods than int8 nothing else. */
    public static final String CPU = "cpu";

    /** By PyTorch, before the network was saved: there is no float file to compare with. */
    public static final String BEFORE_EXPORT = "torch.ao.quantization";

    /** Activations get their scale at each call, one for the whole batch, in files of 0.1.0. */
    public static final String DYNAMIC = "int8-dynamic";

    /** Activations get their scales at each call, one a row. */
    public static final String DYNAMIC_ROWS = "int8-dynamic-rows";

    public Quantization {
      fallbacks = List.copyOf(fallbacks);
    }

    /** Of another file by the same calibration. */
    public Quantization with(String otherMethod, double noise, List<Fallback> floats) {
      return new Quantization(
          otherMethod, calibrator, calibrationImages, calibrationSha256, noise, floats, target);
    }

    /** Whether an image's answer depends on those beside it: they share the scales of one call. */
    public boolean dependsOnBatch() {
      return method.equals(DYNAMIC);
    }
  }

  public record Fallback(String layer, String reason) {}

  /**
   * A parity certificate: how far the file's logits were from the reference's, on inputs that
   * anyone can make again.
   *
   * @param reference {@code libtorch 2.7.1}
   * @param runtime {@code onnxruntime 1.29.0}
   * @param inputs how the inputs were made, and how the file got them: {@code u(parity/0,
   *     2x3x224x224), as one batch and the first alone}
   * @param inputsSha256 of the input tensors' bytes, in order
   * @param maxAbsDifference over all logits
   * @param maxAbsLogit of the reference
   * @param bound the greatest difference relative to {@code maxAbsLogit} that passes
   * @param argmaxAgreement fraction of inputs with the same argmax, in [0, 1]
   */
  public record Parity(
      String reference,
      String runtime,
      String inputs,
      String inputsSha256,
      double maxAbsDifference,
      double maxAbsLogit,
      double bound,
      double argmaxAgreement) {

    /** The same of another reference. */
    public Parity withReference(String other) {
      return new Parity(
          other,
          runtime,
          inputs,
          inputsSha256,
          maxAbsDifference,
          maxAbsLogit,
          bound,
          argmaxAgreement);
    }
  }

  /**
   * @param pngBase64 the lossless image file, base64
   * @param inputSha256 of the input tensor's bytes as the file takes it (float32 little-endian, or
   *     uint8), exact
   * @param logits that the runtime must give
   * @param tolerance of each logit, absolute; under a softmax the argmax is exact
   */
  public record GoldenImage(
      String pngBase64, String inputSha256, List<Float> logits, double tolerance) {
    public GoldenImage {
      logits = List.copyOf(logits);
    }
  }

  /** How what the file gives becomes an answer. */
  public Scoring scoring() {
    return new Scoring(scores, activation);
  }

  public ModelCard withScoring(Scoring how) {
    return with(how, input, trunk, quantization, parity, golden);
  }

  public ModelCard withActivation(Activation other) {
    return with(new Scoring(scores, other), input, trunk, quantization, parity, golden);
  }

  public ModelCard withInput(Input other) {
    return with(scoring(), other, trunk, quantization, parity, golden);
  }

  public ModelCard withTrunk(Trunk below) {
    return with(scoring(), input, Optional.of(below), quantization, parity, golden);
  }

  public ModelCard withQuantization(Quantization how) {
    return with(scoring(), input, trunk, Optional.of(how), parity, golden);
  }

  public ModelCard withParity(Parity certificate) {
    return with(scoring(), input, trunk, quantization, Optional.of(certificate), golden);
  }

  public ModelCard withGolden(List<GoldenImage> images) {
    return with(scoring(), input, trunk, quantization, parity, images);
  }

  private ModelCard with(
      Scoring how,
      Input taken,
      Optional<Trunk> below,
      Optional<Quantization> quantized,
      Optional<Parity> proof,
      List<GoldenImage> images) {
    return new ModelCard(
        name,
        version,
        architecture,
        labels,
        how.activation(),
        how.scores(),
        taken,
        preprocessing,
        below,
        metrics,
        provenance,
        quantized,
        proof,
        images);
  }
}
