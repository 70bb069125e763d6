package dev.lapidary.trainer.plan;

/**
 * {@code memory-format} of a run: how the images of training lie in memory (PyTorch's {@code
 * torch.memory_format}), and with them what the network computes. Written out before the run
 * begins, for sums in another order have other last bits.
 */
public enum MemoryFormat {
  /** By a rule of the device and the size of the images, the same on equal machines. */
  DEFAULT,
  /** The faster one of a few steps of each. */
  AUTO,
  /** {@code torch.contiguous_format}, NCHW. */
  CONTIGUOUS,
  /** {@code torch.channels_last}, NHWC. */
  CHANNELS_LAST
}
