package dev.lapidary.runtime.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.TensorInfo;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.RgbImage;
import dev.lapidary.runtime.batch.FloatNetwork;
import dev.lapidary.runtime.session.OnnxRuntime;
import dev.lapidary.runtime.tensor.DataType;
import dev.lapidary.runtime.tensor.TensorShapes;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/** The two ways in which an exported file takes images. */
enum InputForm {
  /** Normalized numbers. */
  NCHW_FLOAT32("NCHW", "float32"),
  /** Levels from 0 to 255, which the graph scales and normalizes: embedded preprocessing. */
  NHWC_UINT8("NHWC", "uint8");

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

  static InputForm of(TensorSpec input) {
    return of(input.type() == DataType.UINT8);
  }

  private static InputForm of(boolean levels) {
    return levels ? NHWC_UINT8 : NCHW_FLOAT32;
  }

  /** The graph's input shape in the order N, C, H, W. */
  long[] nchw(List<Long> shape) {
    return NCHW_FLOAT32.layout.chars().mapToLong(axis -> shape.get(layout.indexOf(axis))).toArray();
  }

  /** The other way. */
  List<Long> ofNchw(long... nchw) {
    return layout.chars().mapToObj(axis -> nchw[NCHW_FLOAT32.layout.indexOf(axis)]).toList();
  }

  /** One image, decoded, as {@link #given} wants it. */
  void fill(Preprocessor preprocessor, RgbImage image, float[] target) {
    if (this == NCHW_FLOAT32) {
      preprocessor.apply(image, target, 0);
      return;
    }
    byte[] levels = levels(preprocessor, image, target.length);
    for (int i = 0; i < levels.length; i++) {
      target[i] = levels[i] & 0xff;
    }
  }

  private static byte[] levels(Preprocessor preprocessor, RgbImage image, int length) {
    byte[] levels = new byte[length];
    preprocessor.levels(preprocessor.view(image), levels, 0);
    return levels;
  }

  /**
   * One image as it waits in the queue: levels as bytes, a quarter of what they take as floats.
   *
   * @param shape of one image, in the graph's order, with its 1 in front
   */
  TypedTensor.Numbers tensor(
      Preprocessor preprocessor, RgbImage image, String name, List<Long> shape) {
    int length = Math.toIntExact(TensorShapes.elements(shape));
    if (this == NHWC_UINT8) {
      ByteBuffer levels = ByteBuffer.wrap(levels(preprocessor, image, length));
      return new TypedTensor.Numbers(name, DataType.UINT8, shape, levels);
    }
    float[] numbers = new float[length];
    preprocessor.apply(image, numbers, 0);
    return FloatNetwork.floats(name, shape, numbers);
  }

  /**
   * What the graph is given.
   *
   * @param images direct; its remaining floats are images as {@link #fill} makes them
   */
  OnnxTensor given(FloatBuffer images, long... nchw) throws OrtException {
    OrtEnvironment environment = OnnxRuntime.environment();
    long[] shape = ofNchw(nchw).stream().mapToLong(size -> size).toArray();
    if (this == NCHW_FLOAT32) {
      return OnnxTensor.createTensor(environment, images, shape);
    }
    ByteBuffer levels =
        ByteBuffer.allocateDirect(images.remaining()).order(ByteOrder.nativeOrder());
    for (int i = 0; i < levels.capacity(); i++) {
      levels.put(i, (byte) (int) images.get(images.position() + i));
    }
    return OnnxTensor.createTensor(environment, levels, shape, OnnxJavaType.UINT8);
  }

  /** As a card says it: {@code NCHW float32}. */
  @Override
  public String toString() {
    return layout + " " + dtype;
  }
}
