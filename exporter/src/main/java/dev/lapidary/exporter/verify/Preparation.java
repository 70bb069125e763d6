package dev.lapidary.exporter.verify;

/** How much ONNX Runtime does to a graph before its first run. */
public enum Preparation {
  /** All that it does by default, as where the file is served. */
  SERVED,
  /**
   * For a few runs: convolutions keep the file's layout. To bring them into the processor's own one
   * (NchwcTransformer) takes longer than the runs, and the file's size in memory once more. Numbers
   * differ from served ones in the last bits.
   */
  BRIEF
}
