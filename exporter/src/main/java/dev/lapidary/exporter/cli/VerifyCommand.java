package dev.lapidary.exporter.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.card.Scores;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.image.OnBadImage;
import dev.lapidary.core.onnx.OnnxEnding;
import dev.lapidary.core.progress.TerminalProgress;
import dev.lapidary.core.progress.WorkProgress;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.quantize.SourceQuantization;
import dev.lapidary.exporter.verify.Accuracy;
import dev.lapidary.exporter.verify.GoldenImages;
import dev.lapidary.exporter.verify.LabelledImages;
import dev.lapidary.exporter.verify.LoadedModel;
import dev.lapidary.exporter.verify.ModelRuntime;
import dev.lapidary.exporter.verify.ParityGate;
import dev.lapidary.exporter.verify.Preparation;
import dev.lapidary.exporter.verify.Tolerance;
import dev.lapidary.torchscript.ending.TracedEnding;
import dev.lapidary.torchscript.pt2.NetworkFile;
import dev.lapidary.torchscript.trace.OutputChoice;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code exporter verify}. */
@Command(
    name = "verify",
    description = {
      "Replays what a file's card promises: the golden images on this machine, the parity with the",
      "source (--against), and the accuracy over a folder with a folder a class (--data)."
    })
final class VerifyCommand extends ProgramCommand {
  @Parameters(
      paramLabel = "FILE",
      description = "an ONNX file, a TorchScript archive, a .pt2 or a run")
  private Path file;

  @Option(
      names = "--against",
      paramLabel = "SOURCE",
      description = "what it was exported from: run directory, .pt, .pt2, or weights with --arch")
  private @Nullable Path against;

  @Option(
      names = "--data",
      paramLabel = "DIR|LIST",
      description = "images, a folder a class, or a list (CSV, JSONL) as for training")
  private @Nullable Path data;

  @Option(
      names = "--on-bad-image",
      defaultValue = "fail",
      description = "what becomes of unreadable images: ${COMPLETION-CANDIDATES}")
  private OnBadImage onBadImage = OnBadImage.FAIL;

  @Option(
      names = "--predictions",
      paramLabel = "FILE",
      description = "write each image's answer as a line of JSON")
  private @Nullable Path predictions;

  @Option(
      names = "--head-of",
      paramLabel = "TRUNK.onnx",
      description = "of a head: the file of features that it was exported for")
  private @Nullable Path headOf;

  @Mixin private SourceOptions options;

  @Option(names = "--force", description = "replace an existing file")
  private boolean force;

  @Option(names = "--json", description = "print the result as JSON")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    if (predictions != null && data == null) {
      throw Failure.badInput("--predictions are of images; add --data DIR");
    }
    if (predictions != null) {
      AtomicFile.requireAbsent(predictions, force);
    }
    file = NetworkFile.at(file);
    Optional<ModelCard> card = card();
    Verification result = measured(card);
    if (predictions != null && result.accuracy().isPresent()) {
      write(predictions, result.accuracy().get().predictions());
    }
    print(json ? result.json() : result.text(file, against != null, data != null));
    return 0;
  }

  /** A program of torch.export is measured as what is printed of it. */
  private Verification measured(Optional<ModelCard> card) {
    boolean archive = ModelRuntime.of(file) == ModelRuntime.LIBTORCH;
    try (Source printed = archive ? Source.printed(file).orElse(null) : null;
        Source source = against == null ? null : Source.read(against, options)) {
      Path model = printed == null ? file : printed.file();
      return measure(model, card, Optional.ofNullable(source));
    }
  }

  /** Read by our own reader first: native code gets no file that it refuses. */
  private Optional<ModelCard> card() {
    if (ModelRuntime.of(file) == ModelRuntime.ONNX_RUNTIME) {
      return Optional.ofNullable(OnnxReader.read(file).metadata().get(ModelCard.METADATA_KEY))
          .map(text -> CardJson.read(text, String.valueOf(file.getFileName())));
    }
    return NetworkFile.read(file).card(String.valueOf(file.getFileName()));
  }

  private Verification measure(Path model, Optional<ModelCard> card, Optional<Source> source) {
    Optional<ModelCard.Parity> parity = source.flatMap(s -> parity(model, card, s));
    try (LoadedModel loaded = open(model, card)) {
      card.ifPresent(c -> GoldenImages.replay(loaded, c, file));
      if (data == null) {
        return new Verification(card, parity, Optional.empty());
      }
      ModelCard said =
          card.filter(c -> c.preprocessing().isPresent())
              .or(() -> source.map(s -> Cards.of(s, options)))
              .filter(c -> c.preprocessing().isPresent())
              .orElseThrow(
                  () ->
                      Failure.badInput(
                          "[%s] does not say how images become inputs; give --against a source"
                              + " with a card",
                          file.getFileName()));
      ModelCard described = said.withScoring(scoring(said, card.isPresent()));
      return new Verification(card, parity, Optional.of(accuracy(loaded, described, source)));
    }
  }

  private LoadedModel open(Path model, Optional<ModelCard> card) {
    Optional<Path> trunk = TrunkOfHead.of(file, card, Optional.ofNullable(headOf));
    return trunk.isPresent()
        ? LoadedModel.headed(trunk.get(), model, Preparation.SERVED)
        : LoadedModel.open(ModelRuntime.of(file), model, OutputChoice.FIRST);
  }

  /** What the file's card says; without one, what the file's own end is. */
  private Scoring scoring(ModelCard said, boolean own) {
    Ending ending = ending(said);
    if (!own || options.scores().isPresent()) {
      return new ScoringChoice(String.valueOf(file.getFileName()), options).of(said, ending);
    }
    if (said.scores() == Scores.LOGITS && ending.scores() != Scores.LOGITS) {
      PrintWriter err = err();
      err.printf(
          "warning: [%s] its card says that it gives logits, but it ends in a %s: export it again,"
              + " or add --scores %s%n",
          file.getFileName(), ending.words(), ending.scores().label());
      err.flush();
    }
    return said.scoring();
  }

  /** Of an archive that cannot be traced it is not known: its numbers are taken for logits. */
  private Ending ending(ModelCard said) {
    if (ModelRuntime.of(file) == ModelRuntime.ONNX_RUNTIME) {
      return OnnxEnding.of(file);
    }
    try {
      TraceOptions image = Cards.image(said, OutputChoice.FIRST);
      return TracedEnding.of(Tracer.trace(NetworkFile.read(file), image)).ending();
    } catch (Failure e) {
      return Ending.LOGITS;
    }
  }

  /**
   * A file that was quantized differs by design: its images are compared, and no bound holds, but
   * its source's integers are held to what its certificate says.
   */
  private Optional<ModelCard.Parity> parity(Path model, Optional<ModelCard> card, Source source) {
    boolean sourceQuantized = card.filter(SourceQuantization::isOf).isPresent();
    if (card.flatMap(ModelCard::quantization).isPresent() && !sourceQuantized) {
      return Optional.empty();
    }
    ModelCard described = card.orElseGet(() -> Cards.of(source, options));
    Tolerance tolerance =
        card.filter(SourceQuantization::isOf)
            .flatMap(ModelCard::parity)
            .<Tolerance>map(parity -> new Tolerance.Certified(parity.bound()))
            .orElse(Tolerance.FLOAT32);
    ModelCard.Parity found =
        TracedWitness.check(
            source.file(),
            options,
            new ParityGate.Opening(ModelRuntime.of(file), model, () -> open(model, card)),
            described,
            tolerance,
            () -> TracedWitness.Traced.of(source, described, options));
    card.flatMap(ModelCard::parity).ifPresent(claimed -> requireSameInputs(claimed, found));
    return Optional.of(found);
  }

  /** A certificate is of inputs that anyone can make again. */
  private void requireSameInputs(ModelCard.Parity claimed, ModelCard.Parity found) {
    if (claimed.inputs().equals(found.inputs())
        && !claimed.inputsSha256().equals(found.inputsSha256())) {
      throw Failure.gate(
          "[%s] its certificate names the inputs %s with the checksum %s, which is %s; the"
              + " certificate was changed, export the model again",
          file.getFileName(), found.inputs(), claimed.inputsSha256(), found.inputsSha256());
    }
  }

  private Accuracy accuracy(LoadedModel model, ModelCard card, Optional<Source> source) {
    WorkProgress notes = TerminalProgress.of(err());
    LabelledImages images =
        LabelledImages.of(Path.of(String.valueOf(data)), card, onBadImage, notes::say);
    try (LoadedModel reference =
        source
            .map(s -> LoadedModel.open(ModelRuntime.LIBTORCH, s.file(), options.output()))
            .orElse(null)) {
      Optional<LoadedModel> known = Optional.ofNullable(reference);
      return Accuracy.measure(model, known, card, images, onBadImage, notes);
    }
  }

  private static void write(Path to, List<Accuracy.Answer> predictions) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    List<String> lines = new ArrayList<>();
    for (Accuracy.Answer prediction : predictions) {
      lines.add(mapper.writeValueAsString(prediction));
    }
    AtomicFile.write(to, temporary -> Files.write(temporary, lines));
  }
}
