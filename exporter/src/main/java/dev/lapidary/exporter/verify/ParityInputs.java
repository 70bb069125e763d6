package dev.lapidary.exporter.verify;

import dev.lapidary.models.card.ModelCard;
import dev.lapidary.models.image.Preprocessing;
import dev.lapidary.models.tensor.DType;
import dev.lapidary.models.tensor.Storage;
import dev.lapidary.models.tensor.Tensor;
import dev.lapidary.models.tensor.Uniform;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Batches that two models are compared on.
 *
 * @param description for the certificate: how anyone makes them again
 */
public record ParityInputs(String description, List<Batch> batches) {
  /**
   * The same images twice.
   *
   * @param reference FLOAT32 [N, C, H, W]
   * @param file as the file takes them: the same tensor, or UINT8 [N, H, W, C]
   */
  public record Batch(Tensor reference, Tensor file) {}

  public ParityInputs {
    batches = List.copyOf(batches);
  }

  List<Tensor> references() {
    return batches.stream().map(Batch::reference).toList();
  }

  List<Tensor> files() {
    return batches.stream().map(Batch::file).toList();
  }

  /**
   * {@code u("parity/0", ...)}, for single images a second one; as levels from 0 to 255 where the
   * file takes levels.
   */
  public static ParityInputs uniform(int batch, ModelCard card) {
    return card.input().takesLevels() ? levels(batch, card) : numbers(batch, card.input());
  }

  /** At least two images. */
  private static int count(int batch) {
    return batch == 1 ? 2 : 1;
  }

  private static String names(int batch) {
    return batch == 1 ? "parity/0..1" : "parity/0";
  }

  private static ParityInputs numbers(int batch, ModelCard.Input input) {
    List<Batch> batches = new ArrayList<>();
    for (int i = 0; i < count(batch); i++) {
      Tensor tensor =
          Uniform.tensor("parity/" + i, batch, input.channels(), input.height(), input.width());
      batches.add(new Batch(tensor, tensor));
    }
    return new ParityInputs(
        "u(%s, %dx%dx%dx%d)"
            .formatted(names(batch), batch, input.channels(), input.height(), input.width()),
        batches);
  }

  /** A level is floor((u + 1) * 128): all 256 of them alike. */
  private static ParityInputs levels(int batch, ModelCard card) {
    ModelCard.Input input = card.input();
    Preprocessing rule = card.preprocessing().orElseThrow();
    List<Batch> batches = new ArrayList<>();
    for (int i = 0; i < count(batch); i++) {
      float[] u =
          Uniform.tensor("parity/" + i, batch, input.height(), input.width(), input.channels())
              .toFloats();
      byte[] levels = new byte[u.length];
      for (int j = 0; j < u.length; j++) {
        levels[j] = (byte) (int) Math.floor((u[j] + 1) * 128);
      }
      Tensor file =
          Tensor.over(
              DType.UINT8,
              Storage.over(ByteBuffer.wrap(levels)),
              batch,
              input.height(),
              input.width(),
              input.channels());
      batches.add(new Batch(normalized(levels, rule, batch), file));
    }
    return new ParityInputs(
        "floor((u(%s, %dx%dx%dx%d) + 1) * 128)"
            .formatted(names(batch), batch, input.height(), input.width(), input.channels()),
        batches);
  }

  /** By the definition, not by the code that serves: (v / 255 - mean) / std in float32. */
  private static Tensor normalized(byte[] levels, Preprocessing rule, int batch) {
    int channels = rule.channels();
    int plane = rule.cropHeight() * rule.cropWidth();
    float[] values = new float[levels.length];
    for (int i = 0; i < levels.length; i++) {
      int c = i % channels;
      int pixel = i / channels;
      float value = ((levels[i] & 0xff) / 255f - rule.mean().get(c)) / rule.std().get(c);
      values[(pixel / plane * channels + c) * plane + pixel % plane] = value;
    }
    return Tensor.of(values, batch, channels, rule.cropHeight(), rule.cropWidth());
  }

  /** Of all batches' bytes in order, as the file takes them. */
  public String sha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Batch batch : batches) {
        digest.update(batch.file().bytes());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
