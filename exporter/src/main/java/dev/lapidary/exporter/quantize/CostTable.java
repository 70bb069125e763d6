package dev.lapidary.exporter.quantize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.AtomicFile;
import dev.lapidary.core.file.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/**
 * What layers cost on a kind of processor. It is read, never measured, where layers are chosen, so
 * that the same model, images and table give the same file on any machine.
 *
 * @param cpu what it was measured on: architecture and what counts for integers
 * @param layers some of each kind, of other sizes
 */
public record CostTable(String cpu, List<LayerCost> layers) {
  public CostTable {
    if (cpu == null || cpu.isBlank() || layers == null) {
      throw new IllegalArgumentException("it needs \"cpu\" and \"layers\"");
    }
    layers = List.copyOf(layers);
    for (LayerCost.Kind kind : LayerCost.Kind.values()) {
      if (layers.stream().noneMatch(layer -> layer.kind() == kind)) {
        throw new IllegalArgumentException("it has no layer of kind " + kind);
      }
    }
  }

  /** The one of a target that comes with the exporter. */
  public static CostTable shipped(Target target) {
    String name =
        switch (target) {
          case CPU, PORTABLE -> "costs-x86_64-vnni.json";
          case TENSORRT -> "costs-tensorrt.json";
          case WEB -> "costs-web.json";
        };
    try (InputStream in = Objects.requireNonNull(CostTable.class.getResourceAsStream(name), name)) {
      return new ObjectMapper().readValue(in, CostTable.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @throws Failure (exit 2) if the file is no table; (exit 1) if it cannot be read
   */
  public static CostTable read(Path file) {
    try {
      return new ObjectMapper().readValue(Files.readAllBytes(file), CostTable.class);
    } catch (JsonProcessingException e) {
      throw Failure.badInput(
          "[%s] is no table of costs: %s; make one with --measure-costs FILE",
          file, e.getOriginalMessage());
    } catch (IOException e) {
      throw Failure.failed("[%s] cannot be read: %s", file, Failure.reason(e));
    }
  }

  void write(Path file) {
    try {
      AtomicFile.write(file, to -> Files.writeString(to, json()));
    } catch (IOException e) {
      throw Failure.failed("[%s] cannot be written: %s", file, Failure.reason(e));
    }
  }

  private String json() {
    return new ObjectMapper().valueToTree(this).toPrettyString() + "\n";
  }

  /** As the card names it: of its contents, however the file is written. */
  String hash() {
    byte[] digest = Sha256.digest().digest(json().getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, 6);
  }

  /** That of the most alike layer of the kind, by the work in each. */
  LayerCost of(LayerCost.Kind kind, long taps, long outputs) {
    LayerCost near =
        layers.stream()
            .filter(layer -> layer.kind() == kind)
            .min(Comparator.comparingDouble(layer -> layer.distance(taps, outputs)))
            .orElseThrow();
    double scale = (double) taps * outputs / near.work();
    double numbers = (double) outputs / near.outputs();
    return new LayerCost(
        kind,
        taps,
        outputs,
        scale * near.floatMicros(),
        scale * near.integerMicros(),
        numbers * near.conversionMicros());
  }
}
