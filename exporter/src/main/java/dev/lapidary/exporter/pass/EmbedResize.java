package dev.lapidary.exporter.pass;

import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessing.Colour;
import dev.lapidary.core.image.Preprocessing.Interpolation;
import dev.lapidary.core.image.Preprocessing.Resize;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.ValueInfo;
import java.util.List;
import java.util.Map;

/**
 * The part of {@link EmbedPreprocessing} that takes decoded images of any size: resize, crop and
 * gray.
 *
 * <pre>
 *   x UINT8 [N,H,W,3] ── Transpose ── Resize ── Slice ── (Pad) ── (gray) ── levels [N,C,h,w]
 * </pre>
 *
 * Sizes are integers and, where torchvision rounds, the operators that round as it does. {@code
 * Resize} with {@code antialias} and {@code exclude_outside} has Pillow's filters: on UINT8 ONNX
 * Runtime computes as Pillow does, columns first, weights in 22 bits, 8 bits between the passes,
 * but places the filters in float32, so that a level where the sum is at the edge of two may be the
 * other one. Without {@code exclude_outside} borders are up to 19 levels off.
 */
record EmbedResize(Preprocessing rule, Nodes nodes) {
  /** Of Resize's {@code antialias}. */
  static final int MIN_OPSET = 18;

  private static final long[] LUMA = {19595, 38470, 7471};

  /** Whether {@code Resize} has the rule's filter, and its one size of an image stays as it is. */
  static boolean has(Preprocessing rule) {
    return (rule.resize() == Resize.NONE
            || rule.interpolation() == Interpolation.BILINEAR
            || rule.interpolation() == Interpolation.BICUBIC)
        && rule.cropsInside();
  }

  /** What the graph takes: {@code [N, H, W, 3]}. */
  static ValueInfo input(String name) {
    return new ValueInfo(
        name,
        DType.UINT8,
        List.of(
            ValueInfo.Axis.BATCH,
            new ValueInfo.Axis("H", 0),
            new ValueInfo.Axis("W", 0),
            ValueInfo.Axis.of(3)));
  }

  /**
   * @param input {@code [N, H, W, 3]} levels
   * @return integers from 0 to 255, {@code [N, C, cropHeight, cropWidth]}
   */
  static String levels(Preprocessing rule, String input, Nodes nodes) {
    EmbedResize resize = new EmbedResize(rule, nodes);
    String turned = nodes.add("Transpose", Map.of("perm", Attribute.of(0, 3, 1, 2)), input);
    String cropped =
        switch (rule.resize()) {
          case SHORTER_SIDE -> resize.shorterSide(input, turned);
          case EXACT -> resize.resized(input, turned, resize.crop());
          case FIT_PAD -> resize.fitted(input, turned);
          case NONE -> resize.centre(turned, resize.sides(input));
        };
    return rule.colour() == Colour.GRAY ? resize.gray(cropped) : cropped;
  }

  private String shorterSide(String input, String turned) {
    String sides = sides(input);
    String shorter =
        nodes.add(
            "ReduceMin", Map.of("keepdims", Attribute.of(1L)), sides, nodes.integers("all", 0));
    String scaled = nodes.add("Mul", sides, nodes.integers("resize", rule.resizeSize()));
    String size = nodes.add("Div", scaled, shorter); // which truncates, as int() does
    String over = nodes.add("Sub", size, crop());
    return slice(resized(input, turned, size), halfToEven(over));
  }

  private String fitted(String input, String turned) {
    String sides = nodes.cast(DType.FLOAT64, sides(input)); // as ImageOps.contain computes
    String other = nodes.add("Gather", sides, nodes.integers("turned", 1, 0));
    String crop =
        nodes.cast(
            DType.FLOAT64, nodes.integers("crop-turned", rule.cropWidth(), rule.cropHeight()));
    String exact = nodes.add("Mul", nodes.add("Div", sides, other), crop);
    String rounded = nodes.cast(DType.INT64, nodes.add("Round", exact));
    String size =
        nodes.add("Min", nodes.add("Max", rounded, nodes.integers("least", 1, 1)), crop());
    String missing = nodes.add("Sub", crop(), size);
    return padded(resized(input, turned, size), halfToEven(missing), missing);
  }

  /** The crop alone; black where the image is smaller. */
  private String centre(String turned, String sides) {
    String none = nodes.integers("none", 0, 0);
    String start = nodes.add("Max", halfToEven(nodes.add("Sub", sides, crop())), none);
    String missing = nodes.add("Max", nodes.add("Sub", crop(), sides), none);
    String before = nodes.add("Div", missing, nodes.integers("two", 2));
    return padded(slice(turned, start), before, missing);
  }

  private String resized(String input, String turned, String size) {
    String batch = nodes.add("Shape", from(0, 1), input);
    String sizes =
        nodes.add(
            "Concat", Map.of("axis", Attribute.of(0L)), batch, nodes.integers("rgb", 3), size);
    boolean cubic = rule.interpolation() == Interpolation.BICUBIC;
    return nodes.add(
        "Resize",
        Map.of(
            "mode", Attribute.of(cubic ? "cubic" : "linear"),
            "cubic_coeff_a", Attribute.of(-0.5),
            "antialias", Attribute.of(1L),
            "exclude_outside", Attribute.of(1L),
            "coordinate_transformation_mode", Attribute.of("half_pixel")),
        turned,
        "",
        "",
        sizes);
  }

  private String slice(String image, String start) {
    String end = nodes.add("Add", start, crop());
    return nodes.add("Slice", image, start, end, nodes.integers("axes", 2, 3));
  }

  private String padded(String image, String before, String missing) {
    String none = nodes.integers("none", 0, 0);
    String after = nodes.add("Sub", missing, before);
    String pads = nodes.add("Concat", Map.of("axis", Attribute.of(0L)), none, before, none, after);
    return nodes.add("Pad", image, pads);
  }

  /** As Pillow's convert("L"): a sum of integers, its upper half. */
  private String gray(String image) {
    String weights =
        nodes.cast(DType.INT32, nodes.constant("luma", Tensor.of(LUMA, LUMA.length, 1, 1)));
    String weighted = nodes.add("Mul", nodes.cast(DType.INT32, image), weights);
    String sum =
        nodes.add(
            "ReduceSum",
            Map.of("keepdims", Attribute.of(1L)),
            weighted,
            nodes.integers("channels", 1));
    String half = nodes.cast(DType.INT32, nodes.integers("half", 32_768));
    String rounded = nodes.add("Add", sum, half);
    return nodes.add("Div", rounded, nodes.cast(DType.INT32, nodes.integers("whole", 65_536)));
  }

  /** Height and width. */
  private String sides(String input) {
    return nodes.add("Shape", from(1, 3), input);
  }

  private String crop() {
    return nodes.integers("crop", rule.cropHeight(), rule.cropWidth());
  }

  private String halfToEven(String integers) {
    String half =
        nodes.add(
            "Mul",
            nodes.cast(DType.FLOAT32, integers),
            nodes.constant("half-of", Tensor.of(new float[] {0.5f})));
    return nodes.cast(DType.INT64, nodes.add("Round", half));
  }

  private static Map<String, Attribute> from(long start, long end) {
    return Map.of("start", Attribute.of(start), "end", Attribute.of(end));
  }
}
