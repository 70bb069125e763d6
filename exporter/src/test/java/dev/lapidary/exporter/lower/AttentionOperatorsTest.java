package dev.lapidary.exporter.lower;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Fused self-attention, two heads of 24 tokens: weights wanted or not, masks of either kind. */
class AttentionOperatorsTest {
  private static final String TOKENS = "torch.flatten(x, 1, 2)";
  private static final String CAUSAL = "torch.triu(torch.ones([24, 24]), 1)";
  private static final String KEYS = "torch.gt(torch.select(" + TOKENS + ", 2, 0), 0.25)";

  @TempDir static Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "None; True, True, None; 0",
        "None; True, True, None; 1",
        "None; True, False, None; 1",
        "torch.to(CAUSAL, 11); True, True, 0; 0",
        "torch.to(CAUSAL, 11); True, True, 0; 1",
        "CAUSAL; False, True, 0; 0",
        "KEYS; True, True, 1; 0",
        "KEYS; True, False, 1; 1",
        "torch.expand(torch.unsqueeze(torch.unsqueeze(KEYS, 1), 1), [-1, 2, 24, -1]); False, True, 2;"
            + " 0",
      })
  void multiHeadAttention(String mask, String how, int output) throws IOException {
    String call =
        "(torch._native_multi_head_attention(TOKENS, TOKENS, TOKENS, 8, 2, self.qkv, self.qb,"
            + " self.proj, self.s8, MASK, HOW))[OUTPUT]";
    agrees(call, mask, how, output);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"None; None", "torch.to(CAUSAL, 11); 0", "KEYS; 1"})
  void encoderLayer(String mask, String type) throws IOException {
    String call =
        "torch._transformer_encoder_layer_fwd(TOKENS, 8, 2, self.qkv, self.qb, self.proj, self.s8,"
            + " False, True, 1.0000000000000001e-05, self.s8, self.n8, self.s8, self.n8, self.lin,"
            + " self.b5, torch.t(self.lin), self.n8, MASK, HOW)";
    agrees(call, mask, type, 0);
  }

  private static void agrees(String call, String mask, String how, int output) throws IOException {
    String expression =
        call.replace("MASK", mask)
            .replace("HOW", how)
            .replace("OUTPUT", String.valueOf(output))
            .replace("KEYS", KEYS)
            .replace("CAUSAL", CAUSAL);
    // The same tensor thrice, as the fused operator asks.
    OperatorContract.agreesOf(
        folder, "t = " + TOKENS, expression.replace("TOKENS", "t"), 13, 17, 20);
  }
}
