package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.builtin.NumberBuiltins;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Operators that show a part of a tensor. */
public final class PartOperators {
  private PartOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("select", PartOperators::select);
    table.put("slice", PartOperators::slice);
    table.put("narrow", PartOperators::narrow);
    table.put("chunk", PartOperators::chunk);
    table.put("unsafe_chunk", PartOperators::unsafeChunk);
    table.put("split", PartOperators::split);
    table.put("split_with_sizes", call -> parts(call, call.integers("split_sizes")));
    table.put("unbind", PartOperators::unbind);
  }

  private static int dim(Invocation call) {
    return Shapes.dimension(call.integer("dim"), call.self().rank());
  }

  private static Datum select(Invocation call) {
    TensorRef self = call.self();
    int dim = dim(call);
    Dim size = self.shape().get(dim);
    if (size.perBatch()) {
      throw Refusal.unsupported("one sample of the batch is selected");
    }
    long given = call.integer("index");
    long index = given < 0 ? given + size.factor() : given;
    if (index < 0 || index >= size.factor()) {
      throw Refusal.wrong("index %d of a dimension of size %s", given, size);
    }
    if (self.content() instanceof Content.Known known) {
      return new TensorRef(
          known.view(
              without(known.sizes(), dim),
              without(known.strides(), dim),
              known.offset() + index * known.strides()[dim]));
    }
    List<Dim> shape = new ArrayList<>(self.shape());
    shape.remove(dim);
    Datum at = Datum.number(index);
    Datum along = Datum.number(dim);
    TensorRef made = call.with("dim", along).with("index", at).record(self.dtype(), shape);
    UnaryOperator<TensorRef> whole = whole(call, self, dim, index, index + 1);
    return TensorRef.viewOf(
        self,
        made.content(),
        base -> call.callTensor("select", base, along, at),
        Optional.of(part -> whole.apply(call.callTensor("unsqueeze", part, along))),
        true);
  }

  /** What the base becomes when its part {@code from} to {@code to} is another one. */
  private static UnaryOperator<TensorRef> whole(
      Invocation call, TensorRef base, int dim, long from, long to) {
    Datum along = Datum.number(dim);
    long size = base.shape().get(dim).factor();
    return part -> {
      List<Datum> parts = new ArrayList<>();
      if (from > 0) {
        parts.add(rest(call, base, along, 0, from));
      }
      if (to > from) {
        parts.add(part);
      }
      if (to < size) {
        parts.add(rest(call, base, along, to, size));
      }
      return call.callTensor("cat", new Datum.ListOf(parts), along);
    };
  }

  /** The same of each step-th element: these places take theirs from behind the base. */
  private static UnaryOperator<TensorRef> interleaved(
      Invocation call, TensorRef base, int dim, long from, long step, long count) {
    Datum along = Datum.number(dim);
    long size = base.shape().get(dim).factor();
    long end = from + count * step;
    return part -> {
      Datum both = call.call("cat", new Datum.ListOf(List.of(base, part)), along);
      TensorRef places =
          Elements.integers(
              call.dispatcher().budget(),
              DType.INT64,
              new long[] {size},
              i -> i >= from && i < end && (i - from) % step == 0 ? size + (i - from) / step : i);
      return call.callTensor("index_select", both, along, places);
    };
  }

  private static Datum rest(Invocation call, TensorRef base, Datum along, long from, long to) {
    return call.call("slice", base, along, Datum.number(from), Datum.number(to), Datum.number(1));
  }

  private static long[] without(long[] values, int at) {
    return IntStream.range(0, values.length)
        .filter(i -> i != at)
        .mapToLong(i -> values[i])
        .toArray();
  }

  private static Datum slice(Invocation call) {
    TensorRef self = call.self();
    int dim = dim(call);
    Dim size = self.shape().get(dim);
    long step = call.integer("step");
    if (step < 1) {
      throw Refusal.wrong("a slice with the step %d", step);
    }
    Dim start = call.isNone("start") ? Dim.of(0) : call.dim("start");
    Dim end = call.isNone("end") ? size : call.dim("end");
    boolean whole =
        start.equals(Dim.of(0))
            && (reaches(end, size) || call.dispatcher().literals().isWhole(end, size));
    if (whole && step == 1) {
      return self.isKnown() ? new TensorRef(self.content()) : Views.alias(self, true);
    }
    if (size.perBatch()) {
      throw Refusal.unsupported("a part of the batch is selected");
    }
    long from = bound(start, size.factor());
    long to = Math.max(from, whole ? size.factor() : bound(end, size.factor()));
    long count = (to - from + step - 1) / step;
    if (self.content() instanceof Content.Known known) {
      long[] sizes = known.sizes().clone();
      long[] strides = known.strides().clone();
      long offset = known.offset() + (count == 0 ? 0 : from * strides[dim]);
      sizes[dim] = count;
      strides[dim] *= step;
      return new TensorRef(known.view(sizes, strides, offset));
    }
    List<Dim> shape = new ArrayList<>(self.shape());
    shape.set(dim, Dim.of(count));
    Datum[] exact = {Datum.number(dim), Datum.number(from), Datum.number(to), Datum.number(step)};
    TensorRef made =
        call.with("dim", exact[0])
            .with("start", exact[1])
            .with("end", exact[2])
            .record(self.dtype(), shape);
    return TensorRef.viewOf(
        self,
        made.content(),
        base -> call.callTensor("slice", base, exact[0], exact[1], exact[2], exact[3]),
        Optional.of(
            step == 1
                ? whole(call, self, dim, from, to)
                : interleaved(call, self, dim, from, step, count)),
        true);
  }

  /** Whether a slice's end lies at the size or behind it. */
  private static boolean reaches(Dim end, Dim size) {
    return end.equals(size)
        || (!end.perBatch() && end.factor() == Long.MAX_VALUE)
        || (end.perBatch() == size.perBatch() && end.factor() >= size.factor());
  }

  private static long bound(Dim given, long size) {
    long index = Dims.constant(given);
    return Math.max(0, Math.min(index < 0 ? index + size : index, size));
  }

  private static Datum narrow(Invocation call) {
    return call.call(
        "slice",
        call.self(),
        call.get("dim"),
        call.get("start"),
        NumberBuiltins.binary("add", call.get("start"), call.get("length")),
        Datum.number(1));
  }

  /** As many equal parts as fit, the last one smaller; fewer than asked for if that is enough. */
  private static Datum chunk(Invocation call) {
    long size = Dims.constant(call.self().shape().get(dim(call)));
    long chunks = call.integer("chunks");
    if (chunks < 1) {
      throw Refusal.wrong("chunk into %d parts", chunks);
    }
    return parts(call, equalParts(call, size, (size + chunks - 1) / chunks));
  }

  /** What is written into one of these parts nobody sees in the whole: traces of LSTMCell do it. */
  private static Datum unsafeChunk(Invocation call) {
    List<Datum> parts = new ArrayList<>();
    for (Datum part : chunk(call).toList()) {
      parts.add(call.call("clone", part));
    }
    return new Datum.ListOf(parts);
  }

  private static Datum split(Invocation call) {
    if (call.has("split_sizes")) {
      return parts(call, call.integers("split_sizes"));
    }
    if (!(call.get("split_size") instanceof Datum.Int)) {
      return parts(call, call.integers("split_size"));
    }
    long size = Dims.constant(call.self().shape().get(dim(call)));
    return parts(call, equalParts(call, size, call.integer("split_size")));
  }

  private static long[] equalParts(Invocation call, long size, long each) {
    if (each < 1) {
      throw Refusal.wrong("%s into parts of %d", call.operator(), each);
    }
    int count = (int) ((size + each - 1) / each);
    call.dispatcher().budget().length(count);
    long[] sizes = new long[count];
    for (int i = 0; i < count; i++) {
      sizes[i] = Math.min(each, size - i * each);
    }
    return sizes;
  }

  private static Datum parts(Invocation call, long[] sizes) {
    TensorRef self = call.self();
    int dim = dim(call);
    long total = java.util.Arrays.stream(sizes).sum();
    if (!Dim.of(total).equals(self.shape().get(dim))) {
      throw Refusal.wrong(
          "parts of %s do not make up %s", java.util.Arrays.toString(sizes), self.shape().get(dim));
    }
    Datum along = Datum.number(dim);
    if (self.isKnown()) {
      return knownParts(call, sizes, along);
    }
    if (!call.name().equals("split_with_sizes")) {
      return call.call("split_with_sizes", self, sizes(sizes), along);
    }
    List<List<Dim>> shapes = new ArrayList<>();
    for (long size : sizes) {
      List<Dim> shape = new ArrayList<>(self.shape());
      shape.set(dim, Dim.of(size));
      shapes.add(shape);
    }
    List<TensorRef> made =
        call.with("dim", along)
            .recordAll(java.util.Collections.nCopies(sizes.length, self.dtype()), shapes);
    List<TensorRef> views = new ArrayList<>();
    long from = 0;
    for (int i = 0; i < made.size(); i++) {
      int index = i;
      views.add(
          TensorRef.viewOf(
              self,
              made.get(i).content(),
              base ->
                  (TensorRef)
                      call.call("split_with_sizes", base, sizes(sizes), along).toList().get(index),
              Optional.of(whole(call, self, dim, from, from + sizes[i])),
              true));
      from += sizes[i];
    }
    return new Datum.ListOf(views);
  }

  private static Datum knownParts(Invocation call, long[] sizes, Datum along) {
    List<Datum> views = new ArrayList<>();
    long from = 0;
    for (long size : sizes) {
      views.add(
          call.call(
              "slice",
              call.self(),
              along,
              Datum.number(from),
              Datum.number(from + size),
              Datum.number(1)));
      from += size;
    }
    return new Datum.ListOf(views);
  }

  private static Datum sizes(long[] sizes) {
    return Datum.ints(Dims.of(sizes));
  }

  private static Datum unbind(Invocation call) {
    int dim = dim(call);
    long size = Dims.constant(call.self().shape().get(dim));
    call.dispatcher().budget().length(size);
    List<Datum> views = new ArrayList<>();
    for (long i = 0; i < size; i++) {
      views.add(call.call("select", call.self(), Datum.number(dim), Datum.number(i)));
    }
    return new Datum.ListOf(views);
  }
}
