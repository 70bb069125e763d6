package dev.lapidary.exporter.pass;

import dev.lapidary.exporter.onnx.OnnxGraph;

/** One rewrite. It changes a graph in place and keeps what the graph computes. */
public interface Pass {

  /** Returns how many places it changed; a second application changes none. */
  int apply(OnnxGraph graph);

  default String title() {
    return getClass().getSimpleName();
  }
}
