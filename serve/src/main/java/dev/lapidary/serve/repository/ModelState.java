package dev.lapidary.serve.repository;

/** A version's place in its life, in the words of Triton's model repository extension. */
public enum ModelState {
  /** It is read, warmed up and checked, and answers nothing yet. */
  LOADING,
  READY,
  /** It answers what it has accepted, and accepts nothing more. */
  UNLOADING,
  /** It could not be loaded, or was unloaded. */
  UNAVAILABLE
}
