package dev.lapidary.serve.http;

import ai.onnxruntime.OrtException;
import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.runtime.session.Device;
import dev.lapidary.runtime.session.OnnxSession;
import dev.lapidary.runtime.tensor.OnnxTensors;
import dev.lapidary.runtime.tensor.TensorNetwork;
import java.nio.file.Path;

/**
 * A model that has no card, or takes no images: what its graph says is all that is known of it.
 *
 * @param name of its file, without its ending
 * @param sha256 of the file, in hex
 * @param hasCard whether the file says more of itself than is used here
 * @param session closed with it
 */
public record TensorModel(
    String name, String sha256, boolean hasCard, TensorNetwork network, OnnxSession session)
    implements AutoCloseable {
  /**
   * @param threads that one run of the network uses
   * @throws Failure (exit 2) if it is no ONNX model, or none of tensors; (exit 4) if the device
   *     cannot be used
   */
  public static TensorModel open(Path file, Device device, int threads) {
    String source = String.valueOf(file.getFileName());
    OnnxSession session = OnnxSession.open(file, device, threads);
    try {
      return new TensorModel(
          source.replaceFirst("\\.onnx$", ""),
          Sha256.of(file),
          session.metadata(ModelCard.METADATA_KEY).isPresent(),
          OnnxTensors.of(session, source),
          session);
    } catch (OrtException e) {
      session.close();
      throw Failure.badInput("[%s] ONNX Runtime cannot describe it: %s", source, Failure.reason(e));
    } catch (RuntimeException e) {
      session.close();
      throw e;
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
