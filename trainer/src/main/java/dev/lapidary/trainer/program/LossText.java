package dev.lapidary.trainer.program;

import java.util.List;

/**
 * The methods that give loss and gradients. {@code h} holds float64 numbers: label smoothing, the
 * scale of the loss, the weight of the labels against the others, 1 for binary cross-entropy, the
 * distillation's alpha and temperature, the number of the cut that {@code x} lies at, 0 for images.
 * {@code weight} (of classes) and {@code teacher} (its logits) have no elements if there are none.
 * {@code factors} [2, N] on the images' losses have none either where all count alike: {@link
 * WeighedText}. {@code y} and {@code other} are class indices [N], or of multi-label data 0 and 1
 * [N, labels].
 *
 * <p>{@code torch.autograd.grad} gives gradients in any memory layout while the fused kernels walk
 * raw memory, so gradients are made contiguous.
 */
final class LossText {
  private static final String METHODS =
      """
        def one_hot(self: SELF, logits: Tensor, y: Tensor, smoothing: float) -> Tensor:
          off = torch.div(smoothing, torch.size(logits, 1))
          target = torch.full_like(logits, off)
          return torch.scatter_(target, 1, torch.unsqueeze(y, 1), torch.add(torch.sub(1., smoothing), off))
        def target(self: SELF, logits: Tensor, y: Tensor, smoothing: float) -> Tensor:
          if torch.gt(torch.dim(y), 1):
            labels = torch.mul(torch.type_as(y, logits), torch.sub(1., smoothing))
            target = torch.add(labels, torch.div(smoothing, 2.))
          else:
            target = (self).one_hot(logits, y, smoothing, )
          return target
        def cost(self: SELF, logits: Tensor, y: Tensor, other: Tensor, weight: Tensor, factors: Tensor, h: Tensor) -> Tensor:
          if torch.gt(torch.numel(factors), 0):
            loss = (self).weighed(logits, y, other, weight, factors, h, )
          else:
            loss = (self).plain(logits, y, other, weight, h, )
          return loss
        def plain(self: SELF, logits: Tensor, y: Tensor, other: Tensor, weight: Tensor, h: Tensor) -> Tensor:
          if torch.gt(torch.numel(weight), 0):
            w = annotate(Optional[Tensor], weight)
          else:
            w = annotate(Optional[Tensor], None)
          if torch.gt(float(h[3]), 0.):
            mine = torch.mul((self).target(logits, y, float(h[0]), ), float(h[2]))
            theirs = torch.mul((self).target(logits, other, float(h[0]), ), torch.sub(1., float(h[2])))
            loss = torch.binary_cross_entropy_with_logits(logits, torch.add(mine, theirs), None, w)
          else:
            own = torch.cross_entropy_loss(logits, y, w, 1, -100, float(h[0]))
            if torch.lt(float(h[2]), 1.):
              mixed = torch.cross_entropy_loss(logits, other, w, 1, -100, float(h[0]))
              loss = torch.add(torch.mul(own, float(h[2])), torch.mul(mixed, torch.sub(1., float(h[2]))))
            else:
              loss = own
          return loss
        def apart(self: SELF, logits: Tensor, y: Tensor, teacher: Tensor, factors: Tensor, t: float) -> Tensor:
          if torch.gt(torch.numel(factors), 0):
            kl = (self).apart_weighed(logits, y, teacher, factors, t, )
          else:
            if torch.gt(torch.dim(y), 1):
              soft = torch.div(teacher, t)
              p = torch.sigmoid(soft)
              cross = torch.binary_cross_entropy_with_logits(torch.div(logits, t), p)
              kl = torch.sub(cross, torch.binary_cross_entropy_with_logits(soft, p))
            else:
              student = torch.log_softmax(torch.div(logits, t), 1)
              soft = torch.log_softmax(torch.div(teacher, t), 1)
              sum = torch.kl_div(student, soft, 2, log_target=True)
              kl = torch.div(sum, torch.size(logits, 0))
          return kl
        def distilled(self: SELF, cost: Tensor, logits: Tensor, y: Tensor, teacher: Tensor, factors: Tensor, h: Tensor) -> Tensor:
          if torch.gt(torch.numel(teacher), 0):
            t = float(h[5])
            apart = torch.mul((self).apart(logits, y, teacher, factors, t, ), torch.mul(t, t))
            a = float(h[4])
            loss = torch.add(torch.mul(cost, torch.sub(1., a)), torch.mul(apart, a))
          else:
            loss = cost
          return loss
        def gradients(self: SELF, x: Tensor, y: Tensor, other: Tensor, weight: Tensor, teacher: Tensor, factors: Tensor, h: Tensor, ps: List[Tensor]) -> List[Tensor]:
          net = self.net
          FORWARD
          cost = (self).cost(logits, y, other, weight, factors, h, )
          loss = (self).distilled(COST, logits, y, teacher, factors, h, )
          gs = torch.autograd.grad([torch.mul(loss, float(h[1]))], ps, None, None, False, True)
          out = [torch.detach(loss), torch.detach(logits)]
          for i in range(torch.len(gs)):
            g = gs[i]
            if torch.__is__(g, None):
              _0 = torch.append(out, torch.zeros([0]))
            else:
              _1 = torch.append(out, torch.contiguous(unchecked_cast(Tensor, g)))
          return out
        def logits(self: SELF, x: Tensor, h: Tensor) -> Tensor:
          all = (self).tail(x, int(h[0]), )
          return DELIVERED
        def loss(self: SELF, logits: Tensor, y: Tensor) -> Tensor:
          if torch.gt(torch.dim(y), 1):
            sum = torch.binary_cross_entropy_with_logits(logits, torch.type_as(y, logits), None, None, 2)
            loss = torch.div(sum, torch.size(logits, 1))
          else:
            loss = torch.cross_entropy_loss(logits, y, None, 2)
          return loss
      """;

  private LossText() {}

  static String methods(ProgramOptions options) {
    String input = options.channelsLast() ? "torch.clone(x, memory_format=2)" : "torch.clone(x)";
    List<Double> auxiliary = options.auxiliary();
    StringBuilder forward = new StringBuilder();
    StringBuilder cost = new StringBuilder("cost");
    if (auxiliary.isEmpty()) {
      forward.append("logits = (self).tail(x, int(h[6]), )");
    } else {
      forward.append("heads = (net).forward_aux(INPUT, )\n    logits, ");
      for (int i = 0; i < auxiliary.size(); i++) {
        forward.append("aux").append(i).append(", ");
        cost.insert(0, "torch.add(")
            .append(
                ", torch.mul((self).cost(aux%d, y, other, weight, factors, h, ), %s))"
                    .formatted(i, auxiliary.get(i)));
      }
      forward.append("= heads");
    }
    int own = options.ownOutputs();
    String delivered = own == 0 ? "all" : "torch.slice(all, 1, 0, %d)".formatted(own);
    return METHODS
            .replace("FORWARD", forward)
            .replace("COST", cost)
            .replace("INPUT", input)
            .replace("DELIVERED", delivered)
        + WeighedText.methods(own)
        + CutText.methods(options.cuts().size(), input)
        + options.segments().map(parts -> SegmentText.methods(parts, input)).orElse("");
  }
}
