package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.file.TemporaryFolder;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageFiles;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.quantize.Verdict;
import dev.lapidary.exporter.verify.Comparison;
import dev.lapidary.exporter.verify.GoldenImages;
import dev.lapidary.exporter.verify.ImageInput;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.Logits;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.exporter.verify.ParityGate;
import dev.lapidary.exporter.verify.Preparation;
import dev.lapidary.exporter.verify.Tolerance;
import dev.lapidary.torchscript.trace.OutputChoice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Proves a head on its trunk: together they give the logits that libtorch computes of the whole
 * source. Of a quantized trunk that is proven of the source's own float one, and the quantized one
 * is held to it on images: as far apart as its card says, and with the same clear answers.
 */
record HeadProof(OnnxExport.Request request, TrunkFile trunk, WorkProgress log) {
  /**
   * Times the noise that the trunk's card tells: it was measured on other images, of which none is
   * likely to be twice as far off as the farthest of many.
   */
  private static final double OTHER_IMAGES = 2;

  /** So many images at the most, spread over the folder. */
  private static final int MAX_IMAGES = 256;

  /**
   * The head's card with its certificate and golden images.
   *
   * @param source an archive that libtorch loads
   * @param head written
   * @param own the source's own trunk
   * @throws Failure (exit 2) if a quantized trunk is of another source, (exit 3) if the answers do
   *     not hold
   */
  ModelCard of(ModelCard card, Path source, Path head, OnnxGraph own) throws IOException {
    if (!trunk.isQuantized()) {
      return golden(card.withParity(parity(card, source, trunk.file(), head)), head);
    }
    try (TemporaryFolder folder = TemporaryFolder.create("lapidary-")) {
      Path floats = folder.resolve("trunk.onnx");
      OnnxWriter.write(own, floats);
      ModelCard proven = card.withParity(parity(card, source, floats, head));
      return golden(proven.withQuantization(quantized(proven, floats, head)), head);
    }
  }

  private ModelCard.Parity parity(ModelCard card, Path source, Path below, Path head) {
    ParityGate.Opening both =
        new ParityGate.Opening(
            ModelRuntime.ONNX_RUNTIME,
            request.export().out,
            () -> LoadedModel.headed(below, head, Preparation.SERVED));
    return TracedWitness.check(
        source,
        request.export().model,
        both,
        card,
        Tolerance.FLOAT32,
        () -> TracedWitness.Traced.again(request.export(), card));
  }

  private ModelCard golden(ModelCard card, Path head) {
    Optional<Path> images = request.quantize().calibration();
    if (images.isEmpty()) {
      return card.withGolden(List.of()); // what the source had is of the source's own file
    }
    try (LoadedModel both = LoadedModel.headed(trunk.file(), head, Preparation.SERVED)) {
      return CalibrationFolder.golden(
          images.get(), ImageFiles.of(images.get()).paths(), both, card, request.export().out);
    }
  }

  /** What both trunks make of the same images. */
  private ModelCard.Quantization quantized(ModelCard card, Path floats, Path head) {
    List<Tensor> images = images(card);
    ModelCard.Quantization told = trunk.card().quantization().orElseThrow();
    Logits here =
        answers(LoadedModel.open(ModelRuntime.ONNX_RUNTIME, floats, OutputChoice.FIRST), images);
    Logits there =
        answers(
            LoadedModel.open(ModelRuntime.ONNX_RUNTIME, trunk.file(), OutputChoice.FIRST), images);
    double apart =
        here.classes() == there.classes()
            ? Comparison.of(here, there).maxAbsDifference()
            : Double.POSITIVE_INFINITY;
    double maximum = OTHER_IMAGES * told.logitNoise();
    if (!(apart <= maximum)) { // so that NaN fails
      throw Failure.badInput(
          "%s",
          Phrase.of(
              "[%s] it is not the trunk of [%s]: on %d images its features are up to %.3g away from"
                  + " the source's own, expected at most %.3g, twice what its card says of %s;"
                  + " train the head alone (--freeze-epochs N --epochs 0) from the weights that the"
                  + " trunk was exported from, or export this source's own trunk",
              trunk.name(),
              request.export().source.getFileName(),
              images.size(),
              apart,
              maximum,
              told.method()));
    }
    Logits expected = answers(LoadedModel.headed(floats, head, Preparation.SERVED), images);
    Logits found = answers(LoadedModel.headed(trunk.file(), head, Preparation.SERVED), images);
    Verdict verdict = Verdict.of(expected.rows(), found.rows(), card.scoring());
    requireHeld(verdict, told.method());
    double noise = Comparison.of(expected, found).maxAbsDifference();
    return told.with(told.method(), noise, told.fallbacks());
  }

  private void requireHeld(Verdict verdict, String method) {
    log.say("the head behind a trunk of %s: %s".formatted(method, verdict.words("images")));
    if (!verdict.passes()) {
      String lost =
          "the head does not hold its answers behind [%s] of %s: %s"
              .formatted(trunk.name(), method, verdict.words("images"));
      request
          .export()
          .requireForce(lost, "give a float32 trunk, quantize it with more images", log);
    }
  }

  private List<Tensor> images(ModelCard card) {
    Path folder =
        request
            .quantize()
            .calibration()
            .orElseThrow(
                () ->
                    Failure.badInput(
                        "[%s] it is quantized, so that a head is proven on images behind it: add"
                            + " --calibration DIR, such as the training images",
                        trunk.name()));
    ImageInput input = ImageInput.of(card);
    List<Tensor> tensors = new ArrayList<>();
    for (String path : GoldenImages.spread(ImageFiles.of(folder).paths(), MAX_IMAGES)) {
      try {
        RgbImage image = ImageFile.read(folder, path, ImageLimits.DEFAULT, input.alpha());
        tensors.add(input.tensor(image));
      } catch (UndecodableImage e) {
        log.say("[%s] passed over: %s".formatted(path, e.getMessage()));
      }
    }
    if (tensors.isEmpty()) {
      throw Failure.badInput("[%s] has no image that can be decoded, expected some", folder);
    }
    return tensors;
  }

  /** One image at a time, as they may be of different sizes. Closes the model. */
  private static Logits answers(LoadedModel opened, List<Tensor> images) {
    try (LoadedModel model = opened) {
      return Logits.joined(images.stream().map(model::run).toList());
    }
  }
}
