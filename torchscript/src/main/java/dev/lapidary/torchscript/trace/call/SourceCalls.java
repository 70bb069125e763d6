package dev.lapidary.torchscript.trace.call;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.archive.PyValue;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.Schema;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.PackedParams;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The program's own calls on quantized tensors, as the graph keeps them beside what they mean. */
public final class SourceCalls {
  private final Dispatcher dispatcher;
  private final List<Node> nodes = new ArrayList<>();
  private final Set<Integer> written = new HashSet<>();
  private final IdentityHashMap<PackedParams, Argument.Value> packed = new IdentityHashMap<>();
  private final IdentityHashMap<PackedParams, TensorRef> weights = new IdentityHashMap<>();
  private final Map<Integer, Argument.Value> values = new HashMap<>();

  public SourceCalls(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
  }

  public List<Node> nodes() {
    return nodes;
  }

  /** A packed weight as a quantized tensor of the graph, recorded once. */
  public TensorRef weight(PackedParams params) {
    return weights.computeIfAbsent(params, this::made);
  }

  private TensorRef made(PackedParams params) {
    String name = params.path() + ".weight";
    TensorRef integers = TensorRef.ofArchive(params.weight(), name);
    if (params.quantizer() instanceof PyValue.Quantizer.PerTensor all) {
      QuantizationParameters.of(all.scale(), all.zeroPoint(), DType.QINT8);
      return made(
          "aten::_make_per_tensor_quantized_tensor",
          List.of(integers, new IValue.Real(all.scale()), IValue.number(all.zeroPoint())));
    }
    PyValue.Quantizer.PerChannel each = (PyValue.Quantizer.PerChannel) params.quantizer();
    double[] scales = each.scales().toDoubles();
    long[] zeroPoints = each.zeroPoints().toLongs();
    for (int i = 0; i < scales.length; i++) {
      QuantizationParameters.of(scales[i], zeroPoints[i], DType.QINT8);
    }
    return made(
        "aten::_make_per_channel_quantized_tensor",
        List.of(
            integers,
            TensorRef.ofArchive(each.scales(), name + "_scale"),
            TensorRef.ofArchive(each.zeroPoints(), name + "_zero_point"),
            IValue.number(0)));
  }

  private TensorRef made(String operator, List<IValue> arguments) {
    List<SymInt> shape = ((TensorRef) arguments.get(0)).shape();
    return Invocation.of(dispatcher, operator, arguments).record(DType.QINT8, shape);
  }

  /** Weights as the source's operators take them, packed once, before the call that reads them. */
  public Argument.Value pack(PackedParams params) {
    return packed.computeIfAbsent(params, this::prepacked);
  }

  /** Keeps a call, unless its result is one that is kept already. */
  public void add(Invocation call, IValue result) {
    List<Argument.Value> outputs = new ArrayList<>();
    for (IValue item : result.flat().toList()) {
      if (item instanceof TensorRef tensor) {
        if (tensor.quantization().isEmpty() || !written.add(value(tensor).id())) {
          return;
        }
        outputs.add(value(tensor));
      }
    }
    if (!outputs.isEmpty()) {
      add(call, outputs);
    }
  }

  /** Keeps a call on integers that gives floats, which the nodes compute on floats. */
  public void addReal(Invocation call, TensorRef result) {
    add(call, List.of(((Content.Traced) result.content()).value()));
  }

  private void add(Invocation call, List<Argument.Value> outputs) {
    List<Argument> arguments = call.arguments().stream().map(this::argument).toList();
    Recorder recorder = dispatcher.recorder();
    nodes.add(new Node(call.schema(), arguments, outputs, recorder.scope(), recorder.location()));
  }

  /** The value that means it, of the integers' type. */
  private Argument.Value value(TensorRef tensor) {
    Argument.Value real = ((Content.Traced) tensor.content()).value();
    DType dtype = tensor.requireQuantization().dtype();
    return values.computeIfAbsent(
        real.id(), id -> new Argument.Value(id, real.name(), dtype, real.shape()));
  }

  private Argument argument(IValue ivalue) {
    if (ivalue instanceof TensorRef tensor && tensor.quantization().isPresent()) {
      return value(tensor);
    }
    if (ivalue instanceof IValue.Packed weights) {
      return pack(weights.params());
    }
    return ivalue instanceof IValue.ListOf list
        ? new Argument.ListOf(list.items().stream().map(this::argument).toList())
        : dispatcher.argument(ivalue);
  }

  private Argument.Value prepacked(PackedParams params) {
    Recorder recorder = dispatcher.recorder();
    String operator = params.window().isPresent() ? "conv2d_prepack" : "linear_prepack";
    Schema schema = Schemas.first("quantized::" + operator);
    List<Argument> arguments = new ArrayList<>();
    arguments.add(dispatcher.argument(weight(params)));
    arguments.add(dispatcher.argument(params.addend()));
    params
        .window()
        .ifPresent(
            window -> {
              for (List<SymInt> pair :
                  List.of(window.stride(), window.padding(), window.dilation())) {
                arguments.add(dispatcher.argument(IValue.ints(pair)));
              }
              arguments.add(new Argument.Int(SymInt.of(window.groups())));
            });
    Argument.Value output = recorder.value(operator, DType.QINT8, List.of());
    nodes.add(new Node(schema, arguments, List.of(output), recorder.scope(), recorder.location()));
    return output;
  }
}
