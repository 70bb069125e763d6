package dev.lapidary.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativePlatformTest {
  private static final NativePlatform HERE = NativePlatform.of("linux-x64");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "native/Linux/x86_64/libwebp-imageio.so",
        "com/sun/jna/linux-x86-64/libjnidispatch.so",
        "jnilib/2.7.1-0.35.1/linux-x86_64/cpu/libdjl_torch.so",
        "pytorch/cpu/linux-x86_64/native/lib/libtorch_cpu.so",
        "pytorch/cpu/linux-x86_64/native/lib/libgomp-98b21ff3.so.1",
        "native/lib/libc10.so",
        "META-INF/native-image/windows/config.json",
        "com/sun/jna/win32/W32API.class",
      })
  void whatThisPlatformNeedsStays(String entry) {
    assertThat(HERE.excludes(entry)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "native/Linux/aarch64/libwebp-imageio.so",
        "native/Mac/x86_64/libwebp-imageio.dylib",
        "native/Windows/x86_64/webp-imageio.dll",
        "com/sun/jna/darwin-aarch64/libjnidispatch.jnilib",
        "com/sun/jna/linux-x86/libjnidispatch.so",
        "com/sun/jna/aix-ppc64/libjnidispatch.a",
        "jnilib/2.7.1-0.35.1/win-x86_64/cpu/djl_torch.dll",
      })
  void whatOthersNeedGoes(String entry) {
    assertThat(HERE.excludes(entry)).isTrue();
  }
}
