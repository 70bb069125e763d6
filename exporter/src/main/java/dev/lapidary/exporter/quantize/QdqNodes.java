package dev.lapidary.exporter.quantize;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Storage;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/** QuantizeLinear and DequantizeLinear with their constants, in a graph that is being written. */
record QdqNodes(OnnxGraph to) {
  /** A value as integers, {@code value/quantized}, and back as floats. */
  void quantize(String value, String from, String back, QuantParams params) {
    String scale = scalar(value + "/scale", params.scale());
    String zero = zeroPoint(value + "/zero_point", params);
    add("QuantizeLinear", value + "/quantized", from, scale, zero);
    add("DequantizeLinear", back, value + "/quantized", scale, zero);
  }

  /** A layer's int8 weight, with a scale a channel. */
  String weight(String name, QuantizedWeight weight, Tensor like, int axis) {
    Storage values = Storage.over(ByteBuffer.wrap(weight.values()));
    return dequantized(name, Tensor.over(DType.INT8, values, like.shape()), weight.scales(), axis);
  }

  /** Constants with a scale a channel and zero points of 0. */
  String dequantized(String name, Tensor values, float[] scales, int axis) {
    Tensor zeros = Tensor.zeros(values.dtype(), scales.length);
    String q = to.addInitializer(name + "_quantized", values);
    String scale = to.addInitializer(name + "_scale", Tensor.of(scales, scales.length));
    String zero = to.addInitializer(name + "_zero_point", zeros);
    return byChannel(name, q, scale, zero, axis);
  }

  /** Integers as floats, with a scale and a zero point a channel. */
  String byChannel(String name, String integers, String scales, String zeros, int axis) {
    List<String> inputs = List.of(integers, scales, zeros);
    Map<String, Attribute> along = Map.of("axis", Attribute.of(axis));
    to.add(new OnnxNode(name, "DequantizeLinear", inputs, List.of(name), along));
    return name;
  }

  void add(String op, String output, String... inputs) {
    to.add(new OnnxNode(output, op, List.of(inputs), List.of(output), Map.of()));
  }

  String scalar(String name, float value) {
    return to.addInitializer(name, Tensor.of(new float[] {value}));
  }

  String zeroPoint(String name, QuantParams params) {
    return to.addInitializer(name, params.tensor(params.zeroPoint()));
  }
}
