package dev.lapidary.torchscript.script;

/**
 * What a file of code may ask for. The largest of torchvision's archives has 0.6 million characters
 * in a file, and nests 25 deep.
 *
 * @param characters in one file
 * @param tokens in one file
 * @param depth of blocks and expressions, one inside the other
 */
public record ScriptLimits(int characters, int tokens, int depth) {
  public static final ScriptLimits DEFAULT = new ScriptLimits(16 << 20, 4_000_000, 200);
}
