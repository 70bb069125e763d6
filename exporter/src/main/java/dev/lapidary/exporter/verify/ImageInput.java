package dev.lapidary.exporter.verify;

import dev.lapidary.core.card.ModelCard;
import dev.lapidary.core.file.Sha256;
import dev.lapidary.core.image.Background;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import java.nio.ByteBuffer;

/**
 * Images as a model's input: FLOAT32 [1, C, H, W], or UINT8 [1, H, W, C] for a file with embedded
 * preprocessing, or UINT8 [1, H, W, 3] of the image's own size for one that resizes as well.
 */
public final class ImageInput {
  private final Preprocessing rule;
  private final Preprocessor preprocessor;
  private final Form form;

  /** What the file takes. */
  private enum Form {
    NORMALIZED,
    LEVELS,
    WHOLE_IMAGES
  }

  private ImageInput(Preprocessing rule, Form form) {
    this.rule = rule;
    this.preprocessor = Preprocessor.of(rule);
    this.form = form;
  }

  /** For a file with this card, which must say how images become inputs. */
  public static ImageInput of(ModelCard card) {
    ModelCard.Input input = card.input();
    Form form = input.takesLevels() ? Form.LEVELS : Form.NORMALIZED;
    return new ImageInput(
        card.preprocessing().orElseThrow(), input.anySize() ? Form.WHOLE_IMAGES : form);
  }

  /** For the network that a file was made of: normalized, whatever the file takes. */
  public ImageInput normalized() {
    return new ImageInput(rule, Form.NORMALIZED);
  }

  /** What transparent images are put on. */
  public Background alpha() {
    return rule.alpha();
  }

  public Tensor tensor(RgbImage image) {
    return form == Form.WHOLE_IMAGES ? whole(image) : seen(preprocessor.view(image));
  }

  /**
   * The same image as programs of ours feed it: of a file that resizes, at the size that its resize
   * leaves as it is.
   */
  Tensor served(RgbImage image) {
    return form == Form.WHOLE_IMAGES
        ? whole(Preprocessor.beforeResize(rule).view(image))
        : tensor(image);
  }

  /** UINT8 [1, H, W, 3]. */
  static Tensor whole(RgbImage image) {
    Storage storage = Storage.over(ByteBuffer.wrap(image.pixels()));
    return Tensor.over(DType.UINT8, storage, 1, image.height(), image.width(), 3);
  }

  /**
   * @param view of the crop's size
   */
  private Tensor seen(RgbImage view) {
    if (form == Form.LEVELS) {
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
