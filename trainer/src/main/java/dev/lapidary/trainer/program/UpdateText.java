package dev.lapidary.trainer.program;

/**
 * The methods that change parameters: one for each {@link UpdateRule}, and those of {@link
 * WeightAverage}. {@code h} holds the rule's numbers in float64, rate and decay first.
 *
 * <p>An in-place operator over a list is dropped without an error if the list was built inside the
 * method, so the kernels get the method's own arguments.
 */
final class UpdateText {
  static final String METHODS =
      """
        def sgd(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor]) -> Tensor:
          none = annotate(List[Tensor], [])
          _0 = torch._fused_sgd_(ps, gs, none, weight_decay=float(h[1]), momentum=0., lr=float(h[0]), dampening=0., nesterov=False, maximize=False, is_first_step=False)
          return h
        def sgd_momentum(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor], ms: List[Tensor]) -> Tensor:
          _0 = torch._fused_sgd_(ps, gs, ms, weight_decay=float(h[1]), momentum=float(h[2]), lr=float(h[0]), dampening=float(h[3]), nesterov=torch.gt(float(h[4]), 0.), maximize=False, is_first_step=torch.gt(float(h[5]), 0.))
          return h
        def adam(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor], ms: List[Tensor], vs: List[Tensor], ts: List[Tensor]) -> Tensor:
          none = annotate(List[Tensor], [])
          _0 = torch._fused_adam_(ps, gs, ms, vs, none, ts, lr=float(h[0]), beta1=float(h[2]), beta2=float(h[3]), weight_decay=float(h[1]), eps=float(h[4]), amsgrad=False, maximize=False)
          return h
        def adamw(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor], ms: List[Tensor], vs: List[Tensor], ts: List[Tensor]) -> Tensor:
          none = annotate(List[Tensor], [])
          _0 = torch._fused_adamw_(ps, gs, ms, vs, none, ts, lr=float(h[0]), beta1=float(h[2]), beta2=float(h[3]), weight_decay=float(h[1]), eps=float(h[4]), amsgrad=False, maximize=False)
          return h
        def rmsprop(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor], vs: List[Tensor], ms: List[Tensor]) -> Tensor:
          for i in range(torch.len(ps)):
            p = ps[i]
            g = torch.add(gs[i], p, alpha=float(h[1]))
            v = torch.mul_(vs[i], float(h[2]))
            _0 = torch.addcmul_(v, g, g, value=torch.sub(1., float(h[2])))
            average = torch.add(torch.sqrt(v), float(h[3]))
            m = torch.mul_(ms[i], float(h[4]))
            _1 = torch.addcdiv_(m, g, average)
            _2 = torch.add_(p, m, alpha=torch.neg(float(h[0])))
          return h
        def lars(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor], ms: List[Tensor]) -> Tensor:
          for i in range(torch.len(ps)):
            p = ps[i]
            g = torch.add(gs[i], p, alpha=float(h[1]))
            if torch.gt(torch.dim(p), 1):
              w = torch.norm(p)
              n = torch.norm(gs[i])
              local = torch.div(torch.mul(w, float(h[3])), torch.add(n, torch.mul(w, float(h[1]))))
              defined = torch.logical_and(torch.gt(w, 0), torch.gt(n, 0))
              change = torch.mul(g, torch.where(defined, local, torch.ones_like(local)))
            else:
              change = g
            m = torch.mul_(ms[i], float(h[2]))
            _0 = torch.add_(m, change, alpha=float(h[0]))
            _1 = torch.sub_(p, m)
          return h
        def lamb(self: SELF, h: Tensor, ps: List[Tensor], gs: List[Tensor], ms: List[Tensor], vs: List[Tensor], ts: List[Tensor]) -> Tensor:
          for i in range(torch.len(ps)):
            p = ps[i]
            t = float(ts[i])
            m = torch.mul_(ms[i], float(h[2]))
            _0 = torch.add_(m, gs[i], alpha=torch.sub(1., float(h[2])))
            v = torch.mul_(vs[i], float(h[3]))
            _1 = torch.addcmul_(v, gs[i], gs[i], value=torch.sub(1., float(h[3])))
            first = torch.div(m, torch.sub(1., torch.pow(float(h[2]), t)))
            second = torch.sqrt(torch.div(v, torch.sub(1., torch.pow(float(h[3]), t))))
            r = torch.add(torch.div(first, torch.add(second, float(h[4]))), p, alpha=float(h[1]))
            if torch.gt(torch.dim(p), 1):
              w = torch.norm(p)
              n = torch.norm(r)
              defined = torch.logical_and(torch.gt(w, 0), torch.gt(n, 0))
              change = torch.mul(r, torch.where(defined, torch.div(w, n), torch.ones_like(w)))
            else:
              change = r
            _2 = torch.sub_(p, change, alpha=float(h[0]))
          return h
        def average(self: SELF, h: Tensor, to: List[Tensor], ps: List[Tensor]) -> Tensor:
          _0 = torch._foreach_lerp_(to, ps, float(h[0]))
          return h
        def swap(self: SELF, h: Tensor, some: List[Tensor], others: List[Tensor]) -> Tensor:
          for i in range(torch.len(some)):
            kept = torch.clone(some[i])
            _0 = torch.copy_(some[i], others[i])
            _1 = torch.copy_(others[i], kept)
          return h
      """;

  private UpdateText() {}
}
