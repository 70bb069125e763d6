package dev.lapidary.runtime.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.session.OnnxRuntime;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorShapes;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/** The two ways in which an exported file takes images. */
enum InputForm {
  /** Normalized numbers. */
  NCHW_FLOAT32("NCHW", "float32") {
    @Override
    void fill(Preprocessor preprocessor, RgbImage image, float[] target) {
      preprocessor.apply(image, target, 0);
    }

    @Override
    ByteBuffer bytes(FloatBuffer images) {
      ByteBuffer bytes = direct(Float.BYTES * images.remaining());
      bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(images.duplicate());
      return bytes;
    }

    @Override
    OnnxTensor tensor(FloatBuffer images, int count, int channels, int height, int width)
        throws OrtException {
      long[] shape = {count, channels, height, width};
      return OnnxTensor.createTensor(OnnxRuntime.environment(), images, shape);
    }

    @Override
    TypedTensor tensor(Preprocessor preprocessor, RgbImage image, String name, List<Long> shape) {
      float[] numbers = new float[Math.toIntExact(TensorShapes.elements(shape))];
      preprocessor.apply(image, numbers, 0);
      return FloatNetwork.floats(name, shape, numbers);
    }

    @Override
    long[] nchw(long[] shape) {
      return shape;
    }

    @Override
    long[] ofNchw(long[] shape) {
      return shape;
    }
  },

  /** Levels from 0 to 255, which the graph scales and normalizes: embedded preprocessing. */
  NHWC_UINT8("NHWC", "uint8") {
    @Override
    void fill(Preprocessor preprocessor, RgbImage image, float[] target) {
      byte[] levels = new byte[target.length];
      preprocessor.levels(preprocessor.view(image), levels, 0);
      for (int i = 0; i < levels.length; i++) {
        target[i] = levels[i] & 0xff;
      }
    }

    @Override
    ByteBuffer bytes(FloatBuffer images) {
      ByteBuffer bytes = direct(images.remaining());
      for (int i = 0; i < bytes.capacity(); i++) {
        bytes.put(i, (byte) (int) images.get(images.position() + i));
      }
      return bytes;
    }

    @Override
    OnnxTensor tensor(FloatBuffer images, int count, int channels, int height, int width)
        throws OrtException {
      long[] shape = {count, height, width, channels};
      return OnnxTensor.createTensor(
          OnnxRuntime.environment(), bytes(images), shape, OnnxJavaType.UINT8);
    }

    @Override
    TypedTensor tensor(Preprocessor preprocessor, RgbImage image, String name, List<Long> shape) {
      byte[] levels = new byte[Math.toIntExact(TensorShapes.elements(shape))];
      preprocessor.levels(preprocessor.view(image), levels, 0);
      return new TypedTensor.Numbers(name, DataType.UINT8, shape, ByteBuffer.wrap(levels));
    }

    @Override
    long[] nchw(long[] shape) {
      return new long[] {shape[0], shape[3], shape[1], shape[2]};
    }

    @Override
    long[] ofNchw(long[] shape) {
      return new long[] {shape[0], shape[2], shape[3], shape[1]};
    }
  };

  private final String layout;
  private final String dtype;

  InputForm(String layout, String dtype) {
    this.layout = layout;
    this.dtype = dtype;
  }

  /** What the graph's own type says; what is neither is refused where its shape is read. */
  static InputForm of(NodeInfo input) {
    return of(input.getInfo() instanceof TensorInfo info && info.type == OnnxJavaType.UINT8);
  }

  static InputForm of(ImageNetwork network) {
    return of(network.takesLevels());
  }

  private static InputForm of(boolean levels) {
    return levels ? NHWC_UINT8 : NCHW_FLOAT32;
  }

  private static ByteBuffer direct(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
  }

  /** One image, decoded, as {@link #tensor} wants it. */
  abstract void fill(Preprocessor preprocessor, RgbImage image, float[] target);

  /** The input tensor's bytes, little-endian, of the buffer's remaining floats. */
  abstract ByteBuffer bytes(FloatBuffer images);

  abstract OnnxTensor tensor(FloatBuffer images, int count, int channels, int height, int width)
      throws OrtException;

  /**
   * One image as it waits in the queue: levels as bytes, a quarter of what they take as floats.
   *
   * @param shape of one image, in the graph's order, with its 1 in front
   */
  abstract TypedTensor tensor(
      Preprocessor preprocessor, RgbImage image, String name, List<Long> shape);

  /** The graph's input shape in the order N, C, H, W. */
  abstract long[] nchw(long[] shape);

  /** The other way. */
  abstract long[] ofNchw(long[] shape);

  /** As a card says it: {@code NCHW float32}. */
  @Override
  public String toString() {
    return layout + " " + dtype;
  }
}
