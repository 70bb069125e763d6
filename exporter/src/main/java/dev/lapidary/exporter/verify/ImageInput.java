package dev.lapidary.exporter.verify;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.nio.ByteBuffer;

/**
 * Images as a model's input: FLOAT32 [1, C, H, W], or UINT8 [1, H, W, C] for a file with embedded
 * preprocessing.
 */
public final class ImageInput {
  private final Preprocessing rule;
  private final Preprocessor preprocessor;
  private final boolean levels;

  private ImageInput(Preprocessing rule, boolean levels) {
    this.rule = rule;
    this.preprocessor = Preprocessor.of(rule);
    this.levels = levels;
  }

  /** For a file with this card, which must say how images become inputs. */
  public static ImageInput of(ModelCard card) {
    return new ImageInput(card.preprocessing().orElseThrow(), card.input().takesLevels());
  }

  /** For the network that a file was made of: normalized, whatever the file takes. */
  public ImageInput normalized() {
    return levels ? new ImageInput(rule, false) : this;
  }

  public Tensor tensor(RgbImage image) {
    return seen(preprocessor.view(image));
  }

  /**
   * @param view of the crop's size
   */
  Tensor seen(RgbImage view) {
    if (levels) {
      byte[] values = new byte[rule.inputLength()];
      preprocessor.levels(view, values, 0);
      Storage storage = Storage.over(ByteBuffer.wrap(values));
      return Tensor.over(
          DType.UINT8, storage, 1, rule.cropHeight(), rule.cropWidth(), rule.channels());
    }
    float[] values = new float[rule.inputLength()];
    preprocessor.normalize(view, values, 0);
    return Tensor.of(values, 1, rule.channels(), rule.cropHeight(), rule.cropWidth());
  }

  /** Of the tensor's bytes, little-endian, in hexadecimal. */
  public static String sha256(Tensor input) {
    return Sha256.of(input.bytes());
  }
}
