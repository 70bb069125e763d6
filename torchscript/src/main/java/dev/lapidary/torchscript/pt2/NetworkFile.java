package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.MappedFile;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.archive.ZipRecords;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A network's file of either kind: a TorchScript archive, or a program of {@code torch.export}
 * ({@code .pt2}), which is printed as one. Nothing of either is run.
 *
 * @param archive the network
 * @param printed what is known of the program that it was printed from; empty for an archive
 */
public record NetworkFile(TorchScriptArchive archive, Optional<Origin> printed) {
  /** What a finished run's directory calls its network. */
  private static final String OF_A_RUN = "model.pt";

  /** Where the text of a printed program lies in its archive's code, and of no other. */
  public static final String CODE = PrintedClasses.PATH;

  /**
   * An exported program.
   *
   * @param schemaVersion of torch.export, {@code 8.20}
   * @param imageShape sizes of the input without the batch; 0 is one that is not fixed
   * @param quantized by PT2E: its weights are integers
   */
  public record Origin(String schemaVersion, List<Long> imageShape, boolean quantized) {
    public Origin {
      imageShape = List.copyOf(imageShape);
    }

    /** What a card and a note say of it. */
    public String words() {
      return "printed from .pt2";
    }
  }

  /**
   * The file that a user means: of a run's directory its network, of anything else itself.
   *
   * @throws Failure (exit 2) for a folder without a network
   */
  public static Path at(Path source) {
    if (!Files.isDirectory(source)) {
      return source;
    }
    Path file = source.resolve(OF_A_RUN);
    if (!Files.isRegularFile(file)) {
      throw Failure.badInput(
          "%s is a folder without a %s: name a file, or the folder of a finished run",
          source, OF_A_RUN);
    }
    return file;
  }

  /**
   * The network alone.
   *
   * @throws Failure as {@link #open}
   */
  public static TorchScriptArchive read(Path file) {
    return open(file).archive();
  }

  /**
   * @throws Failure exit 2 if it is no sound file of either kind, exit 4 if it is a program of what
   *     TorchScript or Lapidary has not; both name the file
   */
  public static NetworkFile open(Path file) {
    String name = String.valueOf(file.getFileName());
    try {
      MappedFile mapped = MappedFile.open(file);
      if (ZipRecords.isZip(mapped)) {
        ZipRecords records = ZipRecords.open(mapped);
        if (ExportedFile.is(records)) {
          return new ExportedFile(records).read(name.replaceFirst("\\.[^.]*$", ""));
        }
      }
    } catch (Failure e) {
      throw e.at(name);
    }
    return new NetworkFile(ArchiveReader.read(file), Optional.empty());
  }

  /** Whether the file is a program of torch.export; a damaged zip is refused. */
  public static boolean isExported(MappedFile file) {
    return ZipRecords.isZip(file) && ExportedFile.is(ZipRecords.open(file));
  }
}
