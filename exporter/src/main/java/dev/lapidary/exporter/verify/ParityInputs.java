package dev.lapidary.exporter.verify;

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
 * @param batches FLOAT32 [N, C, H, W], all of one N
 */
public record ParityInputs(String description, List<Tensor> batches) {
  private static final int BATCHES = 3;

  public ParityInputs {
    batches = List.copyOf(batches);
  }

  /**
   * {@code u("parity/0", ...)} and so on, of an archive's own batch size.
   *
   * @param shape of one sample, [C, H, W]
   */
  public static ParityInputs uniform(int batch, List<Long> shape) {
    List<Tensor> batches = new ArrayList<>();
    for (int i = 0; i < BATCHES; i++) {
      batches.add(Uniform.tensor("parity/" + i, batch, shape.get(0), shape.get(1), shape.get(2)));
    }
    return new ParityInputs(
        "u(parity/0..%d, %dx%dx%dx%d)"
            .formatted(BATCHES - 1, batch, shape.get(0), shape.get(1), shape.get(2)),
        batches);
  }

  /** Of all batches' bytes in order. */
  public String sha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Tensor batch : batches) {
        ByteBuffer bytes = batch.bytes();
        digest.update(bytes);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
