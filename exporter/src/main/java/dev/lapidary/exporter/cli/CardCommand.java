package dev.lapidary.exporter.cli;

import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.cli.ProgramCommand;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.onnx.OnnxMetadata;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.pt2.NetworkFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code exporter card}. */
@Command(
    name = "card",
    description = {
      "Prints a file's model card as JSON, or writes it beside the file, for runtimes that cannot"
          + " read",
      "it there."
    })
final class CardCommand extends ProgramCommand {
  @Parameters(paramLabel = "MODEL", description = "an ONNX file, a TorchScript archive or a run")
  private Path model;

  @Option(names = "--out", paramLabel = "FILE", description = "the file to write")
  private @Nullable Path out;

  @Option(names = "--force", description = "replace an existing file")
  private boolean force;

  @Override
  public Integer call() throws IOException {
    Path file = NetworkFile.at(model);
    if (!Files.isRegularFile(file)) {
      throw Failure.badInput(
          "%s does not exist; give an ONNX file, a TorchScript archive or a run", file);
    }
    if (out == null) {
      print(json(file));
      return 0;
    }
    AtomicFile.requireAbsent(out, force);
    write(json(file), out);
    return 0;
  }

  /** {@code model.card.json} of {@code model.onnx}. */
  static Path beside(Path model) {
    String name = String.valueOf(model.getFileName()).replaceFirst("\\.onnx$", "");
    return model.resolveSibling(name + ".card.json");
  }

  /** The card's own bytes, and a line's end. */
  static void write(String json, Path file) throws IOException {
    AtomicFile.write(file, temporary -> Files.writeString(temporary, json + "\n"));
  }

  /**
   * As it is in the file.
   *
   * @throws Failure (exit 2) if there is none, or no card
   */
  private static String json(Path model) throws IOException {
    Optional<String> json =
        isArchive(model) ? ofArchive(model) : OnnxMetadata.of(model, ModelCard.METADATA_KEY);
    String text =
        json.orElseThrow(
            () ->
                Failure.badInput(
                    "[%s] has no model card (%s); export it with exporter onnx",
                    model.getFileName(), ModelCard.METADATA_KEY));
    CardJson.read(text, String.valueOf(model.getFileName()));
    return text;
  }

  /** By what is there, not by its name: archives are zip files. */
  static boolean isArchive(Path model) throws IOException {
    try (InputStream in = Files.newInputStream(model)) {
      return new String(in.readNBytes(2), StandardCharsets.ISO_8859_1).equals("PK");
    }
  }

  private static Optional<String> ofArchive(Path model) {
    TorchScriptArchive archive = ArchiveReader.read(model);
    return Optional.ofNullable(archive.extra().get(TorchScriptArchive.CARD))
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
  }
}
