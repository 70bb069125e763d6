package dev.lapidary.trainer.program;

import java.util.List;

/**
 * The methods of gradient checkpointing. The forward pass keeps only what goes from segment to
 * segment; from the last one back, each segment is computed again from what went into it, with
 * gradients, and gives those of its own parameters and of its input. What it computes has the bits
 * of the plain {@code gradients}: the engine sums the same terms in the same order.
 *
 * <p>In both passes a segment's input requires a gradient if it would in one go: kernels are chosen
 * by that, also where nothing in the segment is trained. Each segment begins with a seed of its
 * own, so that computing it again draws the same numbers. Running statistics move in the forward
 * pass only: {@code bs} are put back after the second one. Whether every segment gave the same bits
 * twice is the third result.
 */
final class SegmentText {
  private static final String METHODS =
      """
        def checkpointed(self: SELF, x: Tensor, y: Tensor, other: Tensor, weight: Tensor, teacher: Tensor, factors: Tensor, h: Tensor, seeds: Tensor, ps: List[Tensor], bs: List[Tensor]) -> List[Tensor]:
          edges = annotate(List[Tensor], [])
          live = annotate(List[bool], [False])
          z = INPUT
          for k in range(LAST):
            _0 = torch.append(edges, z)
            _1 = torch.manual_seed(int(seeds[k]))
            edge = torch.requires_grad_(torch.detach(z), live[k])
            out = (self).segment(torch.clone(edge), k, )
            _2 = torch.append(live, ops.prim.requires_grad(out))
            z = torch.detach(out)
          _3 = torch.manual_seed(int(seeds[LAST]))
          edge = torch.requires_grad_(torch.detach(z), live[LAST])
          logits = (self).segment(torch.clone(edge), LAST, )
          cost = (self).cost(logits, y, other, weight, factors, h, )
          loss = (self).distilled(cost, logits, y, teacher, factors, h, )
          scaled = torch.mul(loss, float(h[1]))
          grads = annotate(List[Tensor], [])
          for i in range(torch.len(ps)):
            _4 = torch.append(grads, torch.zeros([0]))
          g = (self).pulled(scaled, torch.ones_like(scaled), edge, ps, grads, )
          kept = annotate(List[Tensor], [])
          for i in range(torch.len(bs)):
            _5 = torch.append(kept, torch.clone(bs[i]))
          same = True
          for i in range(LAST):
            k = torch.sub(LAST_BUT_ONE, i)
            inner = torch.pop(edges)
            if live[torch.add(k, 1)]:
              _6 = torch.manual_seed(int(seeds[k]))
              edge = torch.requires_grad_(torch.detach(inner), live[k])
              again = (self).segment(torch.clone(edge), k, )
              same = torch.__and__(same, torch.equal(torch.detach(again), z))
              g = (self).pulled(again, g, edge, ps, grads, )
              z = inner
          for i in range(torch.len(bs)):
            _7 = torch.copy_(bs[i], kept[i])
          return torch.add([torch.detach(loss), torch.detach(logits), torch.tensor(same)], grads)
        def pulled(self: SELF, out: Tensor, g: Tensor, edge: Tensor, ps: List[Tensor], grads: List[Tensor]) -> Tensor:
          if ops.prim.requires_grad(edge):
            inputs = torch.add(ps, [edge])
          else:
            inputs = ps
          gs = torch.autograd.grad([out], inputs, annotate(List[Optional[Tensor]], [g]), None, False, True)
          for i in range(torch.len(ps)):
            p = gs[i]
            if torch.__isnot__(p, None):
              some = torch.contiguous(unchecked_cast(Tensor, p))
              if torch.gt(torch.numel(grads[i]), 0):
                _0 = torch._set_item(grads, i, torch.add(grads[i], some))
              else:
                _1 = torch._set_item(grads, i, some)
          before = torch.zeros_like(edge)
          if ops.prim.requires_grad(edge):
            last = gs[torch.len(ps)]
            if torch.__isnot__(last, None):
              before = unchecked_cast(Tensor, last)
          return before
      """;

  private SegmentText() {}

  /**
   * @param input how the first segment takes {@code x}
   */
  static String methods(Segments segments, String input) {
    int last = segments.all().size() - 1;
    return segment(segments.all())
        + METHODS
            .replace("INPUT", input)
            .replace("LAST_BUT_ONE", String.valueOf(last - 1))
            .replace("LAST", String.valueOf(last));
  }

  private static String segment(List<Segments.Segment> all) {
    StringBuilder text = new StringBuilder();
    text.append("  def segment(self: SELF, x: Tensor, k: int) -> Tensor:\n    net = self.net\n");
    text.append("    y = x\n");
    for (int k = 0; k < all.size(); k++) {
      text.append("    if torch.eq(k, ").append(k).append("):\n");
      for (String call : all.get(k).calls()) {
        text.append("      y = (net).").append(call).append("(y, )\n");
      }
    }
    return text.append("    return y\n").toString();
  }
}
