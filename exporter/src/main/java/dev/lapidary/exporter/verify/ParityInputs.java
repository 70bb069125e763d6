package dev.lapidary.exporter.verify;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Images that two models are compared on.
 *
 * @param description for the certificate: how anyone makes them again, and how the file got them
 * @param references the images in batches that the reference takes: FLOAT32 [N, C, H, W]
 * @param files the same images in the same order in batches that the file takes: of the same
 *     tensors, or UINT8 [N, H, W, C]
 */
public record ParityInputs(String description, List<Tensor> references, List<Tensor> files) {
  /** How the file gets the images. */
  private static final String TOGETHER = "as one batch and the first alone";

  public ParityInputs {
    references = List.copyOf(references);
    files = List.copyOf(files);
  }

  /**
   * {@code u("parity/0", ...)}, for single images a second one; as levels from 0 to 255 where the
   * file takes levels. The file gets all of them as one batch, whatever the reference takes.
   *
   * @param batch that the reference takes
   */
  public static ParityInputs uniform(int batch, ModelCard card) {
    return card.input().takesLevels() ? levels(batch, card) : numbers(batch, card.input());
  }

  /** The same images for a file that is not ours and takes no more than one at a time. */
  ParityInputs oneByOne() {
    List<Tensor> single =
        files.stream()
            .flatMap(
                file -> LongStream.range(0, file.size(0)).mapToObj(index -> sample(file, index)))
            .toList();
    return new ParityInputs(description.replace(TOGETHER, "one by one"), references, single);
  }

  /** Sample {@code index} of [N, ...] as a batch of one: a view. */
  static Tensor sample(Tensor batch, long index) {
    long[] shape = batch.shape();
    shape[0] = 1;
    return batch.view(shape, batch.strides(), batch.offset() + index * batch.strides()[0]);
  }

  /** At least two images. */
  private static int count(int batch) {
    return batch == 1 ? 2 : 1;
  }

  private static String names(int batch) {
    return batch == 1 ? "parity/0..1" : "parity/0";
  }

  private static ParityInputs numbers(int batch, ModelCard.Input input) {
    List<Tensor> batches = new ArrayList<>();
    for (int i = 0; i < count(batch); i++) {
      batches.add(
          Uniform.tensor("parity/" + i, batch, input.channels(), input.height(), input.width()));
    }
    return new ParityInputs(
        "u(%s, %dx%dx%dx%d), %s"
            .formatted(
                names(batch), batch, input.channels(), input.height(), input.width(), TOGETHER),
        batches,
        List.of(joined(batches)));
  }

  /** A level is floor((u + 1) * 128): all 256 of them alike. */
  private static ParityInputs levels(int batch, ModelCard card) {
    Preprocessing rule = card.preprocessing().orElseThrow();
    // Of a file that resizes as well: the one size that its resize leaves as it is.
    Preprocessing taken = card.input().anySize() ? Preprocessor.beforeResize(rule).rule() : rule;
    int channels = taken.channels();
    int height = taken.cropHeight();
    int width = taken.cropWidth();
    List<Tensor> references = new ArrayList<>();
    List<Tensor> files = new ArrayList<>();
    for (int i = 0; i < count(batch); i++) {
      float[] u = Uniform.tensor("parity/" + i, batch, height, width, channels).toFloats();
      byte[] levels = new byte[u.length];
      for (int j = 0; j < u.length; j++) {
        levels[j] = (byte) (int) Math.floor((u[j] + 1) * 128);
      }
      files.add(
          Tensor.over(
              DType.UINT8, Storage.over(ByteBuffer.wrap(levels)), batch, height, width, channels));
      references.add(normalized(cropped(levels, taken, rule), rule, batch));
    }
    return new ParityInputs(
        "floor((u(%s, %dx%dx%dx%d) + 1) * 128), %s"
            .formatted(names(batch), batch, height, width, channels, TOGETHER),
        references,
        List.of(joined(files)));
  }

  private static Tensor joined(List<Tensor> batches) {
    if (batches.size() == 1) {
      return batches.get(0);
    }
    long[] shape = batches.get(0).shape();
    shape[0] *= batches.size();
    Tensor all = Tensor.zeros(batches.get(0).dtype(), shape);
    ByteBuffer to = all.bytes();
    batches.forEach(batch -> to.put(batch.bytes()));
    return all;
  }

  /** The centre, and gray if the network is: by the definition, not by the code that serves. */
  private static byte[] cropped(byte[] levels, Preprocessing taken, Preprocessing rule) {
    if (taken.equals(rule)) {
      return levels;
    }
    int top = (int) Math.rint((taken.cropHeight() - rule.cropHeight()) / 2.0);
    int left = (int) Math.rint((taken.cropWidth() - rule.cropWidth()) / 2.0);
    int images = levels.length / taken.inputLength();
    ByteBuffer seen = ByteBuffer.allocate(images * rule.inputLength());
    for (int i = 0; i < images; i++) {
      for (int y = top; y < top + rule.cropHeight(); y++) {
        for (int x = left; x < left + rule.cropWidth(); x++) {
          int at = 3 * ((i * taken.cropHeight() + y) * taken.cropWidth() + x);
          if (rule.channels() == 3) {
            seen.put(levels, at, 3);
          } else {
            seen.put(luma(levels, at));
          }
        }
      }
    }
    return seen.array();
  }

  private static byte luma(byte[] levels, int at) {
    int sum =
        19595 * (levels[at] & 0xff)
            + 38470 * (levels[at + 1] & 0xff)
            + 7471 * (levels[at + 2] & 0xff);
    return (byte) ((sum + 32_768) / 65_536);
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

  /** Of all images' bytes in order, as the file takes them. */
  public String sha256() {
    MessageDigest digest = Sha256.digest();
    files.forEach(batch -> digest.update(batch.bytes()));
    return Sha256.hex(digest);
  }
}
