package dev.lapidary.benchmarks.gpu;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import dev.lapidary.trainer.program.TorchDevice;

/** What of ONNX Runtime computes on a GPU, with which numbers. */
enum ProofProvider {
  CUDA_FLOAT32("float32", "0", OrtProvider.CUDA),
  CUDA_TF32("float32", "1", OrtProvider.CUDA),
  CUDA_FLOAT16("float16", "0", OrtProvider.CUDA),
  TENSORRT("float32", "1", OrtProvider.TENSOR_RT);

  private final String file;
  private final String tf32;
  private final OrtProvider provider;

  ProofProvider(String file, String tf32, OrtProvider provider) {
    this.file = file;
    this.tf32 = tf32;
    this.provider = provider;
  }

  /** Of the model that it runs. */
  String file() {
    return file + ".onnx";
  }

  /** Whether this build of ONNX Runtime has it; the CPU stands in for CUDA alone. */
  boolean isThere(TorchDevice device) {
    return device.isGpu()
        ? OrtEnvironment.getAvailableProviders().contains(provider)
        : provider == OrtProvider.CUDA;
  }

  /** What it cannot run is refused, not given to the CPU; nothing changes if the device is that. */
  void addTo(OrtSession.SessionOptions options, TorchDevice device) throws OrtException {
    if (!device.isGpu()) {
      return;
    }
    options.addConfigEntry("session.disable_cpu_ep_fallback", "1");
    if (provider == OrtProvider.TENSOR_RT) {
      options.addTensorrt(device.index());
    }
    try (OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(device.index())) {
      cuda.add("use_tf32", tf32);
      options.addCUDA(cuda);
    }
  }
}
