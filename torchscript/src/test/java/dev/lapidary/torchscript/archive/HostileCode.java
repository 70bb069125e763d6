package dev.lapidary.torchscript.archive;

import java.util.List;
import java.util.Random;

/** Bodies of a {@code forward(self, x)} that want more depth, time or memory than there is. */
final class HostileCode {
  private HostileCode() {}

  /** Nesting of the text, of calls, and of values that hold themselves. */
  static String deep(Random random) {
    int times = 1 << random.nextInt(15);
    int some = 1 + random.nextInt(60);
    return switch (random.nextInt(9)) {
      case 0 -> "return " + "torch.relu(".repeat(times) + "x" + ")".repeat(times);
      case 1 -> "return " + "(".repeat(times) + "x" + ")".repeat(times);
      case 2 -> "y = " + "[".repeat(times) + "]".repeat(times) + "\nreturn x";
      case 3 -> "return " + "-".repeat(times) + "x";
      case 4 -> blocks(times) + "return x";
      case 5 -> "return (self).forward(x, )";
      case 6 -> "t = (x, x)\n" + "t = (t, t)\n".repeat(some) + use("t", random);
      case 7 -> "t = [1, 1]\n" + "t = [t, t]\n".repeat(some) + use("t", random);
      default -> "t = [[1]]\n_0 = torch.append(t, t)\n" + use("t", random);
    };
  }

  private static String use(String name, Random random) {
    List<String> uses =
        List.of(
            "y = torch.format(\"{}\", t)\nreturn x",
            "y = torch.eq(t, t)\nreturn x",
            "y = str(t)\nreturn x",
            "y = {t: 1}\nreturn x",
            "y = torch.__contains__([t], t)\nreturn x",
            "return torch.relu(t)",
            "return torch.cat(t, 1)",
            "return torch.add(x, t)",
            "y = torch.tensor(t)\nreturn x",
            "y = isinstance(t, List[List[List[List[List[List[int]]]]]])\nreturn x",
            "return t");
    return uses.get(random.nextInt(uses.size())).replace("t)", name + ")");
  }

  private static String blocks(int depth) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(depth, 1000); i++) {
      text.append("  ".repeat(i)).append("if True:\n");
    }
    return text.append("  ".repeat(Math.min(depth, 1000))).append("pass\n").toString();
  }

  /** Loops without an end, and what they can fill. */
  static String endless(Random random) {
    List<String> loops =
        List.of(
            "while True:\n", "for i in range(9223372036854775807):\n", "for i in range(300000):\n");
    List<String> bodies =
        List.of(
            "pass",
            "n = torch.add(n, 1)",
            "l = torch.add(l, l)",
            "_0 = torch.append(l, [1, 2, 3, 4, 5, 6, 7, 8])",
            "_0 = torch.append(l, torch.mul([1], 1000))",
            "s = torch.add(s, s)",
            "_0 = torch.append(l, torch.mul(s, 1000))",
            "c = torch.cat([c, c], 0)",
            "_0 = torch.append(l, torch.zeros([1000]))",
            "c = torch.matmul(torch.ones([500, 500]), torch.ones([500, 500]))",
            "c = torch.ones([2000, 2000])",
            "x = torch.relu(x)",
            "x = torch.cat([x, x], 1)",
            "x = torch.repeat(x, [1, 1, 2, 2])",
            "x = torch.constant_pad_nd(x, [1000, 1000, 1000, 1000], 0)",
            "x = torch.upsample_nearest2d(x, [100000, 100000])",
            "c = torch.expand(torch.ones([1]), [100000, 100000])",
            "c = torch.add(torch.expand(torch.ones([1]), [100000, 100000]), 1)",
            "c = torch.relu(torch.expand(torch.ones([1]), [10000, 10000]))",
            "c = torch.add(torch.ones([10000, 1]), torch.ones([1, 10000]))",
            "c = torch.sum(torch.expand(torch.ones([1]), [10000, 10000]))",
            "_0 = torch.fill_(torch.expand(torch.ones([1]), [30000, 30000]), 1)",
            "c = torch.arange(100000000)",
            "l = torch.list(torch.mul([1], 1000000))",
            "d = {\"a\": l, \"b\": l}",
            "n = self.forward(x)",
            "l = sorted(torch.mul([3, 1, 2], 100000))");
    String loop = loops.get(random.nextInt(loops.size()));
    String inner = bodies.get(random.nextInt(bodies.size()));
    boolean twice = random.nextInt(3) == 0;
    return "n = 0\nl = [1, 2]\ns = \"ab\"\nc = torch.ones([2, 2])\n"
        + loop
        + (twice ? "  " + loop + "    " : "  ")
        + inner
        + "\nreturn x";
  }
}
