package dev.lapidary.pytorch.libtorch;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.engine.Engine;
import dev.lapidary.core.card.CardJson;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.ending.Ending;
import dev.lapidary.runtime.model.ImageNetwork;
import dev.lapidary.runtime.model.TorchScriptEngine;
import dev.lapidary.torchscript.archive.ArchiveReader;
import dev.lapidary.torchscript.archive.TorchScriptArchive;
import dev.lapidary.torchscript.ending.TracedEnding;
import dev.lapidary.torchscript.trace.TraceOptions;
import dev.lapidary.torchscript.trace.Tracer;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/** Runs TorchScript archives by libtorch. Loads it when the first archive is opened. */
public final class LibtorchEngine implements TorchScriptEngine {
  /** As {@link java.util.ServiceLoader} wants it; where DJL is missing it is known at once. */
  public LibtorchEngine() {
    Objects.requireNonNull(Engine.class);
  }

  @Override
  public Archive read(Path file) {
    TorchScriptArchive archive = ArchiveReader.read(file);
    ArchiveText text = ArchiveText.of(archive);
    String fileName = String.valueOf(file.getFileName());
    text.requireOfInference(fileName);
    Optional<ModelCard> card =
        Optional.ofNullable(archive.extra().get(TorchScriptArchive.CARD))
            .map(json -> CardJson.read(new String(json, UTF_8), fileName));
    String input = card.map(c -> c.input().name()).orElseGet(text::input);
    return new ReadArchive(file, archive, card, input);
  }

  private record ReadArchive(
      Path file, TorchScriptArchive archive, Optional<ModelCard> card, String input)
      implements Archive {
    @Override
    public Ending ending(int channels, int height, int width) {
      TraceOptions options = TraceOptions.of(channels, height, width);
      return TracedEnding.of(Tracer.trace(archive, options)).ending();
    }

    @Override
    public ImageNetwork open(int channels, int height, int width, int threads) {
      return LibtorchNetwork.open(
          new LibtorchNetwork.Source(file, input, channels, height, width), archive, threads);
    }
  }
}
