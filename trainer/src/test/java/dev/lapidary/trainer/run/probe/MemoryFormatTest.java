package dev.lapidary.trainer.run.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lapidary.trainer.plan.MemoryFormat;
import dev.lapidary.trainer.plan.RunConfig;
import dev.lapidary.trainer.plan.RunYaml;
import dev.lapidary.trainer.program.Libtorch;
import dev.lapidary.trainer.report.Progress;
import dev.lapidary.trainer.run.network.Fingerprint;
import dev.lapidary.trainer.run.network.Network;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class MemoryFormatTest {
  private static final Pattern MEASURED =
      Pattern.compile(
          "memory format: contiguous ([0-9.]+), channels_last ([0-9.]+) images/s measured: (\\w+)");

  private final StringWriter said = new StringWriter();
  private final Progress progress = new Progress(new PrintWriter(said, true), false);

  @Test
  void smallImagesStayContiguous() throws Exception {
    assertThat(resolved("resnet20_cifar", "cpu", "default")).isEqualTo(MemoryFormat.CONTIGUOUS);
    assertThat(said.toString()).isEmpty();
  }

  @Test
  void largeOnesAreChannelsLastOnACpuThatWasMeasured() throws Exception {
    assumeTrue(Fingerprint.widestInstructions().startsWith("avx"), "another kind of CPU");
    assertThat(resolved("squeezenet1_1", "cpu", "default")).isEqualTo(MemoryFormat.CHANNELS_LAST);
    assertThat(said.toString().strip())
        .isEqualTo(
            "memory format: channels_last, the faster one for images of 224x224 on this kind of"
                + " CPU");
  }

  @Test
  void aGpuHasNoRule() throws Exception {
    assertThat(resolved("squeezenet1_1", "cuda:0", "default")).isEqualTo(MemoryFormat.CONTIGUOUS);
  }

  @Test
  void whatIsAskedForIsTaken() throws Exception {
    assertThat(resolved("squeezenet1_1", "cpu", "contiguous")).isEqualTo(MemoryFormat.CONTIGUOUS);
    assertThat(resolved("resnet20_cifar", "cpu", "channels_last"))
        .isEqualTo(MemoryFormat.CHANNELS_LAST);
  }

  @Test
  void autoTakesTheFasterOfBoth() {
    MemoryFormat chosen = Libtorch.call(1, () -> resolved("resnet20_cifar", "cpu", "auto"));
    Matcher measured = MEASURED.matcher(said.toString().strip());
    assertThat(measured.matches()).as(said.toString()).isTrue();
    double contiguous = Double.parseDouble(measured.group(1));
    double channelsLast = Double.parseDouble(measured.group(2));
    assertThat(Math.min(contiguous, channelsLast)).isPositive();
    if (contiguous != channelsLast) { // as far as they are printed
      assertThat(chosen == MemoryFormat.CHANNELS_LAST).isEqualTo(channelsLast > contiguous);
    }
    assertThat(measured.group(3)).isEqualTo(chosen.name().toLowerCase(Locale.ROOT));
  }

  private MemoryFormat resolved(String arch, String device, String format) throws Exception {
    RunConfig config =
        RunYaml.read(
            "data: {train: photos}\nmodel: {arch: %s}\nstages: [{name: all, epochs: 1}]\ndevice: %s\nmemory-format: %s\n"
                .formatted(arch, device, format),
            "run.yaml");
    Network network = Network.of(config, List.of("a", "b"), progress);
    said.getBuffer().setLength(0);
    return MemoryFormatProbe.resolve(config, network, progress).memoryFormat();
  }
}
