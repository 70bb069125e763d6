package dev.lapidary.serve.bench;

/** How a server is asked. */
public enum Protocol {
  /** An image file as the body, to {@code /predict} or the address that is given. */
  predict,
  /** The Open Inference Protocol's {@code /v2/models/NAME/infer}. */
  v2
}
